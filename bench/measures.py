"""What is measured, each beside its reference in the same run."""

import dataclasses
import statistics
import subprocess
import threading
import time

import lab

CONNECTIONS = 256


@dataclasses.dataclass
class Row:
    name: str
    reference: str
    goal: str
    # Higher is better, and the ratio is ours to the reference; else lower is better.
    at_least: bool
    bound: float
    ours: list
    theirs: list = None
    unit: str = "/s"

    def ratios(self):
        return [o / t for o, t in zip(self.ours, self.theirs)] if self.theirs else self.ours

    def median(self):
        return statistics.median(self.ratios())

    def reached(self):
        return self.median() >= self.bound if self.at_least else self.median() <= self.bound

    def ratio_text(self):
        ratios = self.ratios()
        suffix = "×" if self.theirs else f" {self.unit}"
        return f"{self.median():.2f}{suffix} ({min(ratios):.2f} to {max(ratios):.2f})"


def in_turn(here, ours, theirs):
    """The results of both, a round of one after a round of the other."""
    pairs = [(ours(), theirs()) for _ in range(here.rounds)]
    return [o for o, _ in pairs], [t for _, t in pairs]


def postgres_changes(here):
    """Changes on PostgreSQL against pgbench: rates, and the latency of one client."""
    best = max([8, 16, 32, 64], key=lambda clients: here.pgbench(clients)[0])
    with here.server("postgres") as server:
        token = server.token()
        server.changes(CONNECTIONS, 2, token=token)
        many, few, one, reference, single = [], [], [], [], []
        for _ in range(here.rounds):
            many.append(server.changes(CONNECTIONS, here.seconds, token=token))
            reference.append(here.pgbench(best)[0])
            few.append(server.changes(64, here.seconds, token=token))
            one.append(server.changes(1, here.seconds, token=token)["p50"])
            single.append(here.pgbench(1)[1])
    best_text = f"pgbench, the same change as one prepared statement a transaction, {best} clients"
    yield Row("PostgreSQL: changes/s, 256 connections", best_text, "≥ 5×", True, 5, [m["rate"] for m in many], reference)
    yield Row("PostgreSQL: changes/s, 64 connections", best_text, "≥ 3×", True, 3, [f["rate"] for f in few], reference)
    yield Row("PostgreSQL: p50 of one connection", "pgbench's mean latency, 1 client", "≤ 1.15×", False, 1.15, one,
              single, "ms")
    yield Row("PostgreSQL: p99 at 256 connections", "its p50", "≤ 3×", False, 3, [m["p99"] for m in many],
              [m["p50"] for m in many], "ms")


def sqlite_changes(here):
    here.fresh_sqlite()
    file = here.dir / "sqlite" / "citrus-status.db"

    def ours():
        with here.server("sqlite") as server:
            return server.changes(CONNECTIONS, here.seconds)["rate"]

    def loop():
        return float(lab.run(here.sqlite_loop, file, lab.ATENDIMENTOS, here.seconds))

    yield Row("SQLite: changes/s, 256 connections", "a loop of one durable transaction a change, SQLite's C library",
              "≥ 3×", True, 3, *in_turn(here, ours, loop))


def hot(here):
    with here.server("postgres") as server:
        token = server.token()
        yield Row("PostgreSQL: 256 connections on ONE atendimento", "on random ones", "≥ 0.5×", True, 0.5,
                  *in_turn(here, lambda: server.changes(CONNECTIONS, here.seconds, 1, token)["rate"],
                           lambda: server.changes(CONNECTIONS, here.seconds, token=token)["rate"]))


def rejected(here):
    with here.server("postgres") as server:
        other = server.token("other")

        def refuse(token):
            got = server.wrk(64, here.seconds, "change.lua", token=token, protocolos=1)
            assert got["refused"], "they have to be refused"
            return got["rate"]

        live = lambda: server.wrk(64, here.seconds, path="/health/live")["rate"]
        yield Row("Rejected/s: bad token", "GET /health/live", "≥ 0.5×", True, 0.5,
                  *in_turn(here, lambda: refuse(other + "x"), live))
        yield Row("Rejected/s: no permission", "GET /health/live", "≥ 0.5×", True, 0.5,
                  *in_turn(here, lambda: refuse(other), live))


def bare(here):
    with here.server("postgres") as server, lab.Process([lab.REFERENCE, "axum", "{port}"]) as reference:
        yield Row("GET /health/live per second", "a bare axum route", "≥ 0.9×", True, 0.9,
                  *in_turn(here, lambda: server.wrk(64, here.seconds, path="/health/live")["rate"],
                           lambda: reference.wrk(64, here.seconds)["rate"]))


def logins(here):
    with here.server("postgres") as server:
        def ours():
            got = server.wrk(16, here.seconds, "login.lua")
            assert not got["refused"], "they have to be let in"
            return got["rate"]

        library = lambda: float(lab.run(lab.REFERENCE, "argon2", here.seconds))
        yield Row("Logins/s", "argon2 verifications/s of the library alone", "≥ 0.9×", True, 0.9,
                  *in_turn(here, ours, library))


def storm(here):
    with here.server("postgres") as server:
        token = server.token()

        def during():
            storm = threading.Thread(target=server.wrk, args=(200, here.seconds + 2, "login.lua"))
            storm.start()
            time.sleep(1)
            p99 = server.changes(16, here.seconds, token=token)["p99"]
            storm.join()
            return p99

        yield Row("p99 of changes, 16 connections, while 200 connections log in", "without them", "≤ 3×", False, 3,
                  *in_turn(here, during, lambda: server.changes(16, here.seconds, token=token)["p99"]), "ms")


def overload(here):
    """Twice the rate that the server can keep up with, asked for whether it answers or not."""
    accepted, calm, refused = [], [], []
    with here.server("postgres", QUEUE_CAPACITY="384") as server:
        token = server.token()
        for _ in range(here.rounds):
            sustained = server.changes(CONNECTIONS, here.seconds, token=token)
            ask = [lab.REFERENCE, "overload", server.address, token, lab.ATENDIMENTOS, int(2 * sustained["rate"]), 768,
                   here.seconds]
            good, _, good_p99, bad, _, bad_p99 = map(float, lab.run(*ask).split())
            accepted.append(good_p99)
            calm.append(sustained["p99"])
            refused.append(bad_p99 if bad else 0.0)
    yield Row("At twice the sustainable load: p99 of the accepted", "p99 at 256 connections", "≤ 3×", False, 3, accepted,
              calm, "ms")
    yield Row("At twice the sustainable load: p99 of the refused", "–", "≤ 50 ms", False, 50, refused, unit="ms")


def imports(here):
    million = 1_000_000
    text, file = lab.csv_of(million), here.dir / "million.csv"
    file.write_text(text)
    rows = here.dir / "rows.csv"
    rows.write_text("".join(f"{lab.FIRST + i},{i % 5 + 1},0,2026-11-23T10:00:00Z\n" for i in range(million)))
    sqlite_rows = here.dir / "sqlite_rows.csv"
    sqlite_rows.write_text("".join(f"{i + 1},{lab.FIRST + i},{i % 5 + 1},0,1795428000000\n" for i in range(million)))

    def timed(work):
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    def empty_postgres():
        here.sql("TRUNCATE historico, atendimento")

    def ours(engine, prepare):
        prepare()
        return timed(lambda: here.cli(engine, "atendimento", "importar", str(file)))

    def copy():
        empty_postgres()
        statement = rf"\copy atendimento (protocolo, status, revisao, atualizado_em) FROM '{rows}' CSV"
        return timed(lambda: here.sql(statement))

    def empty_sqlite():
        here.fresh_sqlite(0)

    def dot_import():
        empty_sqlite()
        database = here.dir / "sqlite" / "citrus-status.db"
        script = f".mode csv\n.import {sqlite_rows} atendimento\n"
        return timed(lambda: lab.run("sqlite3", database, stdin="PRAGMA synchronous = FULL;\n" + script))

    yield Row("Import of 1,000,000 lines, PostgreSQL", "COPY of the same rows", "≤ 3× the time", False, 3,
              *in_turn(here, lambda: ours("postgres", empty_postgres), copy), "s")
    yield Row("Import of 1,000,000 lines, SQLite", ".import of the same rows", "≤ 3× the time", False, 3,
              *in_turn(here, lambda: ours("sqlite", empty_sqlite), dot_import), "s")
    here.fresh_postgres()


def memory(here):
    idle, loaded = [], []
    for _ in range(here.rounds):
        with here.server("postgres") as server:
            server.get("/health/ready")
            idle.append(server.rss())
            # A token of another process, so that no password is hashed in this one.
            with here.server("postgres") as issuer:
                token = issuer.token()
            load = threading.Thread(target=server.changes, args=(CONNECTIONS, here.seconds), kwargs={"token": token})
            load.start()
            time.sleep(here.seconds / 2)
            loaded.append(server.rss())
            load.join()
    yield Row("Resident memory, idle", "–", "≤ 20 MiB", False, 20, idle, unit="MiB")
    yield Row("Resident memory, 256 connections under load", "–", "≤ 64 MiB", False, 64, loaded, unit="MiB")


def startup(here):
    def first_answer():
        with here.server("postgres") as server:
            server.get("/health/ready")
            return (time.perf_counter() - server.started) * 1000

    yield Row("Start to first answer, existing database", "–", "≤ 100 ms", False, 100,
              [first_answer() for _ in range(here.rounds)], unit="ms")


def size(here):
    """The cost of a change at 10,000,000 atendimentos with as many history rows, against 10,000."""
    def filled(count):
        here.fresh_postgres(count)
        here.sql("INSERT INTO historico SELECT id, 1, now(), 1, status, NULL, NULL, NULL, NULL FROM atendimento")
        here.sql("UPDATE atendimento SET revisao = 1")
        here.sql("VACUUM ANALYZE")
        with here.server("postgres") as server:
            token = server.token()
            server.changes(CONNECTIONS, 5, count, token)
            return [1 / server.changes(CONNECTIONS, here.seconds, count, token)["rate"] for _ in range(here.rounds)]

    small, large = filled(10_000), filled(10_000_000)
    yield Row("Cost of a change at 10,000,000 atendimentos", "at 10,000", "≤ 1.5×", False, 1.5, large, small, "s")
    here.fresh_postgres()


ALL = {"postgres": postgres_changes, "sqlite": sqlite_changes, "hot": hot, "rejected": rejected, "bare": bare,
       "logins": logins, "storm": storm, "overload": overload, "imports": imports, "memory": memory,
       "startup": startup, "size": size}


def versions():
    """What was measured, and on what."""
    def first(*args):
        return subprocess.run(args, capture_output=True, text=True).stdout.strip().splitlines()[0]

    cpu = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    commit = first("git", "-C", str(lab.ROOT), "rev-parse", "--short", "HEAD")
    threads = first("nproc")
    return [("commit", commit), ("processor", f"{cpu}, {threads} threads"), ("kernel", first("uname", "-r")),
            ("Rust", first("rustc", "--version")), ("pgbench", first("pgbench", "--version")),
            ("SQLite of the loop", first("sqlite3", "--version").split()[0])]
