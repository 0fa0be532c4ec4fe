/* One durable transaction per change through SQLite's C library, in process.
 * Usage: sqlite_loop FILE PROTOCOLOS SECONDS; prints changes per second. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static sqlite3 *db;

static void check(int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(db));
        exit(1);
    }
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

static void run(sqlite3_stmt *statement) {
    check(sqlite3_step(statement));
    check(sqlite3_reset(statement));
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    long protocolos = atol(argv[2]), changes = 0;
    double seconds = atof(argv[3]), start;
    check(sqlite3_open(argv[1], &db));
    check(sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                           "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 10000", 0, 0, 0));
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    sqlite3_stmt *read = prepare("SELECT id, status, revisao, (SELECT id FROM motivo WHERE chave = 'duplicado' AND ativo) "
                                 "FROM atendimento WHERE protocolo = ?1");
    sqlite3_stmt *move = prepare("UPDATE atendimento SET status = ?2, revisao = ?3, atualizado_em = ?4 WHERE id = ?1");
    sqlite3_stmt *write = prepare("INSERT INTO historico VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, "
                                  "'Cliente avisado por telefone, sem retorno.', 1)");
    for (start = now(); now() - start < seconds; changes++) {
        char protocolo[32];
        sqlite3_int64 em = (sqlite3_int64)time(NULL) * 1000;
        int status = 1 + rand() % 5;
        snprintf(protocolo, sizeof protocolo, "%ld", 20221104000001L + rand() % protocolos);
        run(begin);
        check(sqlite3_bind_text(read, 1, protocolo, -1, SQLITE_STATIC));
        check(sqlite3_step(read));
        sqlite3_int64 id = sqlite3_column_int64(read, 0), de = sqlite3_column_int64(read, 1);
        sqlite3_int64 revisao = sqlite3_column_int64(read, 2) + 1, motivo = sqlite3_column_int64(read, 3);
        check(sqlite3_reset(read));
        sqlite3_int64 moved[] = { id, status, revisao, em }, written[] = { id, revisao, em, de, status, motivo };
        for (int i = 0; i < 4; i++) check(sqlite3_bind_int64(move, i + 1, moved[i]));
        run(move);
        for (int i = 0; i < 6; i++) check(sqlite3_bind_int64(write, i + 1, written[i]));
        run(write);
        run(commit);
    }
    printf("%.1f\n", changes / (now() - start));
    return 0;
}
