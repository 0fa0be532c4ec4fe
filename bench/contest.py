"""The same change, written the usual way: installs these servers, starts them, and finds their best pool."""

import dataclasses
import json
import os
import re
import shutil
import statistics
import sys
import time

import lab
from processes import BENCH, CORES, Process, run
from same_job import SameJob

CONNECTIONS = (256, 64, 1)
# Connections to PostgreSQL in all, over the processes of a peer.
POOLS = (4, 8, 16, 32, 64)
CLIENTS = (2, 4, 8, 16, 32)
HOME = lab.TARGET / "bench"


@dataclasses.dataclass
class Contender:
    name: str
    # Of our own server it is the settings that it comes with.
    command: list = None
    processes: int = 1
    pool: int = None
    # What was measured, a list of rounds for each count of connections.
    runs: dict = dataclasses.field(default_factory=lambda: {connections: [] for connections in CONNECTIONS})

    def server(self, here, pool=None):
        if not self.command:
            return here.server("postgres")
        each = max(1, (pool or self.pool) // self.processes)
        env = {"PATH": os.environ["PATH"], "DATABASE_URL": here.postgres, "JWT_SECRET": lab.JWT_SECRET,
               "POOL": str(each), "PYTHONDONTWRITEBYTECODE": "1"}
        return Process(self.name, self.command, env)

    def values(self, connections, what):
        return [run[what] for run in self.runs[connections]]

    def median(self, connections, what):
        return statistics.median(self.values(connections, what))


@dataclasses.dataclass
class Contest:
    ours: Contender
    peers: list
    # The best numbers of pgbench's clients.
    batched_clients: int
    single_clients: int
    # Rounds of: changes/s of PostgreSQL alone, in batches and one by one; bare requests to our server and to axum.
    batched: list = dataclasses.field(default_factory=list)
    single: list = dataclasses.field(default_factory=list)
    live: list = dataclasses.field(default_factory=list)
    bare: list = dataclasses.field(default_factory=list)

    def limits(self):
        """Changes/s, by estimate, if nothing were done but to receive requests and to write batches."""
        return [1 / (1 / batched + 1 / live["rate"]) for batched, live in zip(self.batched, self.live)]

    def fastest(self):
        return max(self.peers, key=lambda peer: peer.median(256, "rate"))


def install(here):
    """The peers, ready to start; what they need is put below target/."""
    here.say("installing Fastify and FastAPI")
    fastify, fastapi = HOME / "fastify", HOME / "fastapi"
    fastify.mkdir(parents=True, exist_ok=True)
    for file in (BENCH / "peers/fastify").iterdir():
        if file.is_file():
            shutil.copy(file, fastify)
    run("npm", "ci", "--silent", "--no-audit", "--no-fund", cwd=fastify)
    run(sys.executable, "-m", "venv", fastapi)
    run(fastapi / "bin/pip", "install", "--quiet", "-r", BENCH / "peers/fastapi/requirements.txt")
    uvicorn = [fastapi / "bin/uvicorn", "main:app", "--app-dir", BENCH / "peers/fastapi", "--port", "{port}",
               "--workers", CORES, "--no-access-log", "--log-level", "warning"]
    return [Contender("axum + sqlx", [lab.TARGET / "release/examples/bench-peer-axum"]),
            Contender("Fastify + pg", ["node", fastify / "server.mjs"], CORES),
            Contender("FastAPI + asyncpg", uvicorn, CORES)]


def compare(here, peers):
    """Stops the run unless all do the same job."""
    with here.server("postgres") as ours:
        here.say("asking our own server what the peers have to answer")
        same_job = SameJob(here, ours)
    for peer in peers:
        here.say(f"{peer.name}: the same {len(same_job.requests)} requests")
        with peer.server(here, POOLS[0]) as server:
            same_job.compare(server)


def tune(here, peer, load):
    """Keeps the pool that makes the most changes at 256 connections, by the better of two tries."""
    most = int(here.sql("SHOW max_connections")) - 10
    pools = [pool for pool in POOLS if peer.processes <= pool <= most] or [peer.processes]
    rates = dict.fromkeys(pools, 0)
    for pool in pools * 2:
        with peer.server(here, pool) as server:
            server.changes(256, 1, load)
            rates[pool] = max(rates[pool], server.changes(256, 2, load)["rate"])
    here.say(f"{peer.name}, changes/s by connections to PostgreSQL: " +
             ", ".join(f"{rate:,.0f} by {pool}" for pool, rate in rates.items()))
    peer.pool = max(rates, key=rates.get)


def best_clients(pgbench):
    """The number of clients with which `pgbench` makes the most changes, by the better of two tries."""
    rates = dict.fromkeys(CLIENTS, 0)
    for clients in CLIENTS * 2:
        rates[clients] = max(rates[clients], pgbench(clients, 2))
    return max(rates, key=rates.get)


def measure(here, contender, load):
    """A round of one contender."""
    here.settle(here.postgres)
    with contender.server(here) as server:
        server.changes(256, 2, load)
        for connections in CONNECTIONS:
            time.sleep(1)  # Until the requests are done that wrk left behind.
            got = here.measured(server, lambda: server.changes(connections, here.seconds, load))
            contender.runs[connections].append(got)
            here.say(f"{contender.name}, connections: {connections}: {got['rate']:,.0f} changes/s, "
                     f"p50 {got['p50']:.2f}, p99 {got['p99']:.2f} ms; for a change {got['server_cpu']:.0f} µs of its "
                     f"CPU and {got['postgres_cpu']:.0f} µs of PostgreSQL's")


def measure_limits(here, got):
    """A round of what PostgreSQL and HTTP can do alone."""
    with got.ours.server(here) as ours, here.bare_route() as bare:
        got.live.append(here.measured(ours, lambda: ours.wrk(256, here.seconds, path="/health/live")))
        got.bare.append(here.measured(bare, lambda: bare.wrk(256, here.seconds)))
    for rounds, pgbench, clients in ((got.batched, here.batched, got.batched_clients),
                                     (got.single, here.single, got.single_clients)):
        here.settle(here.postgres)
        pgbench(clients, 2)
        rounds.append(pgbench(clients, here.seconds))


def order(contenders, number):
    """The contenders in the order of a round: over as many rounds as contenders, each follows each other one."""
    count = len(contenders)
    zigzag = [(i + 1) // 2 if i % 2 else -(i // 2) for i in range(count)]
    return [contenders[(step + number) % count] for step in zigzag]


def hold(here):
    """Ours and the peers in turn, and what PostgreSQL and HTTP could do."""
    ours, peers = Contender("citrus-status"), install(here)
    here.fresh_postgres()
    compare(here, peers)
    with ours.server(here) as server:
        load = here.load(server)
    for peer in peers:
        tune(here, peer, load)
    got = Contest(ours, peers, best_clients(here.batched), best_clients(here.single))
    for number in range(here.rounds):
        here.say(f"round {number + 1} of {here.rounds}")
        for contender in order([ours, *peers], number):
            measure(here, contender, load)
        measure_limits(here, got)
        here.say(f"the limit: {got.limits()[-1]:,.0f} changes/s, of {got.batched[-1]:,.0f} in batches and "
                 f"{got.live[-1]['rate']:,.0f} bare requests")
    return got


def versions():
    """Of what the peers are made of."""
    node = json.loads((BENCH / "peers/fastify/package.json").read_text())["dependencies"]
    python = dict(re.findall(r"^([\w-]+)==(.*)$", (BENCH / "peers/fastapi/requirements.txt").read_text(), re.M))
    crates = dict(re.findall(r'^name = "(.*)"\nversion = "(.*)"$', (lab.ROOT / "Cargo.lock").read_text(), re.M))
    some = lambda of, *names: ", ".join(f"{name} {of[name]}" for name in names)
    return [("peers in Rust", some(crates, "axum", "sqlx", "jsonwebtoken", "tokio")),
            ("peers on Node", f"Node {run('node', '--version').strip()[1:]}, {some(node, *sorted(node))}"),
            ("peers on Python", f"Python {sys.version.split()[0]}, " +
             some(python, "fastapi", "asyncpg", "pyjwt", "uvicorn", "uvloop", "httptools"))]
