# The container parts of docs/MIGRATE.md, for tests/docker/run, which sources this file.

# What the page has for containers: the setting, what makes the file readable, and what mounts it.
take_migration() {
    grep '^DIALECT_FILE=' docs/MIGRATE.md >"$scratch/dialect-setting"
    grep -o '`chmod [^`]* dialeto.toml`' docs/MIGRATE.md | tr -d '`' >"$scratch/dialect-readable"
    grep -oE '`-[ve] [^`]*`' docs/MIGRATE.md | tr -d '`' | paste -sd ' ' >"$scratch/dialect-options"
    awk '/^```yaml/{ inside = 1; next } /^```/{ inside = 0 } inside' docs/MIGRATE.md >"$scratch/dialect-override"
    contains "$scratch/dialect-options" -v DIALECT_FILE=
    # As `conferir --gravar` leaves it: for its owner alone.
    (umask 077 && printf '[erro]\ncorpo = "{\\"erro\\":\\"<texto>\\"}"\n' >dialeto.toml)
}

speaks_dialect() {
    [ "$(curl -s "$url/api/motivos")" = '{"erro":"Token is missing"}' ]
}

speak_dialect_alone() {
    take_migration
    head -n 1 "$scratch/install-04" | sed "s|docker run -d|docker run $(sed 's/[&|]/\\&/g' "$scratch/dialect-options")|" \
        >"$scratch/dialect-alone"
    ! timeout 60 bash -ex "$scratch/dialect-alone" >"$scratch/log" 2>&1 || fail "it reads a file of its owner alone"
    contains "$scratch/log" dialeto.toml 'Permission denied'
    docker rm -f citrus-status
    run_block dialect-readable
    sed -i 's/docker run/docker run -d/' "$scratch/dialect-alone"
    run_block dialect-alone
    eventually 60 is_healthy
    speaks_dialect
    forget_alone
}

speak_dialect_in_compose() {
    cp "$scratch/dialect-setting" .env
    cp "$scratch/dialect-override" docker-compose.override.yml
    docker compose up -d --wait
    speaks_dialect
    # And the file is not the container's to change.
    ! docker compose exec -T server sh -c 'echo >>/etc/citrus-status/dialeto.toml' || fail "it can be written to"
    docker compose down
    rm .env docker-compose.override.yml dialeto.toml
}
