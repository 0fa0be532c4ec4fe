"""The report, in Markdown."""

import datetime
import statistics

import chart
import measures
from chart import figure

SETTINGS = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "max_wal_size", "max_connections")


def write(directory, here, rows):
    """Writes what is measured so far, and returns the files."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "latest.md").write_text(markdown(here, rows))
    written = [directory / "latest.md"]
    if here.contest:
        (directory / "chart.svg").write_text(chart.draw(here.contest))
        written.append(directory / "chart.svg")
    return written


def markdown(here, rows):
    lines = ["# Benchmark", "",
             f"Made by `bench/run` on {datetime.date.today()}: {here.rounds} rounds of {here.seconds} s, in turn. "
             "Server, PostgreSQL and load generator share the machine. Figures are medians of the rounds.", ""]
    if here.contest:
        lines += beside_peers(here.contest)
    lines += goals(rows) + sizes(here)
    settings = [(f"PostgreSQL {name}", here.sql(f"SHOW {name}", here.admin)) for name in SETTINGS]
    statement, transaction = here.waits
    settings += [("a statement that does nothing, one connection", f"{statement:.3f} ms"),
                 ("the smallest durable transaction, one connection", f"{transaction:.3f} ms")]
    return "\n".join(lines + ["## Versions and settings", ""] + table(["", ""], measures.versions() + settings))


def table(head, rows):
    return ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)] + [""]


def beside_peers(contest):
    """The absolute figures, and the limit."""
    def spread(rates):
        return f"**{statistics.median(rates):,.0f}** ({min(rates):,.0f} to {max(rates):,.0f})"

    def line(contender):
        pool = f"{contender.pool} connections" if contender.pool else "its default"
        cells = [f"{contender.name} ({pool})"]
        for connections in (256, 64, 1):
            p50, p99 = (figure(contender.median(connections, what)) for what in ("p50", "p99"))
            cells.append(f"{spread(contender.values(connections, 'rate'))}; {p50}, {p99} ms")
        return cells + [f"{figure(contender.median(256, what))} µs" for what in ("server_cpu", "postgres_cpu")]

    def requests(runs):
        rate, cpu = (statistics.median(run[what] for run in runs) for what in ("rate", "server_cpu"))
        return f"{rate:,.0f} requests", f"with {figure(cpu)} µs of CPU each"

    (live, live_cpu), (bare, bare_cpu) = requests(contest.live), requests(contest.bare)
    limit, batched = (statistics.median(rates) for rates in (contest.limits(), contest.batched))
    return [
        "## Beside its peers", "",
        "The same change on the same PostgreSQL: changes a second, with the least and the most of the rounds, then p50 "
        "and p99; and the CPU time of the server and of PostgreSQL for a change at 256 connections. Behind the name: "
        "the connections to PostgreSQL, for a peer the fastest at 256 of those tried. "
        "[bench/peers](../peers/README.md) says what the peers are, and what citrus-status does that they do not.",
        "",
        *table(["server", "256 connections", "64 connections", "one connection", "server's CPU", "PostgreSQL's CPU"],
               map(line, [contest.ours, *contest.peers])),
        f"The limit is some **{limit:,.0f}** changes a second, by estimate: `1/(1/batched + 1/live)`, if nothing "
        "were done but to receive requests and to write batches of our size.", "",
        *table(["part of the limit", "a second", "made by"], [
            ["batched", f"{batched:,.0f} changes",
             f"pgbench with `bench/batch.sql`, 96 changes a transaction, {contest.batched_clients} clients"],
            ["live", live, f"`GET /health/live` at 256 connections, {live_cpu}"],
        ]),
        f"A bare axum route answers {bare} a second at 256 connections, {bare_cpu}.", "",
        f"Without a server before it and without the rules, PostgreSQL makes {statistics.median(contest.single):,.0f} "
        "changes a second with one statement and one transaction for each: pgbench with `bench/change.sql`, "
        f"{contest.single_clients} clients.", "",
    ]


def goals(rows):
    """What is reached and what is missed."""
    def line(row):
        theirs = amount(row.theirs, row.unit) if row.theirs else "–"
        return [row.name, row.reference, row.ratio_text(), row.goal, row.reached(),
                amount(row.ours, row.unit), theirs]

    return ["## Goals", "",
            "Ratios are made round by round. The table shows their median, and in brackets the least and the most.", "",
            *table(["measure", "reference", "ratio", "goal", "reached", "ours", "reference's"], map(line, rows))]


def sizes(here):
    """What the large databases take, after they were measured."""
    lines = []
    for of, facts in here.sizes:
        lines += [f"## On the disk: {of}", "", *table(["table", "size"], facts)]
    return lines


def amount(values, unit):
    return f"{figure(statistics.median(values))} {unit}"
