# A fresh Debian that systemd runs, for tests/release/run, which sources this file.

make_system() {
    local root=$scratch/root
    debootstrap --variant=minbase --include=systemd-sysv,sudo,curl,jq bookworm "$root" "$(mirror)" >"$scratch/debootstrap.log" ||
        { tail -n 20 "$scratch/debootstrap.log"; return 1; }
    # Nobody is there to say yes.
    echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/90test"
    echo citrus-test >"$root/etc/hostname"
    echo '127.0.0.1 localhost citrus-test' >"$root/etc/hosts"
    mkdir "$root"/root/{first,second}
    cp "$scratch"/first/{*.deb,SHA256SUMS} "$root/root/first/"
    cp "$scratch"/second/*.deb "$root/root/second/"
}
