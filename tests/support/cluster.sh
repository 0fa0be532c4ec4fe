#!/bin/sh
# Runs a throw-away PostgreSQL cluster until standard input ends.
# Usage: cluster.sh BINDIR PORT; prints "ready" once it answers.
set -eu
bindir=$1 port=$2
dir=$(mktemp -d)
as_owner() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    chown postgres "$dir"
    as_owner() { runuser -u postgres -- "$@"; }
fi
cleanup() {
    as_owner "$bindir/pg_ctl" -D "$dir" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap cleanup EXIT
cd "$dir"
as_owner "$bindir/initdb" -D "$dir" -U postgres -A trust -E UTF8 --no-sync >/dev/null
as_owner "$bindir/pg_ctl" -D "$dir" -w -l "$dir/log" \
    -o "-h 127.0.0.1 -p $port -k $dir -c fsync=off" start >/dev/null
echo ready
cat >/dev/null
