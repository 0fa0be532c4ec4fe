"""Changes the status of an atendimento: client.py PROTOCOLO STATUS [MOTIVO] [COMENTARIO]

HELPDESK_URL, HELPDESK_LOGIN and HELPDESK_SENHA say where, and as whom. Needs the package requests.
"""
import os
import random
import sys
import time
import uuid
from urllib.parse import quote

import requests

ATTEMPTS = 5
TIMEOUTS = (5, 35)  # seconds to connect, and to wait for an answer; the server gives up after 30
NOT_NOW = {408, 409, 502, 503, 504}
BROKEN = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class Refused(Exception):
    """An answer that the same request would get again."""

    def __init__(self, response):
        try:
            problem = response.json()
        except ValueError:  # not the server's, but a proxy's
            problem = {}
        self.status, self.code = response.status_code, problem.get("code")
        super().__init__(f"{self.status} {self.code}: {problem.get('message')}")


class Client:
    """Keeps one token and its connections. Make one, and use it for everything."""

    def __init__(self, url, login, senha):
        self.url, self.credentials = url.rstrip("/"), {"login": login, "senha": senha}
        self.http, self.token = requests.Session(), None

    def motivos(self):
        return self.call("GET", "/api/motivos")["motivos"]

    def transitions(self, protocolo):
        return self.call("GET", f"/api/atendimentos/{quote(protocolo, safe='')}/transicoes")["transicoes"]

    def status(self, protocolo):
        return self.call("GET", "/api/atendimentos/status", params={"protocolo": protocolo})["status"]

    def change(self, protocolo, status, motivo=None, comentario=None, visivel=False, key=None):
        """Makes the change once, however often it has to be sent."""
        body = {"protocolo": protocolo, "status": status, "motivoStatus": motivo}
        if comentario:
            body |= {"comentario": comentario, "visivelCliente": str(visivel)}
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self.call("POST", "/api/atendimentos/status", json=body, headers=headers)["message"]

    def call(self, method, path, **request):
        """Sends a request with the token. Logs in where there is none, and once more where it is not accepted."""
        if self.token is None:
            self.log_in()
        response = self.send(method, path, **request)
        if response.status_code == 401:
            self.log_in()
            response = self.send(method, path, **request)
        return accepted(response)

    def log_in(self):
        self.token = None
        self.token = accepted(self.send("POST", "/api/usuario/login", json=self.credentials))["accessToken"]

    def send(self, method, path, **request):
        """Sends a request, again where there is no answer or the server says "not now"."""
        for attempt in range(1, ATTEMPTS + 1):
            pause = 2.0 ** (attempt - 2)
            try:
                response = self.http.request(method, self.url + path, auth=self.authorize, timeout=TIMEOUTS, **request)
                if response.status_code not in NOT_NOW or attempt == ATTEMPTS:
                    return response
                after = response.headers.get("Retry-After", "")
                pause = max(pause, int(after) if after.isdecimal() else 0)
            except BROKEN:
                if attempt == ATTEMPTS:
                    raise
            time.sleep(pause * random.uniform(1, 1.2))

    def authorize(self, request):
        request.headers["Accept"] = "application/problem+json"
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def accepted(response):
    if response.status_code != 200:
        raise Refused(response)
    return response.json()


def main(protocolo, status, motivo=None, comentario=None):
    client = Client(os.environ["HELPDESK_URL"], os.environ["HELPDESK_LOGIN"], os.environ["HELPDESK_SENHA"])
    print("motivos:", ", ".join(client.motivos()))
    needs = {False: "", True: " (motivo)"}
    print("transitions:", ", ".join(to["para"] + needs[to["motivoObrigatorio"]] for to in client.transitions(protocolo)))
    print(client.change(protocolo, status, motivo, comentario))
    print("status:", client.status(protocolo))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: client.py PROTOCOLO STATUS [MOTIVO] [COMENTARIO]")
    try:
        main(*sys.argv[1:])
    except (Refused, requests.RequestException) as error:
        sys.exit(f"not done: {error}")
