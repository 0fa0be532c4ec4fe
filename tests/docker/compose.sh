# Compose with PostgreSQL, for tests/docker/run, which sources this file.

in_server=(docker compose exec -T server citrus-status)

id_of() {
    docker compose ps -aq "$1"
}

name_missing_secret() {
    # Neither secrets nor .env, and yet it can be taken down.
    docker compose down
    ! docker compose up -d --wait 2>"$scratch/err" || fail "it started without secrets"
    contains "$scratch/err" secrets/ # Compose names the first that is missing.
    docker compose down --volumes
    docker compose config --quiet 2>"$scratch/err"
    [ ! -s "$scratch/err" ] || { cat "$scratch/err"; fail "Compose warns"; }
}

# The page's blocks for Compose, and the first data.
start_compose() {
    run_block install-02
    cp -r secrets "$scratch/secrets-before"
    ! head -n 1 "$scratch/install-02" | bash -ex || fail "the command for secrets succeeds twice"
    diff -r secrets "$scratch/secrets-before"
    [ "$(stat -c %a secrets secrets/* | tr '\n' ' ')" = "700 644 644 644 " ]
    # exec wants a terminal for its first line, as an operator has one.
    script -qec "bash -ex $scratch/install-03" /dev/null
    done='\(nivel criar Empresa\|.*importar atendimentos.csv.*\)' provision "${in_server[@]}"
    change 20221104000001 Finalizado
    [ "$(status_of 20221104000001 "${in_server[@]}")" = Finalizado ]
}

look_into_compose() {
    docker inspect "$(id_of server)" >"$scratch/config"
    ! grep -F -f secrets/postgres_password -f secrets/jwt_secret "$scratch/config" || fail "a secret is in the environment"
    ! grep POSTGRES_PASSWORD "$scratch/config" || fail "the server gets POSTGRES_PASSWORD"
    jq -e '.[0].HostConfig | .Memory == 536870912 and .ReadonlyRootfs and .CapDrop == ["ALL"] and
        .SecurityOpt == ["no-new-privileges:true"] and .RestartPolicy.Name == "unless-stopped" and
        .LogConfig == {"Type": "local", "Config": {"max-file": "5", "max-size": "20m"}} and
        .PortBindings == {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}' "$scratch/config"
    has_no_rights docker compose exec -T server
    docker inspect "$(id_of db)" >"$scratch/config"
    jq -e '.[0].HostConfig | .PortBindings == {} and .LogConfig.Type == "local"' "$scratch/config"
    docker compose logs server >"$scratch/log"
    ! grep -F -f secrets/postgres_password -f secrets/jwt_secret "$scratch/log" || fail "a secret is in the log"
    [ "$("${in_server[@]}" config check | awk '$1 == "LOGIN_CONCURRENCY" { print $2 }')" = 2 ]
}

tell_clients_apart() {
    token -H 'X-Forwarded-For: 203.0.113.7'
    token
    docker compose logs --tail 20 server >"$scratch/log"
    contains "$scratch/log" 203.0.113.7 172.30.80.1
}

restart_database() {
    local load changed=$scratch/acknowledged protocolos
    "${in_server[@]}" atendimento criar 20221104000011 --status Aberto
    "${in_server[@]}" atendimento criar 20221104000012 --status Aberto
    protocolos=(20221104000002 20221104000003 20221104000011 20221104000012)
    python3 "$here/clients.py" load 8080 user.script segredo-de-teste "${protocolos[@]}" >"$changed" 2>"$scratch/load" &
    load=$!
    eventually 30 grep -q under-way "$scratch/load"
    docker compose restart db
    eventually 60 grep -q again "$scratch/load"
    # Once more, without a farewell.
    docker kill -s KILL "$(id_of db)"
    docker compose start db
    eventually 60 ready
    change 20221104000099 Aberto
    kill "$load"
    wait "$load"
    cat "$scratch/load"
    "${in_server[@]}" historico listar --json | jq -r '.. | .texto? // empty' | sort >"$scratch/stored"
    sort "$changed" | comm -23 - "$scratch/stored" >"$scratch/lost"
    [ ! -s "$scratch/lost" ] || { cat "$scratch/lost"; fail "acknowledged changes are lost"; }
    # Each has a comment of its own.
    [ -z "$(uniq -d "$scratch/stored")" ] || fail "a change was made twice"
    [ "$(docker inspect -f '{{.RestartCount}}' "$(id_of server)")" = 0 ] || fail "the server was restarted"
    echo "NOTE $(tail -n 1 "$scratch/load"); lost: 0"
}

stop_compose() {
    stops_within 9 "$(id_of server)" docker compose stop server
}

keep_compose() {
    docker volume ls -q >"$scratch/volumes"
    docker compose down
    docker compose up -d --wait
    [ "$(status_of 20221104000001 "${in_server[@]}")" = Finalizado ]
    docker compose down
    docker compose up -d --wait
    docker volume ls -q | diff "$scratch/volumes" - || fail "each start leaves a volume behind"
    # Without secrets and .env, too.
    mv secrets "$scratch/kept"
    docker compose down
    mv "$scratch/kept" secrets
}

publish_elsewhere() {
    printf 'CITRUS_PUBLISH=127.0.0.1:18080\nCITRUS_NETWORK=172.30.81\nLOG_FORMAT=json\n' >.env
    docker compose up -d --wait
    curl -sf http://127.0.0.1:18080/health/ready
    ! curl -s http://127.0.0.1:8080/health/live || fail "the other port is open, too"
    docker compose exec -T server citrus-status config check | grep -E '^TRUSTED_PROXIES +172\.30\.81\.1 '
    docker logs --tail 1 "$(id_of server)" 2>&1 | jq -e .level
    docker compose down
    rm .env
}

# docs/PROXIES.md, with a name that Caddy signs itself, and another port.
serve_behind_caddy() {
    local url=https://localhost:18443 both=(docker compose -f docker-compose.yml -f deploy/caddy/compose.yml)
    ! "${both[@]}" config --quiet 2>"$scratch/err" || fail "it starts without a domain"
    contains "$scratch/err" CITRUS_DOMAIN 'the name that clients use'
    echo CITRUS_HTTPS=127.0.0.1:18443 >.env
    sed -i 's/citrus\.example\.com/localhost/' "$scratch/caddy-02"
    run_block caddy-02
    # It has no authority for its certificate but its own.
    echo insecure >"$scratch/.curlrc"
    export CURL_HOME=$scratch
    eventually 30 ready
    token -H 'X-Forwarded-For: 203.0.113.9'
    "${both[@]}" logs server >"$scratch/log"
    contains "$scratch/log" 'from=172.30.80.1'
    ! grep -F 203.0.113.9 "$scratch/log" || fail "a client chooses its address"
    ! curl -s http://127.0.0.1:8080/health/live || fail "the server can be reached without Caddy"
    change 20221104000099 'Em atendimento'
    # While the server is started anew, requests wait. Those with a body need a newer Caddy than Debian's.
    "${both[@]}" restart server &
    for _ in $(seq 50); do ready; done
    wait $!
    "${both[@]}" down
    docker volume rm citrus-status_caddy
    rm .env
}

# Starts with what is wrong now: that fails, and the log's end has all the arguments.
fails_to_start() {
    local code=0
    timeout 120 docker compose up -d --wait || code=$?
    [ "$code" = 1 ] || fail "exit code $code"
    docker compose logs --no-log-prefix --tail 5 server >"$scratch/log"
    docker compose down
    contains "$scratch/log" "$@"
}

fail_visibly() {
    cp secrets/postgres_password "$scratch/password"
    echo another >secrets/postgres_password
    fails_to_start 'password authentication failed' 'check DATABASE_URL and DATABASE_PASSWORD'
    cp "$scratch/password" secrets/postgres_password
    cp secrets/jwt_secret "$scratch/password"
    echo short >secrets/jwt_secret
    fails_to_start 'JWT_SECRET has 5 bytes and needs 32' 'correct the settings'
    cp "$scratch/password" secrets/jwt_secret
    echo LOG_LEVLE=debug >.env
    fails_to_start 'LOG_LEVLE is not a setting; did you mean LOG_LEVEL?' 'correct the settings'
    rm .env
}

# docs/DOCKER.md, "Secrets".
change_password() {
    docker compose up -d --wait
    run_block secrets-01
    eventually 30 ready
    docker compose down
    docker compose up -d --wait
}

# docs/DOCKER.md, "Change jwt_secret".
rotate_secret() {
    local old new
    old=$(token)
    run_block rotation-01
    eventually 30 ready
    new=$(token)
    accepts "$old" && accepts "$new"
    run_block rotation-02
    eventually 30 ready
    accepts "$new"
    ! accepts "$old" || fail "a token of the old secret is still accepted"
}

# docs/DOCKER.md, "A new major version of PostgreSQL", to the same version.
move_to_another_postgres() {
    run_block upgrade-01
    sed -i -e 's#- db:/var#- moved:/var#' -e '/^volumes:/,$s#^  db:#  moved:#' docker-compose.yml
    run_block upgrade-02
    [ "$(status_of 20221104000001 "${in_server[@]}")" = Finalizado ]
    docker compose down --volumes
}
