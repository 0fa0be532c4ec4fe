#!/usr/bin/env python3
"""Runs etcd and three nodes of PostgreSQL under Patroni, with synchronous replication, until standard input ends.

Usage: patroni.py BINDIR PORT PORT PORT: where PostgreSQL's programs are, and where the three nodes listen. It prints
"ready PORT" with the leader's once all three are well. Then it takes these commands, and prints "done PORT" after each:

kill    SIGKILL to Patroni and to all processes of PostgreSQL of the leader, which stay away until "heal"
freeze  SIGSTOP to the same
heal    starts or thaws them, and waits until all three are well: a leader, and two that follow it, one synchronously
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

PATIENCE = 120
# The shortest that Patroni takes, with what fits into it.
TIMES = {"ttl": 20, "loop_wait": 3, "retry_timeout": 5}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def start(folder, words):
    """Starts a program as the owner of the folder, with its output in a file."""
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--", *words]
    log = open(folder / "log", "ab")
    return subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"})


def children(pid):
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout
    return [int(child) for child in found.split()]


def send(pid, what):
    try:
        os.kill(pid, what)
    except ProcessLookupError:
        pass


class Node:
    def __init__(self, root, name, bindir, etcd, port):
        self.folder, self.port, self.rest, self.frozen = root / name, port, free_port(), []
        own(self.folder)
        self.data = self.folder / "data"
        self.settings = self.folder / "patroni.yml"
        trust = [f"host {what} all 127.0.0.1/32 trust" for what in ["all", "replication"]]
        # JSON is YAML.
        self.settings.write_text(json.dumps({
            "scope": "citrus", "name": name,
            "restapi": {"listen": f"127.0.0.1:{self.rest}", "connect_address": f"127.0.0.1:{self.rest}"},
            # Over etcd's newer protocol, Patroni 3.0.2 once saw an old state of the cluster for good, when its leader
            # came back from silence: it named no synchronous standby any more.
            "etcd": {"host": f"127.0.0.1:{etcd}"},
            "bootstrap": {
                "dcs": {**TIMES, "synchronous_mode": True, "postgresql": {
                    "use_pg_rewind": True, "parameters": {"wal_log_hints": "on", "fsync": "on"}}},
                "initdb": [{"encoding": "UTF8"}, {"auth": "trust"}, {"username": "postgres"}, "data-checksums"],
                "pg_hba": trust,
            },
            "postgresql": {
                "listen": f"127.0.0.1:{port}", "connect_address": f"127.0.0.1:{port}", "data_dir": str(self.data),
                "bin_dir": bindir, "pg_hba": trust, "parameters": {"unix_socket_directories": str(self.folder)},
                "authentication": {"superuser": {"username": "postgres"}, "replication": {"username": "follower"}},
                "remove_data_directory_on_rewind_failure": True,
                "remove_data_directory_on_diverged_timelines": True,
            },
            "watchdog": {"mode": "off"},
        }))
        self.patroni = None

    def start(self):
        self.patroni = start(self.folder, ["patroni", str(self.settings)])

    def processes(self):
        """Patroni's first, so that it starts nothing meanwhile, and then the one that starts PostgreSQL's others."""
        pid = self.data / "postmaster.pid"
        postmaster = [int(pid.read_text().split()[0])] if pid.exists() else []
        return [self.patroni.pid, *postmaster]

    def freeze(self):
        for pid in self.processes():
            send(pid, signal.SIGSTOP)
            self.frozen.append(pid)
        for pid in self.frozen[:]:
            for child in children(pid):
                send(child, signal.SIGSTOP)
                self.frozen.append(child)

    def kill(self):
        self.freeze()
        for pid in self.frozen:
            send(pid, signal.SIGKILL)
        self.patroni.wait()
        for pid in self.frozen:
            while alive(pid):
                time.sleep(0.01)
        self.frozen, self.patroni = [], None
        # They would name a zombie, which nobody reaps, as a running server.
        for stale in [self.data / "postmaster.pid", self.folder / f".s.PGSQL.{self.port}.lock"]:
            stale.unlink(missing_ok=True)

    def heal(self):
        for pid in reversed(self.frozen):
            send(pid, signal.SIGCONT)
        self.frozen = []
        if self.patroni is None or self.patroni.poll() is not None:
            self.start()

    def members(self):
        """What this node knows of the cluster; nothing where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest}/cluster", timeout=2) as answer:
                return json.load(answer).get("members", [])
        except (OSError, ValueError):
            return []


def alive(pid):
    try:
        return "State:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def own(folder):
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")


class Cluster:
    def __init__(self, root, bindir, ports):
        client, peer = free_port(), free_port()
        own(root / "etcd")
        self.etcd = start(root / "etcd", [
            "etcd", "--enable-v2", "--data-dir", str(root / "etcd" / "data"),
            "--listen-client-urls", f"http://127.0.0.1:{client}", "--advertise-client-urls", f"http://127.0.0.1:{client}",
            "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-cluster", f"default=http://127.0.0.1:{peer}"])
        self.nodes = [Node(root, f"node{number}", bindir, client, port) for number, port in enumerate(ports)]
        self.leader = None

    def heal(self):
        for node in self.nodes:
            node.heal()
        until = time.monotonic() + PATIENCE
        while not self.is_well():
            if time.monotonic() > until:
                for node in self.nodes:
                    print(node.port, node.members(), (node.folder / "log").read_text()[-3000:], file=sys.stderr)
                sys.exit("the cluster does not get well")
            time.sleep(0.2)
        return self.leader.port

    def is_well(self):
        views = [node.members() for node in self.nodes]
        roles = [sorted(member["role"] for member in view) for view in views]
        if roles != [["leader", "replica", "sync_standby"]] * 3:
            return False
        states = {member["state"] for view in views for member in view}
        timelines = {member.get("timeline") for view in views for member in view}
        if not states <= {"running", "streaming"} or len(timelines) > 1:
            return False
        port = next(member["port"] for member in views[0] if member["role"] == "leader")
        self.leader = next(node for node in self.nodes if node.port == port)
        return True

    def end(self):
        for node in self.nodes:
            if node.patroni:
                node.kill()
        self.etcd.kill()
        self.etcd.wait()


def main():
    bindir, *ports = sys.argv[1:]
    root = pathlib.Path(tempfile.mkdtemp(prefix="citrus-status-patroni-"))
    root.chmod(0o755)
    cluster = Cluster(root, bindir, [int(port) for port in ports])
    try:
        print("ready", cluster.heal(), flush=True)
        for command in sys.stdin:
            leader = cluster.leader
            {"kill": leader.kill, "freeze": leader.freeze, "heal": cluster.heal}[command.strip()]()
            print("done", cluster.leader.port, flush=True)
    finally:
        cluster.end()
        shutil.rmtree(root)


main()
