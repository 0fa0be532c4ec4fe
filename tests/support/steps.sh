# What the scripts in tests/ and .ci/quick-start share; they source this file, and make the folder $scratch.

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

# The shell blocks under the heading $2 of page $1, one file each: $scratch/$3-01 and so on.
blocks() {
    awk -v section="$2" -v name="$scratch/$3" '/^##/{ inside = ($0 == section) }
         inside && /^```sh/{ n++; block = sprintf("%s-%02d", name, n); next }
         /^```/{ block = ""; next }
         block { print > block }' "$1"
    [ -e "$scratch/$3-01" ] || fail "$1 has no commands under $2"
}

# Takes the commands of "First data" from the page, and its files into the working directory.
take_first_data() {
    blocks docs/INSTALL.md "## First data" data
    awk '/^```csv/{ inside = 1; next } /^```/{ inside = 0 } inside' docs/INSTALL.md >atendimentos.csv
    awk '/^```json/{ inside = 1; next } /^```/{ inside = 0 } inside' docs/INSTALL.md >atendimentos.ndjson
}

# Runs a block of a page as an operator's shell does.
run_block() {
    bash -ex "$scratch/$1"
}

# Runs the commands of "First data" with "$@" in front, which goes to where the server is: those that match the
# expression $done have been run. The password comes by standard input, and so does the file, which is not there.
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

# Prints the address of the Debian archive that this machine uses.
mirror() {
    apt-get indextargets --format '$(SITE) $(CODENAME)' | awk '$2 == "bookworm" { print $1; exit }' | grep . ||
        fail "apt of this machine knows no archive of Debian bookworm, from which the missing parts could come"
}
