"""The status change as FastAPI and asyncpg are usually used: a pool, one transaction a request. See ../README.md."""

import contextlib
import os
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any

import asyncpg
import jwt
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

STATUSES = ["aberto", "em atendimento", "cancelado", "improcedente", "finalizado"]
BAD_SIGNATURE = ("JWT signature does not match locally computed signature. "
                 "JWT validity cannot be asserted and should not be trusted.")

# asyncpg prepares each statement once a connection.
USUARIO = """
    SELECT u.id, u.ativo, u.geracao,
           EXISTS (SELECT FROM concessao c WHERE c.perfil_id = p.id AND c.permissao = 'alterar-status')
           AND (p.nivel_id IS NULL OR EXISTS
               (SELECT FROM liberacao l WHERE l.nivel_id = p.nivel_id AND l.permissao = 'alterar-status')) AS permitido
    FROM usuario u JOIN perfil p ON p.id = u.perfil_id
    WHERE u.id = $1"""
ATENDIMENTO = "SELECT id, status, revisao FROM atendimento WHERE protocolo = $1 FOR UPDATE"
MOTIVO = "SELECT id FROM motivo WHERE chave = $1 AND ativo"
UPDATE = "UPDATE atendimento SET status = $2, revisao = $3, atualizado_em = now() WHERE id = $1"
INSERT = """
    INSERT INTO historico (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
    VALUES ($1, $2, now(), $3, $4, $5, $6, $7, $8)"""


class Refusal(Exception):
    def __init__(self, status, message):
        self.status, self.message = status, message


class Change(BaseModel):
    """The types are judged by hand: the API's texts and their order are its own."""
    protocolo: Any = None
    status: Any = None
    motivoStatus: Any = None
    comentario: Any = None
    visivelCliente: Any = None


@contextlib.asynccontextmanager
async def lifespan(app):
    size = int(os.environ["POOL"])
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=size, max_size=size) as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.exception_handler(Refusal)
async def refused(_, refusal):
    return JSONResponse({"message": refusal.message}, refusal.status)


@app.exception_handler(RequestValidationError)
async def unreadable(_, error):
    before = error.body[:error.errors()[0]["loc"][1]].split("\n")
    place = f"linha {len(before)}, coluna {len(before[-1].encode()) + 1}"
    return JSONResponse({"message": f"Corpo da requisição inválido: JSON malformado na {place}"}, 400)


async def verified(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]):
    """The claims of the token."""
    if credentials is None:
        raise Refusal(401, "Token is missing")
    token, secret = credentials.credentials, os.environ["JWT_SECRET"]
    try:
        return jwt.decode(token, secret, ["HS256"], issuer="citrus-status", audience="citrus-status")
    except jwt.ExpiredSignatureError:
        raise Refusal(401, expired(jwt.decode(token, options={"verify_signature": False})["exp"]))
    except jwt.InvalidTokenError:
        raise Refusal(401, BAD_SIGNATURE)


def expired(exp):
    at, now = datetime.fromtimestamp(exp, UTC), datetime.now(UTC)
    return (f"JWT expired at {at:%FT%TZ}. Current time: {now:%FT%TZ}, a difference of "
            f"{int((now - at).total_seconds() * 1000)} milliseconds.  Allowed clock skew: 0 milliseconds.")


@app.post("/api/atendimentos/status")
async def change(body: Change, claims: Annotated[dict, Depends(verified)], request: Request) -> JSONResponse:
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        usuario = await connection.fetchrow(USUARIO, int(claims["sub"]))
        if not usuario or not usuario["ativo"] or str(usuario["geracao"]) != claims["jti"].split(".")[0]:
            raise Refusal(401, "Token revogado")
        if not usuario["permitido"]:
            raise Refusal(403, "Acess denied")

        protocolo, status, motivo, comentario, visivel = read(body)
        atendimento = await connection.fetchrow(ATENDIMENTO, protocolo)
        if not atendimento:
            raise Refusal(404, "Atendimento não encontrado")
        if status not in STATUSES:
            raise Refusal(404, "Status não encontrado")
        id, de, revisao = atendimento
        para = STATUSES.index(status) + 1
        motivo_id = await connection.fetchval(MOTIVO, motivo) if motivo else None
        if para in (3, 4) or de == 5 and para != 5:
            required("motivoStatus", motivo)
            if not motivo_id:
                raise Refusal(404, "Motivo não encontrado")

        await connection.execute(UPDATE, id, para, revisao + 1)
        await connection.execute(INSERT, id, revisao + 1, de, para, motivo_id, usuario["id"], comentario, visivel)
    return JSONResponse({"message": "Atendimento atualizado com sucesso"})


def read(body):
    if isinstance(body.protocolo, float) or isinstance(body.protocolo, int) and body.protocolo < 0:
        raise Refusal(400, "protocolo – valor inválido, envie como texto")
    protocolo = required("protocolo", text("protocolo", body.protocolo, 64)).strip()
    status = required("status", text("status", body.status, 255)).strip().lower()
    motivo = text("motivoStatus", body.motivoStatus, 255)
    motivo = motivo and unicodedata.normalize("NFC", motivo.strip()).casefold()
    comentario = text("comentario", body.comentario, 20_000)
    visivel = text("visivelCliente", body.visivelCliente, 255)
    visivel = visivel and visivel.strip().lower()
    if visivel not in (None, "true", "1", "false", "0"):
        raise Refusal(400, "visivelCliente – valor inválido")
    if not comentario:
        return protocolo, status, motivo, None, None
    return protocolo, status, motivo, comentario, required("visivelCliente", visivel) in ("true", "1")


def text(name, value, longest):
    """The text of a field, unless it is missing or blank."""
    if value is None:
        return None
    if isinstance(value, list | dict):
        raise Refusal(400, f"{name} – valor inválido")
    value = str(value)
    if len(value) > longest or "\0" in value:
        raise Refusal(400, f"{name} – valor inválido")
    return value if value.strip() else None


def required(name, value):
    if value is None:
        raise Refusal(400, f"{name} – esse campo é obrigatório")
    return value
