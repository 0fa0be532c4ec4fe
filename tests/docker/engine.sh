# A Docker engine and a Compose for tests/docker/run, which sources this file.

# Uses the engine that runs, or starts Debian's in $scratch. Sets `own_engine` to the process of one that it started.
find_engine() {
    if docker info >/dev/null 2>&1; then
        echo "the engine that runs: $(docker version --format '{{.Server.Version}}')"
        return
    fi
    local missing=()
    [ "$(id -u)" = 0 ] || missing+=("root's rights")
    for program in docker dockerd containerd ip iptables debootstrap; do
        command -v "$program" >/dev/null || missing+=("$program")
    done
    [ ${#missing[@]} = 0 ] || no_engine "$(printf '%s, ' "${missing[@]}" | sed 's/, $//') missing"
    iptables-save >"$scratch/iptables" 2>/dev/null || no_engine "iptables-save fails: the kernel or the rights for it are missing"
    ip link show docker0 >/dev/null 2>&1 || own_bridge=docker0
    # A socket of its own, so that nobody else uses this engine by mistake.
    export DOCKER_HOST=unix://$scratch/engine/socket
    mkdir "$scratch/engine"
    dockerd --host "$DOCKER_HOST" --data-root "$scratch/engine/data" --exec-root "$scratch/engine/exec" \
        --pidfile "$scratch/engine/pid" >"$scratch/engine/log" 2>&1 &
    own_engine=$!
    for _ in $(seq 120); do
        docker info >/dev/null 2>&1 && break
        kill -0 "$own_engine" 2>/dev/null || break
        sleep 0.5
    done
    docker info >/dev/null 2>&1 || no_engine "$(tail -n 5 "$scratch/engine/log")"
    echo "an engine of our own: $(docker version --format '{{.Server.Version}}')"
}

no_engine() {
    cat >&2 <<TEXT
tests/docker/run: no Docker engine runs here, and none can be started: $1
Run it where Docker runs, or as root on Debian with docker.io, iptables and debootstrap installed, outside of an
unprivileged container. .ci/run --without-containers goes on without this test, and says so.
TEXT
    exit 1
}

# Stops the engine that was started here, and puts the machine's network back as it was.
stop_engine() {
    [ -n "${own_engine:-}" ] || return 0
    kill "$own_engine" 2>/dev/null
    for _ in $(seq 120); do kill -0 "$own_engine" 2>/dev/null && sleep 0.5; done
    kill -KILL "$own_engine" 2>/dev/null
    wait "$own_engine" 2>/dev/null
    [ -z "${own_bridge:-}" ] || ip link delete "$own_bridge" 2>/dev/null
    # The engine leaves them behind.
    umount "$scratch"/engine/exec/netns/* 2>/dev/null
    # A table that had no rules is not in what was saved.
    {
        cat "$scratch/iptables"
        grep -q '^\*filter' "$scratch/iptables" || printf '*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n'
        grep -q '^\*nat' "$scratch/iptables" || printf '*nat\nCOMMIT\n'
    } | iptables-restore
}

# Sees to buildx, and to a Compose of version 2.24 or newer: the installed ones, else those of Debian's next release.
find_plugins() {
    local wanted=()
    docker buildx version >/dev/null 2>&1 || wanted+=(docker-buildx)
    printf '%s\n' 2.24 "$(docker compose version --short 2>/dev/null || echo 0)" | sort -CV || wanted+=(docker-compose)
    [ ${#wanted[@]} = 0 ] || take_plugins "${wanted[@]}"
    docker buildx version
    docker compose version
}

# Unpacks packages of Debian's next release, which need not be the machine's, as plugins of the docker program.
take_plugins() {
    local apt=$scratch/apt options archive
    archive=$(mirror)
    mkdir -p "$apt"/{state/lists/partial,cache/archives/partial} "$scratch/docker/cli-plugins"
    : >"$apt/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive trixie main" >"$apt/list"
    options=(-o "Dir::Etc::sourcelist=$apt/list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State=$apt/state"
        -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update -qq
    (cd "$apt" && apt-get "${options[@]}" download -qq "$@" && for package in *.deb; do dpkg -x "$package" x; done)
    install -m 755 "$apt"/x/usr/libexec/docker/cli-plugins/* "$scratch/docker/cli-plugins/"
    rm -rf "$apt"
    export DOCKER_CONFIG=$scratch/docker
}
