# The image and the demo, for tests/docker/run, which sources this file.

# A text in files that no image may have, and in two that have to show that it would be found: one that the build
# reads, and one that the image has.
canary=canary-$RANDOM-$RANDOM
kept_out=(.env .env.production secrets/jwt_secret target/release/canary .git/canary data/canary src/.env src/secrets/key)
let_in=(src/canary.txt LICENSE-MIT)

plant_canaries() {
    local file
    for file in "${kept_out[@]}" "${let_in[@]}"; do
        mkdir -p "$(dirname "$file")"
        echo "$canary" >>"$file"
    done
}

remove_canaries() {
    rm -rf "${kept_out[@]}" secrets target .git data src/secrets src/canary.txt
    sed -i "/^$canary$/d" LICENSE-MIT
}

# The names of the files in the archive $1 that have the canary.
with_canary() {
    mkdir "$scratch/unpacked"
    tar -x -m -f "$1" -C "$scratch/unpacked"
    (cd "$scratch/unpacked" && grep -rlF "$canary" . | LC_ALL=C sort)
    rm -rf "$scratch/unpacked" "$1"
}

# What the builder gets, and what the image has.
find_canaries() {
    printf 'FROM scratch\nCOPY . /\n' | docker build --output "type=tar,dest=$scratch/context.tar" -f - .
    [ "$(with_canary "$scratch/context.tar")" = "$(printf './%s\n' "${let_in[@]}" | LC_ALL=C sort)" ] ||
        fail "the build context has what it should not have, or lacks what it should have"
    docker create --name citrus-status citrus-status
    docker export --output "$scratch/image.tar" citrus-status
    docker rm citrus-status
    [ "$(with_canary "$scratch/image.tar")" = ./usr/share/doc/citrus-status/LICENSE-MIT ] ||
        fail "the image has what it should not have, or lacks what it should have"
    remove_canaries
}

# The first line of the page's first block.
build_image() {
    [ "$(head -n 1 "$scratch/install-01")" = "docker build -t citrus-status ." ]
    plant_canaries
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
