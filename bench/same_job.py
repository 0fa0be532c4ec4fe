"""Whether a peer does the same job: the same answers to the same requests, and the same rows."""

import base64
import concurrent.futures
import hashlib
import hmac
import http.client
import json
import re
import time

import lab

GOOD = {"protocolo": str(lab.FIRST), "status": "Finalizado", "motivoStatus": "Duplicado",
        "comentario": "Cliente avisado por telefone, sem retorno.", "visivelCliente": "True"}
WITHOUT = object()
# Changes of one atendimento at the same time.
AT_ONCE = 50


class SameJob:
    """The answers of our own server, and the comparison of others with them."""

    def __init__(self, here, ours):
        self.here = here
        self.requests = requests(here, ours)
        self.expected = self.answers(ours)
        for (case, code, _, _), (status, body, _) in zip(self.requests, self.expected):
            if status != code:
                raise SystemExit(f"{case}: our own server has to answer {code}, and answers {status} {body}")
        self.check_lock(ours)

    def answers(self, server):
        """For each request: the status code, the body, and then the atendimento with its last change."""
        self.here.sql(f"UPDATE atendimento SET status = 1 WHERE protocolo = '{lab.FIRST}'")
        before = int(self.here.sql(f"SELECT revisao FROM atendimento WHERE protocolo = '{lab.FIRST}'"))
        written = f"""
            SELECT concat_ws(', ', 'status ' || a.status, 'revisao +' || a.revisao - {before}, 'de ' || h.de,
                             'para ' || h.para, 'motivo ' || h.motivo_id, 'usuario ' || h.usuario_id,
                             'comentario ' || h.comentario, 'visivel ' || h.visivel_cliente,
                             CASE WHEN h.em IS DISTINCT FROM a.atualizado_em THEN 'other time' END)
            FROM atendimento a LEFT JOIN historico h ON h.atendimento_id = a.id AND h.revisao = a.revisao
            WHERE protocolo = '{lab.FIRST}'"""
        return [(*ask(server, token, body), self.here.sql(written)) for _, _, token, body in self.requests]

    def compare(self, peer):
        """Stops the run where `peer` differs from ours."""
        for (case, *_), ours, theirs in zip(self.requests, self.expected, self.answers(peer)):
            if ours != theirs:
                show = lambda answer: "{} {} [{:.300}]".format(*answer)
                raise SystemExit(f"{peer.name} does another job. The request: {case}\n  ours: {show(ours)}\n"
                                 f"  {peer.name}: {show(theirs)}")
        self.check_lock(peer)

    def check_lock(self, server):
        """Stops the run unless changes at the same time wait for each other."""
        token = self.requests[0][2]
        revisao = int(self.here.sql(f"SELECT revisao FROM atendimento WHERE protocolo = '{lab.FIRST}'"))
        statuses = ["Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado"]
        bodies = [json.dumps(GOOD | {"status": statuses[number % 5]}) for number in range(AT_ONCE)]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
            answers = list(threads.map(lambda body: ask(server, token, body), bodies))
        # Each has to find the status that the one before has left.
        written = self.here.sql(f"""
            SELECT count(*), count(*) FILTER (WHERE de = before), max(revisao) FROM (
                SELECT h.*, lag(para) OVER (ORDER BY h.revisao) AS before
                FROM historico h JOIN atendimento a ON a.id = h.atendimento_id
                WHERE protocolo = '{lab.FIRST}' AND h.revisao >= {revisao}) AS changes""")
        expected = f"{AT_ONCE + 1}|{AT_ONCE}|{revisao + AT_ONCE}"
        if {status for status, _ in answers} != {200} or written != expected:
            raise SystemExit(f"{server.name} does not keep {AT_ONCE} changes at the same time apart: rows, chained and "
                             f"last revisao have to be {expected} and are {written}; {answers[0]}")


def requests(here, ours):
    """What is asked: a name, the status code that the contract has for it, the token, and the body."""
    token, other, former = ours.token(), ours.token("other"), ours.token("former")
    here.cli("postgres", "usuario", "desativar", "former")
    time.sleep(1.1)  # Until every server notices, by the contract.
    head, claims, signature = token.split(".")
    broken = ".".join([head, claims, signature[:9] + ("A" if signature[9] != "A" else "B") + signature[10:]])

    def good(**change):
        members = {name: value for name, value in (GOOD | change).items() if value is not WITHOUT}
        return json.dumps(members, ensure_ascii=False)

    return [
        ("a good change", 200, token, good()),
        ("no token", 401, None, good()),
        ("a token with a bad signature", 401, broken, good()),
        ("an expired token", 401, signed(token, exp=int(time.time()) - 60), good()),
        ("a token for another audience", 401, signed(token, aud="others"), good()),
        ("a token of another issuer", 401, signed(token, iss="others"), good()),
        ("a token of a deactivated user", 401, former, good()),
        ("a user without the permission", 403, other, good()),
        ("broken JSON", 400, token, good().replace(", ", " ", 1)),
        ("no protocolo", 400, token, good(protocolo=WITHOUT)),
        ("a malformed protocolo", 400, token, good(protocolo=1.5)),
        ("a protocolo that is too long", 400, token, good(protocolo="1" * 65)),
        ("an unknown protocolo", 404, token, good(protocolo="20221103000001")),
        ("a blank status", 400, token, good(status=" ")),
        ("an unknown status", 404, token, good(status="Fechado")),
        ("a reopening without a motivo", 400, token, good(status="Aberto", motivoStatus=" ")),
        ("an unknown motivo", 404, token, good(status="Cancelado", motivoStatus="Outro")),
        ("a comment that is too long", 400, token, good(comentario="é" * 20_001)),
        ("a comment of the greatest length", 200, token, good(comentario="é" * 20_000)),
        ("a comment without visivelCliente", 400, token, good(visivelCliente=WITHOUT)),
        ("a bad visivelCliente", 400, token, good(visivelCliente="talvez")),
        ("a blank comment", 200, token, good(comentario=" \n")),
        ("a visivelCliente of 0", 200, token, good(visivelCliente=0)),
        ("a visivelCliente of true", 200, token, good(visivelCliente=True)),
        ("a protocolo that is a number", 200, token, good(protocolo=lab.FIRST, status=" EM atendimento ")),
    ]


def signed(token, **change):
    """A token of ours with other claims, signed with our secret."""
    head, claims, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(claims + "==")) | change
    text = lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")
    message = head + "." + text(json.dumps(claims).encode())
    return message + "." + text(hmac.digest(lab.JWT_SECRET.encode(), message.encode(), hashlib.sha256))


def ask(server, token, body):
    connection = http.client.HTTPConnection(server.address, timeout=30)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    connection.request("POST", "/api/atendimentos/status", body.encode(), headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    # The time of the answer differs, and it alone.
    text = re.sub(r"Current time: [0-9TZ:-]{20}, a difference of \d+", "Current time: …, a difference of …", text)
    return response.status, text
