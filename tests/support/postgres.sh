# PostgreSQL for the scripts in tests/, which source this file from the root of the repository.

# Sets `server` to the URL of a database in which databases can be made: TEST_DATABASE_URL, else a server on
# 127.0.0.1:5432, else a throw-away cluster from installed binaries, which `leave_postgres` ends.
find_postgres() {
    local port bin
    server=${TEST_DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}
    if [ -n "${TEST_DATABASE_URL:-}" ] || psql -Xqwc '' "$server" 2>/dev/null; then return; fi
    bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    [ -x "$bin/initdb" ] || { echo "no PostgreSQL: no TEST_DATABASE_URL, no server on 127.0.0.1:5432, no initdb" >&2; exit 1; }
    port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # It ends when its standard input does.
    coproc CLUSTER { exec sh tests/support/cluster.sh "$bin" "$port" fsync=off; }
    cluster=$CLUSTER_PID
    read -r -u "${CLUSTER[0]}"
    server=postgres://postgres@127.0.0.1:$port/postgres
}

# Makes an empty database called $1 on it, and sets `database` to its URL.
make_database() {
    find_postgres
    made=$1
    psql -Xqwc "CREATE DATABASE $made ENCODING 'UTF8' TEMPLATE template0" "$server"
    local address=${server%%\?*}
    database=${address%/*}/$made${server#"$address"}
}

# Drops that database, if there is one.
drop_database() {
    [ -z "${made:-}" ] || psql -Xqwc "DROP DATABASE IF EXISTS $made WITH (FORCE)" "$server"
    made=
}

# Drops it, and ends the cluster, if one was started.
leave_postgres() {
    drop_database || true
    [ -n "${cluster:-}" ] || return 0
    exec {CLUSTER[1]}>&-
    wait "$cluster" || true
}
