"""Processes: those that run to their end, those that serve, what loads them, and the CPU time that they take."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

BENCH = pathlib.Path(__file__).resolve().parent
CORES = len(os.sched_getaffinity(0))
TICKS = os.sysconf("SC_CLK_TCK")
CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def catch_signals():
    """From now on an interruption ends by way of every `with`, so that everything is put away. Once is enough."""
    def interrupted(number, _):
        for caught in CAUGHT:
            signal.signal(caught, signal.SIG_IGN)
        raise SystemExit(f"interrupted by {signal.Signals(number).name}")

    for caught in CAUGHT:
        signal.signal(caught, interrupted)


def run(*args, env=None, stdin=None, cwd=None, errors=subprocess.PIPE):
    """The standard output of a program that has to succeed. It ends when we do."""
    args = [str(a) for a in args]
    process = subprocess.Popen(args, env=env, cwd=cwd, text=True, start_new_session=True, stderr=errors,
                               stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        out, said = process.communicate(stdin)
    finally:
        end(process)
    if process.returncode:
        raise SystemExit(f"{' '.join(args)}: {(said or 'failed').strip()[-2000:]}")
    return out


def end(process):
    """Ends a process and all that it started in its session."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Process:
    """A process that listens, from the beginning of the `with` block to its end."""

    def __init__(self, name, args, env=None):
        self.name, self.args, self.env = name, args, env

    def __enter__(self):
        self.port = free_port()
        args = [str(a).format(port=self.port) for a in self.args]
        env = (self.env or dict(os.environ)) | {"PORT": str(self.port)}
        self.log = tempfile.TemporaryFile("w+")
        self.started = time.perf_counter()
        self.process = subprocess.Popen(args, env=env, start_new_session=True, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        try:
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait(self):
        """Until it listens."""
        while time.perf_counter() - self.started < 60:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.001)
        self.log.seek(0)
        raise SystemExit(f"{self.name} did not start: {self.log.read()[-2000:]}")

    def __exit__(self, *_):
        end(self.process)
        self.log.close()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def get(self, path):
        return self.ask(path)

    def rss(self):
        """Resident memory in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def wrk_command(self, connections, seconds, script, path, environment):
        threads = min(max(1, CORES // 4), connections)
        args = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--latency"]
        args += ["-s", str(BENCH / script)] if script else []
        env = {"PATH": os.environ["PATH"]} | {k.upper(): str(v) for k, v in environment.items()}
        return args + [f"http://{self.address}{path}"], env

    def wrk(self, connections, seconds, script=None, path="/", **environment):
        """What wrk reports: requests and their rate, p50 and p99 in milliseconds, and answers that are not 2xx."""
        args, env = self.wrk_command(connections, seconds, script, path, environment)
        out = run(*args, env=env)
        requests = int(re.search(r"(\d+) requests in", out)[1])
        if not requests:
            raise SystemExit(f"{self.name} answered nothing in {seconds} s at {connections} connections:\n{out}")
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+)", out)
        return {"requests": requests, "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
                "p50": millis(out, "50%"), "p99": millis(out, "99%"), "refused": int(refused[1]) if refused else 0,
                "broken": sum(map(int, broken.groups())) if broken else 0}

    def changes(self, connections, seconds, load):
        """wrk's report of status changes; every one has to be made."""
        got = self.wrk(connections, seconds, "change.lua", **load)
        if got["refused"] or got["broken"]:
            raise SystemExit(f"{self.name} refused {got['refused']} changes and broke {got['broken']} connections off")
        return got

    @contextlib.contextmanager
    def loaded(self, connections, script, **environment):
        """wrk at work, until the end of the `with` block. Every answer has to be 2xx."""
        args, env = self.wrk_command(connections, 3600, script, "/", environment)
        process = subprocess.Popen(args, env=env, start_new_session=True, stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            yield
            # Then it reports.
            process.send_signal(signal.SIGINT)
            report, _ = process.communicate(timeout=30)
            if "Requests/sec" not in report or "Non-2xx" in report:
                raise SystemExit(f"{self.name} was not loaded as it had to be:\n{report}")
        finally:
            end(process)

    def token(self, login="bench1"):
        body = json.dumps({"login": login, "senha": "12345678"}).encode()
        return json.loads(self.ask("/api/usuario/login", body))["accessToken"]

    def ask(self, path, body=None):
        """The body of an answer that has to be 200. Not by way of a proxy."""
        straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return straight.open(f"http://{self.address}{path}", body, timeout=30).read()


def cpu_seconds(root):
    """CPU time of a process and its descendants, those that have ended included."""
    parents, times = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
                # utime and stime; cutime and cstime are those of the children that have ended.
                times[int(entry.name)] = sum(map(int, fields[11:15]))
    family = {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(times.get(pid, 0) for pid in family) / TICKS


def parent_of(pid):
    """The parent of a process, and its name."""
    parent = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return parent, pathlib.Path(f"/proc/{parent}/comm").read_text().strip()


def millis(out, label):
    number, unit = re.search(rf"\s{label}\s+([\d.]+)(us|ms|s|m)", out).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
