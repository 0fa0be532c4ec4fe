#!/usr/bin/env python3
"""Lets a Prometheus scrape servers under load, and checks the rules and the dashboard against what it has."""

import argparse
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import math
import pathlib
import re
import socket
import subprocess
import time
import urllib.parse

from draw import draw

ROOT = pathlib.Path(__file__).parents[2]
DASHBOARD = ROOT / "deploy/grafana/citrus-status.json"
STATUS = "/api/atendimentos/status"
# What Grafana puts in: all servers, and the time over which a rate is taken.
VARIABLES = {"$instance": ".*", "$__rate_interval": "5s"}
SECONDS = 20
# Prometheus spreads its first scrapes, and begins some seconds after its start.
SCRAPED_WITHIN = 60
CLIENTS = 6


class Api:
    """A server's API on one connection."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address, timeout=30)
        self.token = None

    def send(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self.connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def login(self, login="user.api", senha="1234"):
        return self.send("POST", "/api/usuario/login", {"login": login, "senha": senha})

    def change(self, number, status="Finalizado", **more):
        headers = more.pop("headers", {})
        body = {"protocolo": str(20221104000001 + number), "status": status, "motivoStatus": "Duplicado"} | more
        return self.send("POST", STATUS, body, **headers)[0]


def expect(got, *wanted):
    if got not in wanted:
        raise SystemExit(f"status {got} instead of {wanted}")


def misuse(address):
    """Failures of every kind."""
    api = Api(address)
    expect(api.login(login="ninguem")[0], 404)
    for _ in range(12):
        expect(api.login(login="admin", senha="errada")[0], 401, 429)
    expect(api.send("GET", "/api/motivos", X_Sandbox_Falha="failed")[0], 500)
    for path in ("/", "/health/ready", "/health/live", "/nowhere", "/docs", "/openapi.json"):
        api.send("GET", path)
    expect(api.send("GET", "/health/ready", X_Sandbox_Falha="unavailable")[0], 503)


def work(address, token, number, end):
    """Changes of a few kinds until `end`."""
    api = Api(address)
    api.token = token
    for round in itertools.count():
        if time.monotonic() > end:
            return
        status = ("Em atendimento", "Finalizado", "Aberto")[round % 3]
        expect(api.change(number, status), 200)
        if round % 10 == 0:
            key = {"Idempotency_Key": f"{number}-{round}"}
            expect(api.change(number, status, headers=key), 200)
            expect(api.change(number, status, headers=key), 200)
            expect(api.change(number, "Aberto", comentario="x", visivelCliente=True, headers=key), 422)
            expect(api.change(number, "Nenhum"), 404)
            expect(api.change(number, status, statusAtual="Improcedente"), 412)
            api.send("GET", f"{STATUS}?protocolo={20221104000001 + number}")


def load(addresses, end):
    """Several clients for each server, until `end`. Half-way, each server is misused."""
    with concurrent.futures.ThreadPoolExecutor(CLIENTS * len(addresses)) as pool:
        clients = []
        for address in addresses:
            status, body = Api(address).login()
            expect(status, 200)
            token = json.loads(body)["accessToken"]
            clients += [pool.submit(work, address, token, number, end) for number in range(CLIENTS)]
        time.sleep(SECONDS / 2)
        for address in addresses:
            misuse(address)
        for client in clients:
            client.result()


class Prometheus:
    def __init__(self, directory, targets):
        config = directory / "prometheus.yml"
        rules = ROOT / "deploy/prometheus/rules.yml"
        config.write_text(
            f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{rules}]\n"
            f"scrape_configs: [{{job_name: citrus-status, static_configs: [{{targets: {json.dumps(targets)}}}]}}]\n")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.log = (directory / "prometheus.log").open("w+")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={directory}/tsdb",
             f"--web.listen-address={self.address}"], stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("/-/ready")[0] == 200:
                    return self
            if self.process.poll() is not None:
                self.log.seek(0)
                raise SystemExit(self.log.read())
            time.sleep(0.1)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def get(self, path, **parameters):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        connection.request("GET", path + ("?" + urllib.parse.urlencode(parameters) if parameters else ""))
        answer = connection.getresponse()
        return answer.status, answer.read()

    def ask(self, path, **parameters):
        status, body = self.get(f"/api/v1/{path}", **parameters)
        answer = json.loads(body)
        if status != 200:
            raise SystemExit(f"{parameters}: {answer.get('error')}")
        return answer["data"]

    def wait_for(self, targets):
        """Until it has scraped all of them."""
        end = time.monotonic() + SCRAPED_WITHIN
        while self.count("up == 1") < len(targets):
            if time.monotonic() > end:
                raise SystemExit(f"Prometheus did not scrape {targets} within {SCRAPED_WITHIN} s")
            time.sleep(0.1)

    def query(self, selector):
        return self.ask("query", query=selector)["result"]

    def count(self, selector):
        return len(self.query(selector))


def filled(expression):
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def selectors(expression):
    """The series that an expression names, without their ranges."""
    # Those of a recording rule have colons.
    names = r"\b(?:instance:)?(?:citrus_status|process)_[\w:]+|\bup\b"
    return re.findall(rf"(?:{names})(?:\{{[^}}]*\}})?", expression)


def check_series(prometheus, expressions, recorded=()):
    """Every selector finds series, or names what a rule records, which may be nothing yet."""
    missing = []
    for expression in expressions:
        named = [selector for selector in selectors(filled(expression)) if selector not in recorded]
        missing += [selector for selector in named if not prometheus.count(selector)]
        if not selectors(expression):
            missing.append(f"nothing in {expression}")
    if missing:
        raise SystemExit("no series: " + "\n".join(missing))


def check_panels(prometheus, panels):
    for panel in panels:
        for target in panel["targets"]:
            # A quotient of nothing is a series, too: NaN.
            values = [float(series["value"][1]) for series in prometheus.query(filled(target["expr"]))]
            if not any(map(math.isfinite, values)):
                raise SystemExit(f"the panel {panel['title']} is empty: {target['expr']}")


def check_page(address):
    """promtool finds nothing to complain of."""
    connection = http.client.HTTPConnection(address)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    kind, page = answer.getheader("content-type"), answer.read()
    assert kind == "text/plain; version=0.0.4; charset=utf-8", kind
    checked = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True)
    if checked.returncode or checked.stderr:
        raise SystemExit(checked.stderr.decode())
    return len(page.splitlines())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=pathlib.Path)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("addresses", nargs="+", help="for each server: of its API, and of its metrics")
    options = parser.parse_args()
    apis, metrics = options.addresses[::2], options.addresses[1::2]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    with Prometheus(options.directory, metrics) as prometheus:
        prometheus.wait_for(metrics)
        began, end = time.time(), time.monotonic() + SECONDS
        load(apis, end)
        lines = [check_page(address) for address in metrics]
        groups = prometheus.ask("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        unhealthy = [rule["name"] for rule in rules if rule["health"] != "ok"]
        assert not unhealthy, unhealthy
        recorded = [rule["name"] for rule in rules if rule["type"] == "recording"]
        check_series(prometheus, [rule["query"] for rule in rules], recorded)
        check_series(prometheus, [target["expr"] for panel in panels for target in panel["targets"]])
        check_panels(prometheus, panels)
        print(f"{len(rules)} rules and {len(panels)} panels find their series; a page has {lines} lines")
        if options.picture:
            span = {"start": began, "end": began + SECONDS, "step": 1}
            options.picture.write_text(draw(panels, lambda query: prometheus.ask(
                "query_range", query=filled(query), **span)["result"], began, SECONDS))


if __name__ == "__main__":
    main()
