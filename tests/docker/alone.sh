# The image alone, for tests/docker/run, which sources this file.

inside=(docker exec -i citrus-status citrus-status)

is_healthy() {
    [ "$(docker inspect -f '{{.State.Health.Status}}' citrus-status)" = healthy ]
}

forget_alone() {
    docker rm -f -v citrus-status
    docker volume rm -f citrus-data
}

# The page's last block, and the first data.
start_alone() {
    run_block install-04
    eventually 60 is_healthy
    done="nivel criar Empresa" provision "${inside[@]}"
    change 20221104000001 Finalizado
    [ "$(status_of 20221104000001 "${inside[@]}")" = Finalizado ]
}

keep_alone() {
    docker kill -s KILL citrus-status
    docker start citrus-status
    eventually 30 ready
    [ "$(status_of 20221104000001 "${inside[@]}")" = Finalizado ]
    change 20221104000002 Aberto
    stops_within 9 citrus-status docker stop citrus-status
    docker rm -v citrus-status
    head -n 1 "$scratch/install-04" | bash -ex
    eventually 30 ready
    [ "$(status_of 20221104000002 "${inside[@]}")" = Aberto ]
    # The modes that docs/HARDENING.md promises.
    docker exec citrus-status sh -euxc 'cd /data; for file in citrus-status.db citrus-status.db-wal jwt-secret; do
        test "$(stat -c "%a %u" "$file")" = "600 65532"; done'
    ! docker logs citrus-status 2>&1 | grep WARN || fail "it warns"
    docker rm -f citrus-status
}

# On the volume of the step before.
harden_alone() {
    run_block alone-01
    eventually 30 is_healthy
    change 20221104000002 "Em atendimento"
    has_no_rights docker exec citrus-status
    [ "$(docker inspect -f '{{.RestartCount}} {{.State.OOMKilled}}' citrus-status)" = "0 false" ]
    stops_within 9 citrus-status docker stop citrus-status
    forget_alone
}

run_as_another_user() {
    install -d -m 700 -o 4242 -g 4243 "$scratch/host"
    docker run -d --name citrus-status --user 4242:4243 --read-only -p 127.0.0.1:8080:8080 \
        -v "$scratch/host:/data" citrus-status
    eventually 60 is_healthy
    [ "$(stat -c '%a %u:%g' "$scratch/host/citrus-status.db")" = "600 4242:4243" ]
    stops_within 9 citrus-status docker stop citrus-status
    forget_alone
}

run_in_little_memory() {
    docker run -d --name citrus-status --memory 64m -e LOGIN_CONCURRENCY=1 -e TRANSIT_MEMORY_MIB=8 \
        -p 127.0.0.1:8080:8080 -v citrus-data:/data citrus-status
    eventually 60 ready
    "${inside[@]}" nivel criar Empresa
    "${inside[@]}" perfil criar Integração --root
    printf %s segredo-de-teste | "${inside[@]}" usuario criar user.script --perfil Integração --senha-stdin
    python3 "$here/clients.py" logins 8080 user.script segredo-de-teste 40 | tee "$scratch/logins"
    grep -qE '^200:[0-9]+( 503:[0-9]+)?$' "$scratch/logins" || fail "logins have other outcomes"
    [ "$(docker inspect -f '{{.RestartCount}} {{.State.OOMKilled}} {{.State.Running}}' citrus-status)" = "0 false true" ]
    echo "NOTE 40 logins at once: $(cat "$scratch/logins")"
    forget_alone
}

open_connections() {
    docker run -d --name citrus-status --ulimit nofile=1024:20000 -p 127.0.0.1:8080:8080 citrus-status
    eventually 60 ready
    [ "$(docker exec citrus-status awk '/^Max open files/ { print $4, $5 }' /proc/1/limits)" = "20000 20000" ]
    (ulimit -n 4096; [ "$(python3 "$here/clients.py" connections 8080 1500)" = 1500 ])
    docker rm -f -v citrus-status
    docker run -d --name citrus-status --ulimit nofile=1024:2048 -p 127.0.0.1:8080:8080 citrus-status
    eventually 60 ready
    docker logs citrus-status >"$scratch/log" 2>&1
    contains "$scratch/log" "MAX_CONNECTIONS needs more open files" limit=2048
    docker rm -f -v citrus-status
}

# Runs it with the options given in $1 and the command in the rest: it has to fail with $code, and the last line of
# its log has to have all of $wanted, which are separated by |.
refuses() {
    local options=$1 got=0 part
    shift
    timeout 60 docker run --rm $options citrus-status "$@" >"$scratch/log" 2>&1 || got=$?
    cat "$scratch/log"
    [ "$got" = "$code" ] || fail "exit code $got instead of $code"
    tail -n 1 "$scratch/log" >"$scratch/last"
    IFS='|' read -ra parts <<<"$wanted"
    contains "$scratch/last" "${parts[@]}"
}

refuse_unwritable_data() {
    install -d -m 755 -o 0 -g 0 "$scratch/roots"
    docker volume create citrus-data
    local code=1 wanted
    wanted='can'"'"'t be written: /data|Permission denied|user 65532|chown -R 65532'
    refuses "-v $scratch/roots:/data"
    refuses "--tmpfs /data:mode=755"
    wanted='can'"'"'t be written: /data|Permission denied|user 4242|chown -R 4242'
    refuses "--user 4242 -v citrus-data:/data"
    wanted='can'"'"'t be written: /data|Read-only file system|user 65532|mount it so that it can be written'
    refuses "-v citrus-data:/data:ro"
    wanted='can'"'"'t be written: /data|Permission denied'
    refuses "-v $scratch/roots:/data" nivel criar Empresa
    refuses "-v $scratch/roots:/data" demo
    docker volume rm citrus-data
}

# A server that runs loses the right to write.
notice_read_only_data() {
    docker run -d --name citrus-status -p 127.0.0.1:8080:8080 -v citrus-data:/data citrus-status
    eventually 60 ready
    docker kill -s KILL citrus-status
    docker rm citrus-status
    # With the files that the killed one left, SQLite opens the database to read.
    docker run -d --name citrus-status -p 127.0.0.1:8080:8080 -v citrus-data:/data:ro citrus-status
    eventually 30 curl -s -o /dev/null "$url/health/live"
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$url/health/ready")" = 503 ]
    ! docker exec citrus-status citrus-status probe || fail "the probe finds it ready"
    docker logs citrus-status
    forget_alone
}

refuse_wrong_settings() {
    local code=2 wanted='correct the settings|citrus-status config check'
    refuses "-e JWT_SECERT=x"
    contains "$scratch/log" "did you mean JWT_SECRET?"
    refuses "-e JWT_SECRET=short"
    contains "$scratch/log" "JWT_SECRET has 5 bytes and needs 32"
    refuses "-e DATABASE_URL=postgres://citrus@192.0.2.1/citrus"
    contains "$scratch/log" "JWT_SECRET is required with PostgreSQL"
    refuses "-e DATABASE_PASSWORD=x"
    contains "$scratch/log" "DATABASE_PASSWORD is for PostgreSQL"
    wanted='For more information, try'
    refuses "" serve --bnid x
    code=1 wanted="choose another with --bind"
    refuses "" serve --bind 192.0.2.1:9
}
