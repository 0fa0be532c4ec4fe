# The image and the demo, for tests/docker/run, which sources this file.

# The first line of the page's first block.
build_image() {
    [ "$(head -n 1 "$scratch/install-01")" = "docker build -t citrus-status ." ]
    export BUILDKIT_PROGRESS=plain
    head -n 1 "$scratch/install-01" | bash -ex >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log"; return 1; }
    ! grep -E 'warning: (missing|unused|`citrus-status)' "$scratch/build.log" || fail "the build warns"
}

# The dependencies' layer does not depend on our code, nor on the commit.
rebuild_image() {
    # An engine that was there may have the layers of an earlier run.
    echo "// changed by $$" >>src/lib.rs
    echo >>docs/openapi.json
    BUILDKIT_PROGRESS=plain docker build --build-arg REVISION=0123abc -t citrus-status . >"$scratch/build.log" 2>&1 ||
        { cat "$scratch/build.log"; return 1; }
    [ "$(grep -oE 'Compiling [^ ]+' "$scratch/build.log" | sort -u)" = "Compiling citrus-status" ] ||
        { grep Compiling "$scratch/build.log"; fail "a change of src/ compiles dependencies again"; }
}

look_into_image() {
    local config=$scratch/config labels base
    docker image inspect citrus-status >"$config"
    jq -e '.[0].Config | .User == "65532:65532" and (.Volumes | has("/data")) and
        .Entrypoint == ["/usr/local/bin/citrus-status"] and .Cmd == ["serve"] and (.ExposedPorts | has("8080/tcp")) and
        .Healthcheck.Test == ["CMD", "/usr/local/bin/citrus-status", "probe"]' "$config"
    labels=$(jq '.[0].Config.Labels' "$config")
    for label in title description version revision licenses base.name; do
        jq -e --arg name "org.opencontainers.image.$label" 'has($name)' <<<"$labels"
    done
    [ "$(docker run --rm citrus-status --version)" = \
        "citrus-status $(jq -r '."org.opencontainers.image.version"' <<<"$labels")" ]
    [ "$(jq -r '."org.opencontainers.image.revision"' <<<"$labels")" = 0123abc ]
    docker run --rm citrus-status diagnostico | grep -x 'commit: 0123abc'
    docker run --rm --entrypoint sh citrus-status -euxc '
        cd /usr/share/doc/citrus-status
        grep -q "Permission is hereby granted" LICENSE-MIT
        grep -q "Apache License" LICENSE-APACHE
        tar -tzf licences-of-dependencies.tar.gz | grep -q "^sqlx-core-.*/LICENSE-MIT"
        ! test -e /.env
        test "$(stat -c "%a %u:%g" /data)" = "700 65532:65532"
        test "$(id -u):$(id -g)" = 65532:65532
        ldd /usr/local/bin/citrus-status'
    base=$(docker image inspect -f '{{.Size}}' debian:bookworm-slim)
    echo "NOTE $((($(jq '.[0].Size' "$config") - base) / 1000000)) MB more than debian:bookworm-slim"
}

# Runs the page's first block as in a terminal, and follows what the demo prints.
run_demo() {
    local out=$scratch/demo.out demo
    docker volume ls -q >"$scratch/volumes"
    bash -ec "exec $(sed -n 2p "$scratch/install-01")" >"$out" 2>"$scratch/demo.err" &
    demo=$!
    eventually 60 grep -q '^Ctrl-C stops it' "$out"
    cat "$out"
    contains "$out" "citrus-status demo on $url" "The passwords are PUBLIC" "publish the port on this machine alone"
    ! grep -F 0.0.0.0 "$out" || fail "a hint has an address that is none"
    curl -sf -o /dev/null "$url/docs/"
    sed -n -e '/^TOKEN=/p' -e '/^curl .*atendimentos\/status/p' -e '/atendimento mostrar/p' "$out" >"$scratch/printed"
    [ "$(wc -l <"$scratch/printed")" = 3 ]
    bash -ex "$scratch/printed" | tee "$scratch/record"
    contains "$scratch/record" '{"message":"Atendimento atualizado com sucesso"}' 'status     Finalizado' 'history: 1'
    kill -INT "$demo"
    wait "$demo"
    docker volume ls -q | diff "$scratch/volumes" - || fail "the demo leaves a volume behind"
}
