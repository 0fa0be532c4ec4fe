"""Pages of the console and lists of administration on a large database, each as one person asks for it."""

import http.cookiejar
import re
import statistics
import time
import urllib.parse
import urllib.request

import growth
import lab

COUNT, HISTORY = 1_000_000, 10
# How often each is asked for in a round.
TIMES = 20
PERMISSOES = ["consultar-historico", "consultar-atendimentos", "criar-atendimento", "alterar-status",
              "administrar-niveis", "administrar-permissoes", "administrar-perfis", "administrar-usuarios",
              "administrar-motivos", "consultar-auditoria"]


def filled(here, engine):
    settings = growth.filled(here, engine, COUNT, HISTORY)
    here.cli(engine, "perfil", "criar", "R", "--root", **settings)
    here.cli(engine, "perfil", "conceder", "R", *PERMISSOES, **settings)
    here.cli(engine, "usuario", "criar", "root", "--perfil", "R", "--senha-stdin", stdin="12345678", **settings)
    return settings


def paths():
    """What is asked for, with what a person may type: the middle of the table, and what nobody finds."""
    middle = str(lab.FIRST + COUNT // 2)
    lists = [{}, *({"status": status} for status in lab.STATUSES), {"protocolo": middle}, {"protocolo": middle[:-4]},
             {"protocolo": "1999"}, {"motivoStatus": lab.MOTIVOS[0]}, {"usuario": lab.LOGINS[0]}]
    query = lambda asked: "?" + urllib.parse.urlencode(asked) if asked else ""
    pages = ["", *("/atendimentos" + query(asked) for asked in lists),
             "/atendimento" + query({"protocolo": middle}), "/motivos", "/usuarios", "/usuarios?procura=bench",
             "/perfis", "/niveis", "/auditoria", "/servidor", "/senha"]
    api = ["/api/admin/atendimentos" + query(asked) for asked in lists]
    return [*("/console" + page for page in pages), *api, "/api/admin/usuarios", "/api/admin/auditoria"]


class Person:
    """Somebody on a root perfil, signed in to the console and with a token for the lists."""

    def __init__(self, server):
        self.at = f"http://{server.address}"
        self.token = server.token("root")
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.browser = urllib.request.build_opener(cookies)
        form = self.get("/console/entrar")
        token = re.search(r'name="ficha" value="([^"]+)"', form)[1]
        sent = urllib.parse.urlencode({"ficha": token, "login": "root", "senha": "12345678"}).encode()
        self.browser.open(f"{self.at}/console/entrar", sent).read()

    def get(self, path):
        request = urllib.request.Request(self.at + path)
        if path.startswith("/api/"):
            request.add_header("Authorization", f"Bearer {self.token}")
        with self.browser.open(request) as answer:
            if urllib.parse.urlsplit(answer.url).path != urllib.parse.urlsplit(path).path:
                raise SystemExit(f"{path} led to {answer.url}")
            return answer.read().decode()

    def slow(self, path):
        """Milliseconds that the 19th of 20 takes, by how long they take."""
        took = []
        for _ in range(TIMES):
            start = time.perf_counter()
            self.get(path)
            took.append((time.perf_counter() - start) * 1000)
        return statistics.quantiles(took, n=TIMES)[-1]
