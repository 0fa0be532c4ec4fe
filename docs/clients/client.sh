#!/usr/bin/env bash
# Changes the status of an atendimento: client.sh PROTOCOLO STATUS [MOTIVO] [COMENTARIO]
# HELPDESK_URL, HELPDESK_LOGIN and HELPDESK_SENHA say where, and as whom. Needs curl and jq.
set -euo pipefail
(($# >= 2)) || { echo 'usage: client.sh PROTOCOLO STATUS [MOTIVO] [COMENTARIO]' >&2; exit 2; }

attempts=5
url=${HELPDESK_URL%/}
protocolo=$1 status=$2 motivo=${3:-} comentario=${4:-}
encoded=$(jq -rn --arg text "$protocolo" '$text | @uri')
token=
answer=$(mktemp)
trap 'rm -f "$answer" "$answer.head"' EXIT

# Sends standard input, if any, by curl with the arguments given, again where there is no answer or the
# server says "not now". Sets `code`. Neither senha nor token is in an argument, where `ps` would show it.
send() {
    local attempt body pause after
    body=$(cat)
    for ((attempt = 1; ; attempt++)); do
        : >"$answer" >"$answer.head"
        code=$(curl -sS --connect-timeout 5 --max-time 35 -o "$answer" -D "$answer.head" -w '%{http_code}' \
            -H 'Accept: application/problem+json' -H @<([ -z "$token" ] || printf 'Authorization: Bearer %s' "$token") \
            ${body:+-H 'Content-Type: application/json' --data-binary @-} "$@" <<<"$body") || code=000
        case $code in 000 | 408 | 409 | 502 | 503 | 504) ((attempt < attempts)) || return 0 ;; *) return 0 ;; esac
        pause=$((1 << (attempt - 1)))
        after=$(sed -n 's/^retry-after: *\([0-9]\{1,9\}\)\r*$/\1/Ip' "$answer.head")
        ((10#${after:-0} <= pause)) || pause=$after
        sleep "$pause.$((RANDOM % 10))"
    done
}

# Ends the script where the answer is none that was asked for.
accepted() {
    [ "$code" = 200 ] && return
    echo "not done: $code $(jq -r '"\(.code): \(.message)"' "$answer" 2>/dev/null)" >&2
    exit 1
}

log_in() {
    token=
    send "$url/api/usuario/login" < <(jq -n '{login: env.HELPDESK_LOGIN, senha: env.HELPDESK_SENHA}')
    accepted
    token=$(jq -er .accessToken "$answer" 2>/dev/null) || { echo 'not done: the login was answered without a token' >&2; exit 1; }
}

# Sends a request with the token. Logs in where there is none, and once more where it is not accepted.
call() {
    local body
    body=$(cat)
    [ -n "$token" ] || log_in
    send "$@" <<<"$body"
    if [ "$code" = 401 ]; then
        log_in
        send "$@" <<<"$body"
    fi
    accepted
}

call "$url/api/motivos" </dev/null
jq -r '"motivos: " + (.motivos | join(", "))' "$answer"

call "$url/api/atendimentos/$encoded/transicoes" </dev/null
jq -r '"transitions: " + ([.transicoes[] | .para + if .motivoObrigatorio then " (motivo)" else "" end] | join(", "))' "$answer"

# A new key for each change: it is made once, however often it has to be sent.
key=$(uuidgen 2>/dev/null || cat /proc/sys/kernel/random/uuid)
call "$url/api/atendimentos/status" -H "Idempotency-Key: $key" < <(
    jq -n --arg protocolo "$protocolo" --arg status "$status" --arg motivo "$motivo" --arg comentario "$comentario" \
        '{$protocolo, $status, motivoStatus: $motivo} + if $comentario == "" then {} else {$comentario, visivelCliente: "False"} end')
jq -r .message "$answer"

call "$url/api/atendimentos/status?protocolo=$encoded" </dev/null
jq -r '"status: " + .status' "$answer"
