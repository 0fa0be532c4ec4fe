# What the steps of tests/docker/run share; it sources this file.

# Runs the rest as a step called $1, and keeps what it says unless it fails.
step() {
    local name=$1 began=$SECONDS code
    shift
    set +e
    (set -e; "$@") >"$scratch/step.log" 2>&1
    code=$?
    set -e
    if [ "$code" != 0 ]; then
        cat "$scratch/step.log"
        echo "FAIL  $name"
        exit 1
    fi
    printf 'ok %4d s  %s%s\n' $((SECONDS - began)) "$name" "$(sed -n 's/^NOTE / - /p' "$scratch/step.log")"
}

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# Fails unless file $1 contains each of the other arguments.
contains() {
    local file=$1 part
    shift
    for part; do grep -qF -- "$part" "$file" || { cat "$file"; fail "\"$part\" is missing"; }; done
}

# Repeats a command, quietly, until it succeeds, for up to $1 seconds.
eventually() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || fail "not within its time: $*"
        sleep 0.2
    done
}

# An engine that was there may have somebody's things, which are not ours to remove.
refuse_foreign_names() {
    [ -z "${own_engine:-}" ] || return 0
    local found
    found=$(
        docker ps -aq --filter 'name=citrus-status'
        docker images -q citrus-status
        docker volume ls -q | grep -E '^citrus-(data|status_)' || :
    )
    [ -n "$found" ] || return 0
    fail "this engine has something called citrus-status or citrus-data; remove it first: $found"
}

# Removes what the steps may have left, and on an engine that was there the image, too.
remove_all() {
    docker rm -f -v citrus-status >/dev/null 2>&1
    docker volume rm -f citrus-data >/dev/null 2>&1
    [ ! -d "${work:-}" ] || (cd "$work" && docker compose down --volumes --remove-orphans >/dev/null 2>&1)
    # compose.sh renames the volume on the way.
    docker volume rm -f citrus-status_db citrus-status_moved citrus-status_caddy >/dev/null 2>&1
    [ -n "${own_engine:-}" ] || docker rmi -f citrus-status >/dev/null 2>&1
}

# The shell blocks under the heading $2 of page $1, one file each: $scratch/$3-01 and so on.
blocks() {
    awk -v section="$2" -v name="$scratch/$3" '/^##/{ inside = ($0 == section) }
         inside && /^```sh/{ n++; block = sprintf("%s-%02d", name, n); next }
         /^```/{ block = ""; next }
         block { print > block }' "$1"
    [ -e "$scratch/$3-01" ] || fail "$1 has no commands under $2"
}

# Takes the commands from the pages.
take_pages() {
    blocks docs/INSTALL.md "## Docker" install
    blocks docs/INSTALL.md "## First data" data
    blocks docs/DOCKER.md "## The image alone" alone
    blocks docs/DOCKER.md "## Secrets" secrets
    blocks docs/PROXIES.md "## Caddy" caddy
    blocks docs/DOCKER.md '### Change `jwt_secret`' rotation
    blocks docs/DOCKER.md "## A new major version of PostgreSQL" upgrade
    [ "$(ls "$scratch" | grep -c '^install-')" = 4 ] || fail "docs/INSTALL.md has other Docker commands than this test knows"
    awk '/^```csv/{ inside = 1; next } /^```/{ inside = 0 } inside' docs/INSTALL.md >atendimentos.csv
    awk '/^```json/{ inside = 1; next } /^```/{ inside = 0 } inside' docs/INSTALL.md >atendimentos.ndjson
}

# Runs a block of a page as an operator's shell does.
run_block() {
    bash -ex "$scratch/$1"
}

# Runs the commands of "First data" with "$@" in front, which goes into the container: those that match the expression
# $done have been run. The password comes by standard input, and so does the file, which is not in the container.
provision() {
    local SENHA=segredo-de-teste
    sed -e '/usuario criar user.api/d' -e "/^citrus-status $done$/d" \
        -e 's/importar atendimentos.csv\(.*\)/importar -\1 < atendimentos.csv/' "$scratch"/data-* >"$scratch/data"
    eval "citrus-status() { $(printf '%q ' "$@") \"\$@\"; }"
    export SENHA
    set -x
    . "$scratch/data"
    set +x
}

url=http://127.0.0.1:8080

ready() {
    curl -sf -m 5 -o /dev/null "$url/health/ready"
}

token() {
    curl -sf "$url/api/usuario/login" -d '{"login": "user.script", "senha": "segredo-de-teste"}' "$@" |
        jq -er .accessToken
}

# Whether the server takes the token $1.
accepts() {
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$url/api/motivos" -H "Authorization: Bearer $1")" = 200 ]
}

# Changes the status of the atendimento $1 to $2.
change() {
    local answer
    answer=$(curl -s "$url/api/atendimentos/status" -H "Authorization: Bearer $(token)" \
        -d "{\"protocolo\": \"$1\", \"status\": \"$2\"}")
    [ "$answer" = '{"message":"Atendimento atualizado com sucesso"}' ] || fail "the change of $1 got $answer"
}

# The status of the atendimento $1, as `"$@"` (the rest) prints it.
status_of() {
    local protocolo=$1
    shift
    "$@" atendimento mostrar "$protocolo" --json | jq -er .status
}

# Checks that the server, in which "$@" runs commands, can gain no right, and write to /data alone.
has_no_rights() {
    "$@" sh -euxc 'grep -E "^(CapEff|CapBnd|NoNewPrivs):" /proc/1/status | tr -d "\n\t"' >"$scratch/rights"
    [ "$(cat "$scratch/rights")" = CapEff:0000000000000000CapBnd:0000000000000000NoNewPrivs:1 ]
    ! "$@" touch /x || fail "its file system can be written to"
    ! "$@" touch /tmp/x || fail "its /tmp can be written to"
}

# Stops by the command given, which has to take less than $1 seconds; then container $2 has to have exited with 0.
stops_within() {
    local most=$1 container=$2 began=$SECONDS
    shift 2
    "$@"
    [ $((SECONDS - began)) -lt "$most" ] || fail "the stop took $((SECONDS - began)) s"
    [ "$(docker inspect -f '{{.State.ExitCode}}' "$container")" = 0 ] || fail "it did not exit with 0"
}
