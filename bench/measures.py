"""What is measured, each beside its reference in the same run."""

import dataclasses
import platform
import statistics
import time

import contest
import growth
import lab
import pages
from processes import CORES, run

CONNECTIONS = 256


@dataclasses.dataclass
class Row:
    name: str
    reference: str
    goal: str
    # Higher is better, and the ratio is ours to the reference; else lower is better.
    at_least: bool
    # None where there is no goal.
    bound: float | None
    ours: list
    theirs: list = None
    unit: str = "/s"

    def ratios(self):
        return [o / t for o, t in zip(self.ours, self.theirs)] if self.theirs else self.ours

    def median(self):
        return statistics.median(self.ratios())

    def reached(self):
        """In words: yes, no, or that there is no goal."""
        if self.bound is None:
            return "–"
        is_reached = self.median() >= self.bound if self.at_least else self.median() <= self.bound
        return "yes" if is_reached else "**no**"

    def ratio_text(self):
        ratios = self.ratios()
        suffix = "×" if self.theirs else f" {self.unit}"
        return f"{self.median():.2f}{suffix} ({min(ratios):.2f} to {max(ratios):.2f})"


def in_turn(here, ours, theirs):
    """The results of both, a round of one after a round of the other; every other round the reference is first."""
    pairs = []
    for number in range(here.rounds):
        pairs.append((ours(), theirs()) if number % 2 == 0 else (theirs(), ours())[::-1])
        here.say(f"round {number + 1} of {here.rounds}: {pairs[-1][0]:,.2f} and {pairs[-1][1]:,.2f}")
    return [o for o, _ in pairs], [t for _, t in pairs]


def peers_changes(here):
    """The same changes on PostgreSQL by ours and by the peers, and what PostgreSQL and HTTP could do."""
    got = here.contest = contest.hold(here)
    ours, fastest, rounds = got.ours, got.fastest(), range(here.rounds)
    least = lambda connections: [min(peer.values(connections, "p50")[i] for peer in got.peers) for i in rounds]
    yield Row("PostgreSQL: changes/s, 256 connections", f"the fastest peer, {fastest.name}", "≥ 10×", True, 10,
              ours.values(256, "rate"), fastest.values(256, "rate"))
    yield Row("PostgreSQL: p99 at 256 connections", "the lowest p50 of a peer there", "≤ 1×", False, 1,
              ours.values(256, "p99"), least(256), "ms")
    yield Row("PostgreSQL: p99 at 256 connections", "its own p50", "≤ 3×", False, 3, ours.values(256, "p99"),
              ours.values(256, "p50"), "ms")
    yield Row("PostgreSQL: p50 of one connection", "the lowest p50 of a peer", "≤ 0.6×", False, 0.6,
              ours.values(1, "p50"), least(1), "ms")
    yield Row("PostgreSQL: changes/s, 256 connections", "the limit of PostgreSQL and HTTP", "≥ 0.75×", True, 0.75,
              ours.values(256, "rate"), got.limits())
    yield Row("PostgreSQL: server's CPU for a change, 256 connections", "for a request of a bare axum route", "≤ 2×",
              False, 2, ours.values(256, "server_cpu"), [run["server_cpu"] for run in got.bare], "µs")


def sqlite_changes(here):
    here.fresh_sqlite()
    file = here.dir / "sqlite" / "citrus-status.db"

    def ours():
        with here.server("sqlite") as server:
            return server.changes(CONNECTIONS, here.seconds, here.load(server))["rate"]

    def loop():
        return float(run(here.sqlite_loop, file, lab.ATENDIMENTOS, here.seconds))

    yield Row("SQLite: changes/s, 256 connections", "a loop of one durable transaction a change, SQLite's C library",
              "≥ 3×", True, 3, *in_turn(here, ours, loop))


def hot(here):
    with here.server("postgres") as server:
        load = here.load(server)
        yield Row("PostgreSQL: 256 connections on ONE atendimento", "on random ones", "≥ 0.5×", True, 0.5,
                  *in_turn(here, lambda: server.changes(CONNECTIONS, here.seconds, load | {"protocolos": 1})["rate"],
                           lambda: server.changes(CONNECTIONS, here.seconds, load)["rate"]))


def rejected(here):
    with here.server("postgres") as server:
        other = server.token("other")

        def refuse(token):
            got = server.wrk(64, here.seconds, "change.lua", tokens=token, motivos=lab.MOTIVOS[0], protocolos=1)
            assert got["refused"], "they have to be refused"
            return got["rate"]

        live = lambda: server.wrk(64, here.seconds, path="/health/live")["rate"]
        yield Row("Rejected/s: bad token", "GET /health/live", "≥ 0.5×", True, 0.5,
                  *in_turn(here, lambda: refuse(other + "x"), live))
        yield Row("Rejected/s: no permission", "GET /health/live", "≥ 0.5×", True, 0.5,
                  *in_turn(here, lambda: refuse(other), live))


def bare(here):
    with here.server("postgres") as server, here.bare_route() as reference:
        yield Row("GET /health/live per second", "a bare axum route", "≥ 0.9×", True, 0.9,
                  *in_turn(here, lambda: server.wrk(64, here.seconds, path="/health/live")["rate"],
                           lambda: reference.wrk(64, here.seconds)["rate"]))


def logins(here):
    with here.server("postgres") as server:
        def ours():
            got = server.wrk(16, here.seconds, "login.lua")
            assert not got["refused"], "they have to be let in"
            return got["rate"]

        library = lambda: float(run(lab.REFERENCE, "argon2", here.seconds))
        yield Row("Logins/s", "argon2 verifications/s of the library alone", "≥ 0.9×", True, 0.9,
                  *in_turn(here, ours, library))


def storm(here):
    with here.server("postgres") as server:
        load = here.load(server)

    # Each on a server of its own: logins that were asked for are worked on after their client has gone.
    def calm():
        with here.server("postgres") as server:
            return server.changes(16, here.seconds, load)["p99"]

    def during():
        with here.server("postgres") as server, server.loaded(200, "login.lua"):
            time.sleep(1)
            return server.changes(16, here.seconds, load)["p99"]

    yield Row("p99 of changes, 16 connections, while 200 connections log in", "without them", "≤ 3×", False, 3,
              *in_turn(here, during, calm), "ms")


def overload(here):
    """Changes at a fixed pace, twice the rate that the server can keep up with, as far as connections are free."""
    accepted, calm, refused, loads = [], [], [], []
    with here.server("postgres", QUEUE_CAPACITY="384") as server:
        load, token = here.load(server), server.token()
        for _ in range(here.rounds):
            sustained = server.changes(CONNECTIONS, here.seconds, load)
            ask = [lab.REFERENCE, "overload", server.address, token, lab.ATENDIMENTOS, int(2 * sustained["rate"]), 768,
                   here.seconds]
            rate, good, good_p99, bad, bad_p99 = map(float, run(*ask).split())
            if not bad:
                raise SystemExit("nothing was refused: that was no overload")
            accepted.append(good_p99)
            calm.append(sustained["p99"])
            refused.append(bad_p99)
            loads.append(rate / sustained["rate"])
            here.say(f"{loads[-1]:.2f} times the sustainable load; p99 {good_p99:.1f} ms of {good:,.0f} "
                     f"accepted, {bad_p99:.1f} ms of {bad:,.0f} refused; calm {calm[-1]:.1f} ms")
    load = f"At {statistics.median(loads):.1f} times the sustainable load"
    yield Row(f"{load}: p99 of the accepted", "p99 at 256 connections", "≤ 3×", False, 3,
              accepted, calm, "ms")
    yield Row(f"{load}: p99 of the refused", "–", "≤ 50 ms", False, 50, refused, unit="ms")


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
        return timed(lambda: run("sqlite3", database, stdin="PRAGMA synchronous = FULL;\n" + script))

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
                load = here.load(issuer)
            with server.loaded(CONNECTIONS, "change.lua", **load):
                time.sleep(here.seconds)
                loaded.append(server.rss())
    yield Row("Resident memory, idle", "–", "≤ 20 MiB", False, 20, idle, unit="MiB")
    yield Row("Resident memory, 256 connections under load", "–", "≤ 64 MiB", False, 64, loaded, unit="MiB")


def startup(here):
    def first_answer():
        with here.server("postgres") as server:
            server.get("/health/ready")
            return (time.perf_counter() - server.started) * 1000

    yield Row("Start to first answer, existing database", "–", "≤ 100 ms", False, 100,
              [first_answer() for _ in range(here.rounds)], unit="ms")


def size(here, engine, name):
    """What 10,000,000 atendimentos cost, each with its history, beside 10,000."""
    few, many = (growth.filled(here, engine, count, here.history) for count in (growth.FEW, growth.MANY))
    at = f"{name}, {growth.MANY:,} atendimentos with {growth.MANY * here.history:,} changes"
    with here.server(engine, **few) as small, here.server(engine, **many) as large:
        load = {server: here.load(server, count) for server, count in ((small, growth.FEW), (large, growth.MANY))}

        def row(what, ask, unit, goal="–", bound=None):
            ask(large), ask(small)
            return Row(f"{at}: {what}", f"{growth.FEW:,}", goal, False, bound,
                       *in_turn(here, lambda: ask(large), lambda: ask(small)), unit)

        def changes(connections, value):
            return lambda server: value(server.changes(connections, here.seconds, load[server]))

        def reads(server):
            got = server.wrk(16, here.seconds, "history.lua", **load[server])
            assert not got["refused"], "they have to be answered"
            return got["p99"]

        yield row("cost of a change", changes(CONNECTIONS, lambda got: 1e6 / got["rate"]), "µs", "≤ 1.5×", 1.5)
        yield row("p99 at 256 connections", changes(CONNECTIONS, lambda got: got["p99"]), "ms")
        yield row("p50 of one connection", changes(1, lambda got: got["p50"]), "ms")
        yield row("p99 of reading a history, 16 connections", reads, "ms")
        settings = {small: few, large: many}
        yield row("list of 100 by status", lambda server: growth.listing(here, engine, settings[server]), "s")
    here.sizes.append((at, growth.sizes(here, engine, many)))


def size_postgres(here):
    return size(here, "postgres", "PostgreSQL")


def size_sqlite(here):
    return size(here, "sqlite", "SQLite")


def page(here, engine, name):
    """What a person waits for the console's pages and the lists of administration."""
    at = f"{name}, {pages.COUNT:,} atendimentos with {pages.COUNT * pages.HISTORY:,} changes"
    with here.server(engine, **pages.filled(here, engine)) as server:
        person = pages.Person(server)
        for path in pages.paths():
            person.get(path)
            took = [person.slow(path) for _ in range(here.rounds)]
            yield Row(f"{at}: 95 of 100 times, GET {path}", "–", "≤ 50 ms", False, 50, took, unit="ms")


def page_postgres(here):
    return page(here, "postgres", "PostgreSQL")


def page_sqlite(here):
    return page(here, "sqlite", "SQLite")


ALL = {"peers": peers_changes, "sqlite": sqlite_changes, "hot": hot, "rejected": rejected, "bare": bare,
       "logins": logins, "storm": storm, "overload": overload, "imports": imports, "memory": memory,
       "startup": startup, "size": size_postgres, "size-sqlite": size_sqlite,
       "page": page_postgres, "page-sqlite": page_sqlite}


# What --quick leaves out.
SLOW = ("imports", "size", "size-sqlite", "page", "page-sqlite")


def versions():
    """What was measured, and on what."""
    first = lambda *args: run(*args).splitlines()[0]
    git = ("git", "-C", lab.ROOT, "describe", "--always", "--dirty")
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
               platform.machine())
    return [("commit", first(*git) if (lab.ROOT / ".git").exists() else "not a git repository"),
            ("processor", f"{cpu}, {CORES} threads"), ("kernel", first("uname", "-r")),
            ("Rust", first("rustc", "--version")), *contest.versions(),
            ("pgbench", first("pgbench", "--version")),
            ("SQLite of the loop", first("sqlite3", "--version").split()[0])]
