"""The workplace: programs, databases and servers."""

import contextlib
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

from processes import BENCH, CORES, Process, cpu_seconds, parent_of, run

ROOT = BENCH.parent
# As cargo has it: below the project, or where its own setting says.
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
SERVER = TARGET / "release/citrus-status"
REFERENCE = TARGET / "release/examples/bench-reference"
EXAMPLES = ["bench-reference", "bench-peer-axum"]
ATENDIMENTOS = 100_000
FIRST = 20221104000001
JWT_SECRET = "a secret for the benchmark, 32 bytes"
# The load is spread over them. same_job.py uses the first of each.
LOGINS = [f"bench{number}" for number in range(1, 101)]
STATUSES = ["Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado"]
MOTIVOS = ["Duplicado", *(f"Motivo {number}" for number in range(2, 21))]
# Programs, and the Debian packages that have them.
PACKAGES = {"wrk": "wrk", "pgbench": "postgresql", "psql": "postgresql", "sqlite3": "sqlite3", "cc": "gcc",
            "node": "nodejs", "npm": "npm"}


def check_programs():
    """Stops where something is missing, with the packages that have it."""
    if sys.version_info < (3, 11):
        raise SystemExit("Python 3.11 or later is needed")
    missing = {package for program, package in PACKAGES.items() if not shutil.which(program)}
    header = ["cc", "-E", "-include", "sqlite3.h", "-x", "c", "/dev/null"]
    if "gcc" not in missing and subprocess.run(header, capture_output=True).returncode:
        missing.add("libsqlite3-dev")
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        missing.add("python3-venv")
    if missing:
        raise SystemExit("missing: apt-get install " + " ".join(sorted(missing)))
    if int(run("node", "--version").strip("v\n").split(".")[0]) < 20:
        raise SystemExit("Node 20 or later is needed, for Fastify: Debian 13 has it; for Debian 12, see nodejs.org")


def csv_of(count):
    """A CSV file of `count` atendimentos, as text."""
    return "protocolo,status\n" + "".join(f"{FIRST + i},{STATUSES[i % 5]}\n" for i in range(count))


def public(url):
    """A URL without its password."""
    parts = urllib.parse.urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=user.partition(":")[0] + at + host).geturl()


def build(*more):
    """The released server, and `more` of cargo's targets. Says what cargo says."""
    if not shutil.which("cargo"):
        raise SystemExit("Rust is missing: see docs/INSTALL.md")
    run("cargo", "build", "--release", "--locked", "--bin=citrus-status", *more, cwd=ROOT, errors=None)


def provision(cli, atendimentos, logins=LOGINS, motivos=MOTIVOS):
    """Users with and without the permission, motivos, and the atendimentos, by the command line `cli`."""
    cli("nivel", "criar", "N")
    cli("permissao", "liberar", "alterar-status", "--nivel", "N")
    cli("perfil", "criar", "P", "--nivel", "N")
    cli("perfil", "criar", "Q", "--nivel", "N")
    cli("perfil", "conceder", "P", "alterar-status")
    for login, perfil in [*((login, "P") for login in logins), ("other", "Q"), ("former", "P")]:
        cli("usuario", "criar", login, "--perfil", perfil, "--senha-stdin", stdin="12345678")
    for motivo in motivos:
        cli("motivo", "criar", motivo)
    if atendimentos:
        cli("atendimento", "importar", "-", stdin=csv_of(atendimentos))


class Lab:
    def __init__(self, postgres, rounds, seconds, history=1):
        self.rounds, self.seconds, self.history = rounds, seconds, history
        self.admin = postgres
        if password := urllib.parse.urlsplit(postgres).password:
            # For psql and pgbench, whose arguments every user of the machine can read.
            os.environ["PGPASSWORD"] = urllib.parse.unquote(password)
        self.postgres = self.url("main")
        self.started = time.monotonic()
        self.contest = None
        # Facts for the report: of what, and the rows of name and value.
        self.sizes = []

    def url(self, name):
        """A database's URL. Two runs at once do not share one."""
        admin = urllib.parse.urlsplit(self.admin)
        # Without TLS, for pgbench and for the servers alike: all are on this machine.
        query = urllib.parse.urlencode(dict(urllib.parse.parse_qsl(admin.query)) | {"sslmode": "disable"})
        return admin._replace(path=f"/citrus_bench_{os.getpid()}_{name}", query=query).geturl()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            check_programs()
            self.postmaster = self.find_postmaster()
            self.check_durable()
            self.say("building the server")
            build(*(f"--example={name}" for name in EXAMPLES))
            self.dir = pathlib.Path(tempfile.mkdtemp(prefix="citrus-bench-"))
            stack.callback(shutil.rmtree, self.dir)
            self.sqlite_loop = self.dir / "sqlite_loop"
            run("cc", "-O2", "-o", self.sqlite_loop, BENCH / "sqlite_loop.c", "-lsqlite3")
            for name in ("main", "small", "large"):
                stack.callback(self.drop, self.url(name))
            self.fresh_postgres()
            self.waits = self.measure_waits()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def say(self, text):
        """A line on what is happening, with the minutes since the start."""
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        print(f"  {minutes:02}:{seconds:02}  {text}", flush=True)

    def sql(self, statement, url=None):
        return run("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", public(url or self.postgres), "-c", statement).strip()

    def find_postmaster(self):
        """The process whose descendants are PostgreSQL's."""
        pid = self.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'", self.admin)
        with contextlib.suppress(FileNotFoundError):
            parent, name = parent_of(pid)
            if name.startswith("postg"):
                return parent
        raise SystemExit("PostgreSQL has to run on this machine, beside the benchmark: its CPU time is measured")

    def check_durable(self):
        """Stops where PostgreSQL would make commits that a crash undoes."""
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            if self.sql(f"SHOW {name}", self.admin) != "on":
                raise SystemExit(f"PostgreSQL has to be durable: set {name} = on")

    def environment(self, engine):
        """Settings of a server on `engine`, in a directory of its own."""
        data = self.dir / engine
        database = {"postgres": self.postgres, "sqlite": ""}[engine]
        return {"PATH": os.environ["PATH"], "DATABASE_URL": database, "DATA_DIR": str(data), "JWT_SECRET": JWT_SECRET,
                "LOG_LEVEL": "warn", "TOKEN_TTL_SECONDS": "86400"}

    def cli(self, engine, *args, stdin=None, **settings):
        return run(SERVER, *args, env=self.environment(engine) | settings, stdin=stdin)

    def provision(self, engine, atendimentos=ATENDIMENTOS, **settings):
        provision(lambda *args, **more: self.cli(engine, *args, **more, **settings), atendimentos)

    def create(self, url):
        self.drop(url)
        name = urllib.parse.urlsplit(url).path[1:]
        self.sql(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0", self.admin)

    def drop(self, url):
        self.sql(f"DROP DATABASE IF EXISTS {urllib.parse.urlsplit(url).path[1:]} WITH (FORCE)", self.admin)

    def fresh_postgres(self):
        self.say(f"a new database with {ATENDIMENTOS:,} atendimentos")
        self.create(self.postgres)
        self.provision("postgres")
        self.settle(self.postgres)

    def settle(self, url):
        """Does what PostgreSQL would do later, so that nobody pays for the writes of somebody else."""
        self.sql("VACUUM ANALYZE", url)
        self.sql("CHECKPOINT", url)

    def fresh_sqlite(self, atendimentos=ATENDIMENTOS):
        shutil.rmtree(self.dir / "sqlite", ignore_errors=True)
        self.provision("sqlite", atendimentos)

    def server(self, engine, **settings):
        return Process("citrus-status", [SERVER, "serve", "--bind", "127.0.0.1:{port}"],
                       self.environment(engine) | settings)

    def load(self, server, protocolos=ATENDIMENTOS):
        """What `changes` needs: a token of each user, the motivos, and over how many atendimentos to spread."""
        return {"tokens": ",".join(map(server.token, LOGINS)), "motivos": ",".join(MOTIVOS), "protocolos": protocolos}

    def bare_route(self):
        return Process("the bare axum route", [REFERENCE, "axum", "{port}"])

    def measured(self, server, ask):
        """What `ask()` reports, with the CPU time of the server and of all PostgreSQL for a request, in µs."""
        spent = lambda: (cpu_seconds(server.process.pid), cpu_seconds(self.postmaster))
        before = spent()
        got = ask()
        server_cpu, postgres_cpu = (1e6 * (b - a) / got["requests"] for a, b in zip(before, spent()))
        return got | {"server_cpu": server_cpu, "postgres_cpu": postgres_cpu}

    def pgbench(self, script, clients, seconds):
        """Transactions per second."""
        sizes = {"protocolos": ATENDIMENTOS, "usuarios": len(LOGINS), "motivos": len(MOTIVOS)}
        out = run("pgbench", "-n", "-M", "prepared", "-f", BENCH / script, "-c", clients, "-T", seconds,
                  "-j", min(max(2, CORES // 2), clients), *(f"-D{name}={size}" for name, size in sizes.items()),
                  public(self.postgres))
        return float(re.search(r"tps = ([\d.]+) \(without", out)[1])

    def measure_waits(self):
        """Milliseconds of a statement that does nothing, and of the smallest durable transaction, on one connection."""
        def millis(statement):
            script = self.dir / "waits.sql"
            script.write_text(statement)
            return 1000 / self.pgbench(script, 1, 2)

        return millis("SELECT 1;"), millis("SELECT pg_logical_emit_message(true, 'bench', '');")

    def batched(self, clients, seconds):
        """Changes per second of pgbench, 96 changes a transaction."""
        return 96 * self.pgbench("batch.sql", clients, seconds)

    def single(self, clients, seconds):
        """Changes per second of pgbench, one statement and one transaction for each."""
        return self.pgbench("change.sql", clients, seconds)
