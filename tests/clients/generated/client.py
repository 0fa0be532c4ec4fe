"""Uses the generated Python client: logs in, changes a status, reads it back, and is told of a refusal.

Usage: PYTHONPATH=DIRECTORY python client.py BASE_URL, with the client in DIRECTORY.
"""
import sys

from openapi_client import Alteracao, ApiClient, Atendimento, CitrusApi, Configuration, Credenciais, LeiturasApi, Status
from openapi_client.exceptions import NotFoundException

PROTOCOLO = "20221104000001"

with ApiClient(Configuration(host=sys.argv[1])) as client:
    citrus, leituras = CitrusApi(client), LeiturasApi(client)
    token = citrus.login(Credenciais(login="user.api", senha="1234"))
    assert token.expires_in == 3600, token
    client.configuration.access_token = token.access_token

    finish = Alteracao(protocolo=PROTOCOLO, status=Status.FINALIZADO, comentario="Resolvido", visivelCliente="True")
    assert citrus.alterar_status(finish).message == "Atendimento atualizado com sucesso"
    dry_run = citrus.alterar_status(Alteracao(protocolo=PROTOCOLO, status=Status.FINALIZADO), simular=True)
    assert (dry_run.de, dry_run.motivo_status) == (Status.FINALIZADO, None), dry_run
    read = leituras.ler_status(PROTOCOLO)
    assert (read.protocolo, read.status) == (PROTOCOLO, Status.FINALIZADO), read
    latest = leituras.ler_historico(PROTOCOLO, limite=200).historico[-1]
    assert (latest.comentario.texto, latest.comentario.visivel_cliente) == ("Resolvido", True), latest

    more = Atendimento.from_dict({**read.to_dict(), "novo": [1]})
    assert more.status == Status.FINALIZADO, more
    try:
        citrus.alterar_status(Alteracao(protocolo="0", status=Status.ABERTO))
        raise AssertionError("there is no atendimento 0")
    except NotFoundException as refusal:
        assert refusal.data.message == "Atendimento não encontrado", refusal

print("logged in, changed a status, read it back")
