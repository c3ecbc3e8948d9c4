#!/usr/bin/env bash
# cluster.sh PROGRAM [ARGUMENT...]: runs a program on one of two Ray nodes that are two hosts as far as they can tell: each has
# network, processes, mounts and /dev/shm of its own, and a wire (eth0) leads from one to the other. Everything that the two
# need lives in namespaces without names and in memory: it is gone with their last process, however this ends, and any number
# of such clusters run side by side.
#
# The program finds the cluster by RAY_ADDRESS; its own node offers the resource host_a, the other one host_b. Its exit code
# is this one's. "cluster.sh --check" only tries whether namespaces are permitted. 77: they are not.
set -euo pipefail
here=$(readlink -f "${BASH_SOURCE[0]}")
# shellcheck source=scripts/common.sh
source "$(dirname "$here")/common.sh"

not_permitted=77
# Seconds in which a Ray node has to be there: it takes two on an idle machine.
patience=90
head=10.77.0.1 other=10.77.0.2 port=6390
isolate=(unshare --mount --net --pid --fork --kill-child --mount-proc)

# Everything the hosts are made of, once.
trial='mount -t tmpfs tmpfs /dev/shm && ip link add eth0 type veth peer name eth1 &&
    unshare --mount --net --pid --fork --mount-proc mount -t sysfs sysfs /sys'

# What makes namespaces here, in `isolate`: root's rights, or those of a user namespace.
choose_isolation() {
    local tool why
    for tool in unshare nsenter setpriv ip; do
        command -v "$tool" >/dev/null || die "$tool is missing: Debian's packages util-linux and iproute2 have it"
    done
    "${isolate[@]}" sh -c "$trial" >/dev/null 2>&1 && return
    isolate+=(--user --map-root-user)
    why=$("${isolate[@]}" sh -c "$trial" 2>&1) && return
    printf 'cluster.sh: namespaces are not permitted here: %s\n' "$(head -n 1 <<<"$why")" >&2
    exit "$not_permitted"
}

# Outside: the namespaces' first process is killed on every way out, and all others with it. Where this shell itself is killed,
# the kernel does the same.
outside() {
    local namespaces='' status=0
    # A group of its own, so that Ctrl-C reaches this shell alone, and nothing within ignores it as background jobs do.
    set -m
    # unshare complains when what it ran was killed; what runs within has the standard error.
    setpriv --pdeathsig KILL "${isolate[@]}" "$here" --inside "$@" </dev/null 3>&2 2>/dev/null &
    namespaces=$!
    set +m
    # shellcheck disable=SC2064
    trap "end $namespaces; exit 130" INT
    # shellcheck disable=SC2064
    trap "end $namespaces; exit 143" TERM HUP
    wait "$namespaces" || status=$?
    exit "$status"
}

# end PID: kills what unshare runs, and waits until unshare has seen the last of it.
end() {
    local first
    trap '' INT TERM HUP
    first=$(cat "/proc/$1/task/$1/children" 2>/dev/null || true)
    # Unquoted: the kernel writes a blank behind the number.
    # shellcheck disable=SC2086
    kill -KILL ${first:-$1} 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# make_host NAME: a host that waits; its first process collects what is left behind by others. Says that process's id.
make_host() {
    local outer inner=
    "${nested[@]}" bash -c 'mount -t tmpfs -o size=3g tmpfs /dev/shm && mkdir -m 1777 /dev/shm/tmp &&
        mount -t sysfs sysfs /sys && ip link set lo up && touch /dev/shm/tmp/ready && { sleep infinity & wait; }' >&2 &
    outer=$!
    for _ in $(seq 600); do
        inner=$(tr -d ' ' <"/proc/$outer/task/$outer/children") || die "no host $1 came up"
        if [ -n "$inner" ] && [ -e "/proc/$inner/root/dev/shm/tmp/ready" ]; then
            printf '%s\n' "$inner"
            return
        fi
        sleep 0.05
    done
    die "no host $1 came up within 30 s"
}

# on PID COMMAND...: runs a command on a host, in the directory of this one, which nsenter leaves.
on() { nsenter --target "$1" --mount --net --pid -- env --chdir="$PWD" "${@:2}"; }

# start_ray PID NAME OPTION...: a Ray node on a host. What Ray writes is shown when it fails only.
start_ray() {
    local log
    log=$(on "$1" timeout --kill-after=5 "$patience" "$venv/bin/ray" start --num-cpus=2 --resources="{\"host_$2\": 1000}" \
        --object-store-memory=600000000 --disable-usage-stats --temp-dir=/dev/shm/ray "${@:3}" 2>&1) ||
        die "Ray did not start on host $2 within $patience s: $log"
}

inside() {
    local a b
    exec 2>&3 3>&-
    nested=(unshare --mount --net --pid --fork --kill-child --mount-proc)
    a=$(make_host a)
    b=$(make_host b)
    ip link add eth0 netns "$a" type veth peer name eth0 netns "$b"
    on "$a" ip addr add "$head/24" dev eth0
    on "$b" ip addr add "$other/24" dev eth0
    on "$a" ip link set eth0 up
    on "$b" ip link set eth0 up
    # What the caller's environment says of Ray is of another cluster.
    unset "${!RAY_@}" "${!DISHTAYANTRA_RAY_@}"
    # Nobody else is on that wire, and nothing of this is reported to anybody. Ray demands tokens once it finds one.
    export RAY_AUTH_MODE=disabled RAY_USAGE_STATS_ENABLED=0 TMPDIR=/dev/shm/tmp
    # Actors take no CPU of the scheduler's, and start side by side.
    export RAY_worker_maximum_startup_concurrency=8
    start_ray "$a" a --head --node-ip-address="$head" --port="$port" --include-dashboard=false
    start_ray "$b" b --address="$head:$port" --node-ip-address="$other"
    export RAY_ADDRESS="$head:$port"
    local status=0
    on "$a" "$@" || status=$?
    exit "$status"
}

case ${1:-} in
"") die "usage: cluster.sh PROGRAM [ARGUMENT...]" ;;
--check) choose_isolation ;;
--inside) inside "${@:2}" ;;
*)
    choose_isolation
    outside "$@"
    ;;
esac
