"""Clients for tests/docker/run: changes without a pause, many logins at once, many connections at once."""

import http.client
import json
import signal
import socket
import sys
import threading
import time

HOST, PORT = "127.0.0.1", int(sys.argv[2])


def post(connection, path, body, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def connect():
    return http.client.HTTPConnection(HOST, PORT, timeout=30)


def login(name, senha):
    return post(connect(), "/api/usuario/login", {"login": name, "senha": senha})


def load(name, senha, *protocolos):
    """Changes each of the atendimentos without a pause, and prints the comment of each change that got 200.

    Says "under-way" on standard error after 200 changes, and "again" when one succeeds after a failure. Ends at
    SIGTERM.
    """
    token = login(name, senha)[1]["accessToken"]
    stop, lock, failures, acknowledged = threading.Event(), threading.Lock(), [], []
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def note(outcome, comment):
        with lock:
            if outcome == 200:
                if failures and failures[-1] != "again":
                    print("again", file=sys.stderr, flush=True)
                    failures.append("again")
                acknowledged.append(comment)
                if len(acknowledged) == 200:
                    print("under-way", file=sys.stderr, flush=True)
            else:
                failures.append(outcome)

    def change(protocolo):
        connection, number = connect(), 0
        while not stop.is_set():
            number += 1
            comment = f"{protocolo}/{number}"
            status = ["Em atendimento", "Aberto"][number % 2]
            body = {"protocolo": protocolo, "status": status, "comentario": comment, "visivelCliente": True}
            try:
                outcome = post(connection, "/api/atendimentos/status", body, token)[0]
            except (OSError, http.client.HTTPException, ValueError) as error:
                outcome, connection = type(error).__name__, connect()
            note(outcome, comment)
            if outcome != 200:
                time.sleep(0.05)

    threads = [threading.Thread(target=change, args=[protocolo]) for protocolo in protocolos]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("\n".join(acknowledged))
    outcomes = {str(outcome): failures.count(outcome) for outcome in failures if outcome != "again"}
    print(f"{len(acknowledged)} changes were acknowledged; failed: {outcomes}", file=sys.stderr)


def logins(name, senha, count):
    """Logs in so many times at once, and prints how many got which status."""
    statuses = []

    def log_in():
        try:
            statuses.append(login(name, senha)[0])
        except (OSError, http.client.HTTPException, ValueError) as error:
            statuses.append(type(error).__name__)

    threads = [threading.Thread(target=log_in) for _ in range(int(count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(" ".join(f"{status}:{statuses.count(status)}" for status in sorted(set(statuses), key=str)))


def connections(count):
    """Holds so many connections open, sends a request on each, and prints how many got 200."""
    sockets = [socket.create_connection((HOST, PORT), timeout=30) for _ in range(int(count))]
    for connection in sockets:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    print(sum(connection.recv(64).startswith(b"HTTP/1.1 200 ") for connection in sockets))


{"load": load, "logins": logins, "connections": connections}[sys.argv[1]](*sys.argv[3:])
