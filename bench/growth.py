"""Databases of two sizes on one engine, filled by the engine itself, and what is asked of them."""

import time

import lab
from processes import run

FEW, MANY = 10_000, 10_000_000

# An atendimento `i` that has changed {history} times in five years, and its change number {number}. The comment is that
# of change.lua. Ids count from 1, as nothing was stored before. In PostgreSQL's table the first changes of all come
# first, then the second ones, as they would.
POSTGRES_ATENDIMENTOS = """
INSERT INTO atendimento (protocolo, status, revisao, atualizado_em)
SELECT ({first} + i)::text, i % 5 + 1, {history},
       now() - interval '5 years' * (1 - ({history} - 1 + i::float8 / {count}) / {history})
FROM generate_series(0, {count} - 1) AS i"""
POSTGRES_CHANGES = """
INSERT INTO historico
SELECT i + 1, {number}, now() - interval '5 years' * (1 - ({number} - 1 + i::float8 / {count}) / {history}),
       (i + 4 + 4 * ({history} - {number})) % 5 + 1, (i + 4 * ({history} - {number})) % 5 + 1,
       i % {motivos} + 1, i % {users} + 1, 'Cliente avisado por telefone, sem retorno.', true
FROM generate_series(0, {count} - 1) AS i"""
# SQLite's table is its own index: it is filled in the order of its key.
SQLITE = """
PRAGMA synchronous = OFF;
INSERT INTO atendimento (protocolo, status, revisao, atualizado_em)
SELECT CAST({first} + value AS TEXT), value % 5 + 1, {history},
       unixepoch() * 1000 - CAST(157788000000 * (1 - ({history} - 1 + 1.0 * value / {count}) / {history}) AS INTEGER)
FROM generate_series(0, {count} - 1);
INSERT INTO historico
SELECT i.value + 1, r.value,
       unixepoch() * 1000 - CAST(157788000000 * (1 - (r.value - 1 + 1.0 * i.value / {count}) / {history}) AS INTEGER),
       (i.value + 4 + 4 * ({history} - r.value)) % 5 + 1, (i.value + 4 * ({history} - r.value)) % 5 + 1,
       i.value % {motivos} + 1, i.value % {users} + 1, 'Cliente avisado por telefone, sem retorno.', 1
FROM generate_series(0, {count} - 1) AS i CROSS JOIN generate_series(1, {history}) AS r;"""


def filled(here, engine, count, history):
    """The settings that name a new database with `count` atendimentos, each with `history` changes."""
    here.say(f"{engine}: a database with {count:,} atendimentos and {count * history:,} changes")
    url = here.url("small" if count == FEW else "large")
    directory = here.dir / f"sqlite-{count}"
    settings = {"postgres": {"DATABASE_URL": url}, "sqlite": {"DATA_DIR": str(directory)}}[engine]
    if engine == "postgres":
        here.create(url)
    here.provision(engine, 0, **settings)
    here.cli(engine, "permissao", "liberar", "consultar-historico", "--nivel", "N", **settings)
    here.cli(engine, "perfil", "conceder", "P", "consultar-historico", **settings)
    words = {"first": lab.FIRST, "count": count, "history": history, "users": len(lab.LOGINS),
             "motivos": len(lab.MOTIVOS)}
    if engine == "postgres":
        fill_postgres(here, url, words)
    else:
        run("sqlite3", directory / "citrus-status.db", stdin=SQLITE.format(**words))
    return settings


def fill_postgres(here, url, words):
    migrated = schema(url)
    # "replica" leaves the foreign keys unchecked: the rows name what is there. The index is made in one go.
    unchecked = "SET session_replication_role = replica; SET maintenance_work_mem = '1GB'; "
    here.sql(unchecked + POSTGRES_ATENDIMENTOS.format(**words), url)
    here.sql("ALTER TABLE historico DROP CONSTRAINT historico_pkey", url)
    for number in range(1, words["history"] + 1):
        here.sql(unchecked + POSTGRES_CHANGES.format(number=number, **words), url)
    here.sql(unchecked + "ALTER TABLE historico ADD PRIMARY KEY (atendimento_id, revisao)", url)
    if schema(url) != migrated:
        raise SystemExit("filling the database has changed its schema")
    here.settle(url)


def schema(url):
    # Each dump has a key of its own.
    dump = run("pg_dump", "--schema-only", lab.public(url)).splitlines()
    return [line for line in dump if not line.startswith(("\\restrict", "\\unrestrict"))]


def listing(here, engine, settings):
    """Seconds that a list of the oldest 100 of one status takes."""
    start = time.perf_counter()
    here.cli(engine, "atendimento", "listar", "--status", "Aberto", "--limite", "100", **settings)
    return time.perf_counter() - start


def sizes(here, engine, settings):
    """What there is on the disk: name, and value."""
    mebibytes = lambda size: f"{int(size) / 2**20:,.0f} MiB"
    if engine == "sqlite":
        file = f"{settings['DATA_DIR']}/citrus-status.db"
        rows = run("sqlite3", file, "SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE AND name IN "
                   "('atendimento', 'historico', 'sqlite_autoindex_atendimento_1')").split()
        return [(name, mebibytes(size)) for name, size in (row.split("|") for row in rows)]
    rows = here.sql("""
        SELECT relname, pg_table_size(relid), pg_indexes_size(relid), n_live_tup, n_dead_tup, autovacuum_count
        FROM pg_stat_user_tables WHERE relname IN ('atendimento', 'historico') ORDER BY 1""", settings["DATABASE_URL"])
    return [(table, f"{mebibytes(size)}, its indexes {mebibytes(indexes)}; {int(live):,} rows, {int(dead):,} dead ones; "
                    f"autovacuums: {vacuums}")
            for table, size, indexes, live, dead, vacuums in (row.split("|") for row in rows.splitlines())]
