# A fresh Debian that systemd runs, for tests/release/run, which sources this file.

make_system() {
    root=$scratch/root
    debootstrap --variant=minbase --include=systemd-sysv,sudo,curl,jq bookworm "$root" "$(mirror)" >"$scratch/debootstrap.log" ||
        { tail -n 20 "$scratch/debootstrap.log"; return 1; }
    # Nobody is there to say yes.
    echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/90test"
    echo citrus-test >"$root/etc/hostname"
    echo '127.0.0.1 localhost citrus-test' >"$root/etc/hosts"
    mkdir "$root"/root/{first,second}
    cp "$scratch"/first/{*.deb,SHA256SUMS} "$root/root/first/"
    cp "$scratch"/second/*.deb "$root/root/second/"
    cat >"$root/etc/systemd/system/life.service" <<'UNIT'
[Unit]
SuccessAction=exit
FailureAction=exit

[Service]
Type=oneshot
ExecStart=/repo/tests/release/life
StandardOutput=append:/out/log
StandardError=append:/out/log
UNIT
}

# Starts it, with processes, mounts and a network of its own, and runs the steps of tests/release/life in there.
run_life() {
    mkdir "$scratch/out"
    : >"$scratch/out/log"
    tail --follow --pid $$ "$scratch/out/log" &
    # Without --register and with --keep-unit it needs no systemd on this machine.
    timeout 300 systemd-nspawn --quiet --boot --register=no --keep-unit --private-network --console=pipe \
        --directory="$scratch/root" --bind="$scratch/out:/out" --bind-ro="$repository:/repo" -- --unit=life.service \
        </dev/null >"$scratch/console" 2>&1 || :
    kill $!
    grep -q '^all passed' "$scratch/out/log" || { tail -n 40 "$scratch/console"; fail "the life of the package"; }
}
