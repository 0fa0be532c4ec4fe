# The images that Dockerfile and docker-compose.yml name, for tests/docker/run, which sources this file.

# Sees to all of them. An engine that was there has its own, or can pull them. For one of ours they are made from
# Debian's packages and the installed toolchain, under the same names.
find_images() {
    local images image
    images=$(sed -n 's/^FROM \([^ ]*\).*/\1/p' Dockerfile
        sed -n 's/^ *image: \(.*:.*\)/\1/p' docker-compose.yml deploy/caddy/compose.yml)
    # Debian's first: the others of ours are made from it.
    for image in $(grep '^debian:' <<<"$images" | sort -u; grep -v '^debian:' <<<"$images" | sort -u); do
        if [ -z "${own_engine:-}" ]; then
            docker image inspect "$image" >/dev/null 2>&1 || docker pull --quiet "$image"
            continue
        fi
        case $image in
        debian:*-slim) make_debian "$image" ;;
        postgres:*) make_postgres "$image" ;;
        rust:*) make_rust "$image" ;;
        caddy:*) make_caddy "$image" ;;
        *) fail "tests/docker/images.sh does not know how to make $image" ;;
        esac
        echo "made $image"
    done
}

# As the official one: minimal, without documentation, and no service starts when it is installed.
make_debian() {
    local root=$scratch/root release=${1#debian:} archive
    release=${release%-slim}
    archive=$(mirror)
    debootstrap --variant=minbase "$release" "$root" "$archive" >"$scratch/debootstrap.log"
    rm -rf "$root"/usr/share/{doc,man,info,locale}/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    tar -C "$root" --numeric-owner -c . | docker import --change 'CMD ["bash"]' - "$1" >/dev/null
    rm -rf "$root"
}

# Debian's PostgreSQL, of another version, with an entrypoint that does what is needed of the official one's.
make_postgres() {
    mkdir "$scratch/postgres"
    cp tests/docker/postgres-entrypoint "$scratch/postgres/docker-entrypoint.sh"
    cat >"$scratch/postgres/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN groupadd --system --gid 999 postgres \
    && useradd --system --gid 999 --uid 999 --home-dir /var/lib/postgresql --shell /bin/bash postgres \
    && mkdir -p /etc/postgresql-common \
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
    && apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Options::=--force-confold postgresql gosu \
    && ln -s /usr/lib/postgresql/*/bin /usr/local/postgresql \
    && install -d -o 999 -g 999 -m 1777 /var/lib/postgresql/data
COPY docker-entrypoint.sh /usr/local/bin/
ENV PATH=/usr/local/postgresql:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 \
    PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
ENTRYPOINT ["docker-entrypoint.sh"]
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["postgres"]
DOCKERFILE
    stand_in "$1" "$scratch/postgres"
}

# The installed toolchain on Debian. By its settings the Dockerfile as written builds in a fraction of the time.
make_rust() {
    local context=$scratch/rust
    mkdir -p "$context"/{toolchain,authorities}
    cp -aL "$(rustc --print sysroot)"/{bin,lib} "$context/toolchain/"
    cp /usr/local/share/ca-certificates/*.crt "$context/authorities/" 2>/dev/null || :
    cat >"$context/config.toml" <<'CONFIG'
[profile.release]
lto = "off"
codegen-units = 16
opt-level = 0

[profile.release.package]
argon2 = { opt-level = 3 }
blake2 = { opt-level = 3 }
CONFIG
    cat >"$context/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends build-essential ca-certificates
COPY config.toml /usr/local/cargo/config.toml
COPY authorities /usr/local/share/ca-certificates
RUN update-ca-certificates
COPY toolchain /usr/local/rust
ENV PATH=/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    CARGO_HOME=/usr/local/cargo \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    CARGO_TERM_PROGRESS_WHEN=never
DOCKERFILE
    stand_in "$1" "$context"
}

# Debian's Caddy, set up as the official image is.
make_caddy() {
    mkdir "$scratch/caddy"
    cat >"$scratch/caddy/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends caddy ca-certificates libcap2-bin \
    && setcap cap_net_bind_service=+ep /usr/bin/caddy
ENV XDG_CONFIG_HOME=/config \
    XDG_DATA_HOME=/data
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
DOCKERFILE
    stand_in "$1" "$scratch/caddy"
}

# Builds image $1 in the folder $2, with the machine's own network, and removes the folder.
stand_in() {
    DOCKER_BUILDKIT=0 docker build --network host --tag "$1" "$2" >"$scratch/image.log" 2>&1 ||
        { cat "$scratch/image.log"; fail "$1 can't be made"; }
    rm -rf "$2"
}
