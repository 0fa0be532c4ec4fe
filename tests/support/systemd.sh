# A systemd in a container, for tests/systemd/run and tests/release/run, which source this file and steps.sh.

# Boots the system in the folder $1, lets it run the script $2 of the repository as root, and prints what that says. It
# has processes, mounts and a network of its own. The rest are more options of systemd-nspawn.
boot() {
    local root=$1 script=$2 follower
    shift 2
    cat >"$root/etc/systemd/system/steps.service" <<UNIT
[Unit]
SuccessAction=exit
FailureAction=exit

[Service]
Type=oneshot
ExecStart=/repo/$script
StandardOutput=append:/out/log
StandardError=append:/out/log
UNIT
    mkdir "$scratch/out"
    : >"$scratch/out/log"
    # It ends when its standard input does, and so does what follows the log.
    coproc UNTIL { exec cat; }
    tail --follow --sleep-interval=0.1 --pid="$UNTIL_PID" "$scratch/out/log" &
    follower=$!
    # Without --register and with --keep-unit it needs no systemd on this machine.
    timeout 300 systemd-nspawn --quiet --boot --register=no --keep-unit --private-network --console=pipe \
        --machine=citrus-status-steps --directory="$root" --bind="$scratch/out:/out" --bind-ro="$PWD:/repo" "$@" \
        -- --unit=steps.service </dev/null >"$scratch/console" 2>&1 || :
    exec {UNTIL[1]}>&-
    wait "$follower"
    grep -q '^all passed' "$scratch/out/log" || { tail -n 40 "$scratch/console"; fail "$script"; }
}
