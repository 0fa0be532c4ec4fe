"""The workplace: databases, server processes, and the programs that load them."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
SERVER = ROOT / "target/release/citrus-status"
REFERENCE = ROOT / "target/release/examples/bench-reference"
ATENDIMENTOS = 100_000
FIRST = 20221104000001
PACKAGES = {"wrk": "wrk", "pgbench": "postgresql", "psql": "postgresql", "sqlite3": "sqlite3", "cc": "gcc"}


def run(*args, env=None, stdin=None):
    """The standard output of a program that has to succeed."""
    done = subprocess.run([str(a) for a in args], env=env, input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, args))}: {done.stderr.strip()}")
    return done.stdout


def csv_of(count):
    """A CSV file of `count` atendimentos, as text."""
    statuses = ["Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado"]
    return "protocolo,status\n" + "".join(f"{FIRST + i},{statuses[i % 5]}\n" for i in range(count))


class Lab:
    def __init__(self, postgres, rounds, seconds):
        for program, package in PACKAGES.items():
            if not shutil.which(program):
                raise SystemExit(f"{program} is missing: apt-get install {package}")
        self.rounds, self.seconds = rounds, seconds
        self.admin = postgres
        parts = urllib.parse.urlsplit(postgres)
        # Without TLS, for pgbench and for the server alike: both are on this machine.
        self.postgres = parts._replace(path="/citrus_bench", query="sslmode=disable").geturl()

    def __enter__(self):
        print("building …", flush=True)
        subprocess.run(["cargo", "build", "--release", "--locked", "--bin", "citrus-status", "--example",
                        "bench-reference"], cwd=ROOT, check=True)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="citrus-bench-"))
        self.sqlite_loop = self.dir / "sqlite_loop"
        run("cc", "-O2", "-o", self.sqlite_loop, BENCH / "sqlite_loop.c", "-lsqlite3")
        self.fresh_postgres()
        return self

    def __exit__(self, *_):
        self.sql("DROP DATABASE IF EXISTS citrus_bench WITH (FORCE)", self.admin)
        shutil.rmtree(self.dir)

    def sql(self, statement, url=None):
        return run("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", url or self.postgres, "-c", statement).strip()

    def environment(self, engine):
        """Settings of a server on `engine`, in a directory of its own."""
        data = self.dir / engine
        database = {"postgres": self.postgres, "sqlite": ""}[engine]
        return {"PATH": os.environ["PATH"], "DATABASE_URL": database, "DATA_DIR": str(data),
                "JWT_SECRET": "a secret for the benchmark, 32 bytes", "LOG_LEVEL": "warn"}

    def cli(self, engine, *args, stdin=None):
        return run(SERVER, *args, env=self.environment(engine), stdin=stdin)

    def provision(self, engine, atendimentos=ATENDIMENTOS):
        """Users with and without the permission, a motivo, and the atendimentos."""
        cli = lambda *args, **more: self.cli(engine, *args, **more)
        cli("nivel", "criar", "N")
        cli("permissao", "liberar", "alterar-status", "--nivel", "N")
        cli("perfil", "criar", "P", "--nivel", "N")
        cli("perfil", "criar", "Q", "--nivel", "N")
        cli("perfil", "conceder", "P", "alterar-status")
        cli("usuario", "criar", "bench", "--perfil", "P", "--senha-stdin", stdin="1234")
        cli("usuario", "criar", "other", "--perfil", "Q", "--senha-stdin", stdin="1234")
        cli("motivo", "criar", "Duplicado")
        cli("atendimento", "importar", "-", stdin=csv_of(atendimentos))
        if engine == "postgres":
            self.sql("VACUUM ANALYZE")

    def fresh_postgres(self, atendimentos=ATENDIMENTOS):
        self.sql("DROP DATABASE IF EXISTS citrus_bench WITH (FORCE)", self.admin)
        self.sql("CREATE DATABASE citrus_bench ENCODING 'UTF8' TEMPLATE template0", self.admin)
        self.provision("postgres", atendimentos)

    def fresh_sqlite(self, atendimentos=ATENDIMENTOS):
        shutil.rmtree(self.dir / "sqlite", ignore_errors=True)
        self.provision("sqlite", atendimentos)

    def server(self, engine, **settings):
        return Server(self.environment(engine) | settings)

    def pgbench(self, clients, protocolos=ATENDIMENTOS):
        """Changes per second and mean latency in milliseconds, one prepared statement a transaction."""
        out = run("pgbench", "-n", "-M", "prepared", "-f", BENCH / "change.sql", "-D", f"protocolos={protocolos}",
                  "-c", clients, "-j", min(2, clients), "-T", self.seconds, self.postgres)
        rate = re.search(r"tps = ([\d.]+) \(without", out)
        return float(rate[1]), float(re.search(r"latency average = ([\d.]+) ms", out)[1])


class Process:
    """A process that listens, until the end of the `with` block."""

    def __init__(self, args, env=None):
        self.port = free_port()
        self.started = time.perf_counter()
        self.process = subprocess.Popen([str(a).format(port=self.port) for a in args], env=env,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    raise SystemExit("the server did not start")
                time.sleep(0.001)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def get(self, path):
        return urllib.request.urlopen(f"http://{self.address}{path}").read()

    def rss(self):
        """Resident memory in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def wrk(self, connections, seconds, script=None, path="/", **environment):
        """What wrk reports: requests per second, p50 and p99 in milliseconds, and answers that are not 2xx."""
        args = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
        args += ["-s", BENCH / script] if script else []
        out = run(*args, f"http://{self.address}{path}",
                  env={"PATH": os.environ["PATH"]} | {k.upper(): str(v) for k, v in environment.items()})
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), "p50": millis(out, "50%"),
                "p99": millis(out, "99%"), "refused": int(refused[1]) if refused else 0}


class Server(Process):
    """Our server."""

    def __init__(self, env):
        super().__init__([SERVER, "serve", "--bind", "127.0.0.1:{port}"], env)

    def token(self, login="bench"):
        body = json.dumps({"login": login, "senha": "1234"}).encode()
        answer = urllib.request.urlopen(f"http://{self.address}/api/usuario/login", body).read()
        return json.loads(answer)["accessToken"]

    def changes(self, connections, seconds, protocolos=ATENDIMENTOS, token=None):
        """wrk's report of status changes; every one has to be made."""
        got = self.wrk(connections, seconds, "change.lua", token=token or self.token(), protocolos=protocolos)
        if got["refused"]:
            raise SystemExit(f"{got['refused']} changes were refused")
        return got


def millis(out, label):
    number, unit = re.search(rf"\s{label}\s+([\d.]+)(us|ms|s)", out).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
