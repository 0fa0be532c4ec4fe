# What the steps of tests/docker/run share; it sources this file.

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

# Takes the commands from the pages.
take_pages() {
    blocks docs/INSTALL.md "## Docker" install
    take_first_data
    blocks docs/DOCKER.md "## The image alone" alone
    blocks docs/DOCKER.md "## Secrets" secrets
    blocks docs/PROXIES.md "## Caddy" caddy
    blocks docs/DOCKER.md '### Change `jwt_secret`' rotation
    blocks docs/DOCKER.md "## A new major version of PostgreSQL" upgrade
    [ "$(ls "$scratch" | grep -c '^install-')" = 4 ] || fail "docs/INSTALL.md has other Docker commands than this test knows"
}

# Whether the server takes the token $1.
accepts() {
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$url/api/motivos" -H "Authorization: Bearer $1")" = 200 ]
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
