#!/usr/bin/env bash
# Install what a line needs and the machine lacks: system packages, Python environment, Asterisk, voices.
# Run by `make run`, `make call`, `make test`; does nothing in a fraction of a second when nothing is missing.
#
#   scripts/setup.sh [--with-tests] [--with-bench] [--print-state-dir]
#
# Own choices, by environment:
#   YULIA_PYTHON                Python to use (3.11 or newer)
#   YULIA_LINE__STATE_DIR       state folder
#   YULIA_ASTERISK__PROGRAM, YULIA_ASTERISK__ROOT_DIR, YULIA_ASTERISK__EXTERNAL=true    an Asterisk of your own
#   YULIA_REDIS__URL            a Redis of your own
#   YULIA_DEBIAN_MIRROR         Debian mirror that the private Asterisk is fetched from
set -uo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$checkout" || exit 1
PATH=$PATH:/usr/sbin:/sbin
oldest_asterisk=18
service_user=${YULIA_LINE__SERVICE_USER:-yulia}
with_tests=false
with_bench=false
asked_for_state_dir=false

for argument in "$@"; do
    case $argument in
        --with-tests) with_tests=true ;;
        --with-bench) with_bench=true ;;
        --print-state-dir) asked_for_state_dir=true ;;
        *) echo "setup.sh: unknown option $argument" >&2; exit 2 ;;
    esac
done

# ---- where the state lies (the same rule as default_state_dir in ivr/line/state.py) ----

reachable_by_others() {
    local folder=$1
    while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
    while :; do
        (( 8#$(stat -c %a "$folder") & 1 )) || return 1
        [ "$folder" = / ] && return 0
        folder=$(dirname "$folder")
    done
}

default_state=$checkout/.yulia
if [ "$EUID" = 0 ] && ! reachable_by_others "$checkout"; then
    digest=$(printf %s "$checkout" | sha256sum)
    default_state=/var/lib/yulia/$(basename "$checkout")-${digest:0:8}
fi
state=${YULIA_LINE__STATE_DIR:-$default_state}
if $asked_for_state_dir; then
    echo "$state"
    exit 0
fi
root_dir=${YULIA_ASTERISK__ROOT_DIR:-$default_state/asterisk-root}
stamps=$default_state/setup
log=$default_state/setup/setup.log

# ---- what is missing ----

# The system's Python first: a pyenv shim earlier in PATH may stand for a version that is not there.
find_python() {
    local candidate
    for candidate in ${YULIA_PYTHON:-} /usr/bin/python3 python3.14 python3.13 python3.12 python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

asterisk_of_the_machine() {
    local program version
    program=$(command -v asterisk) || return 1
    version=$("$program" -V 2>/dev/null | grep -oE '[0-9]+' | head -n 1)
    [ "${version:-0}" -ge "$oldest_asterisk" ] && echo "$program"
}

needs_asterisk() {
    [ "${YULIA_ASTERISK__EXTERNAL:-false}" != true ] && [ -z "${YULIA_ASTERISK__PROGRAM:-}" ] &&
        [ ! -e "$root_dir/usr/sbin/asterisk" ] &&
        { [ -n "${YULIA_ASTERISK__ROOT_DIR:-}" ] || ! asterisk_of_the_machine >/dev/null; }
}

missing_packages() {
    local python
    if python=$(find_python); then
        "$python" -c 'import venv, ensurepip' 2>/dev/null || echo python3-venv
    else
        echo python3 python3-venv
    fi
    [ -n "${YULIA_REDIS__URL:-}" ] || command -v redis-server >/dev/null || echo redis-server
    command -v espeak-ng >/dev/null || echo espeak-ng
    ldconfig -p | grep 'libespeak-ng\.so\.1' >/dev/null || echo libespeak-ng1
    command -v setpriv >/dev/null || echo util-linux
    [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
    if needs_asterisk; then command -v mmdebstrap >/dev/null || echo mmdebstrap debian-archive-keyring; fi
}

missing_test_packages() {
    $with_tests || return 0
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null || echo postgresql
    command -v sipp >/dev/null || echo sip-tester
    command -v tcpdump >/dev/null || echo tcpdump
    command -v fstcompile >/dev/null || echo libfst-tools
}

missing_bench_packages() {
    $with_bench || return 0
    command -v ffmpeg >/dev/null || echo ffmpeg
}

requirement_files() {
    echo requirements/runtime.txt
    if $with_tests; then echo requirements/dev.txt; fi
}

# What the Python environment must have been made from to be left alone.
environment_digest() {
    { printf '%s\n' "$checkout"; .venv/bin/python --version; cat $(requirement_files); } 2>/dev/null | sha256sum
}

environment_stamp() { if $with_tests; then echo .venv/.yulia-tests; else echo .venv/.yulia-runtime; fi; }

python_is_ready() {
    local digest
    digest=$(environment_digest)
    [ -x .venv/bin/yulia ] || return 1
    [ "$(cat "$(environment_stamp)" 2>/dev/null)" = "$digest" ]
}

voices_are_settled() {
    [ -f scripts/rhvoice.sh ] || return 0
    ( . scripts/rhvoice.sh; rhvoice_present "$default_state/rhvoice" ) ||
        # A failure is tried again the next day: the line works without this voice.
        [ "$(cat "$stamps/voices-failed" 2>/dev/null)" = "$(date +%F)" ]
}

# ---- the steps ----

as_root() { if [ "$EUID" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

apt_install() {
    local options=(-y --no-install-recommends -o DPkg::Lock::Timeout=120)
    compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null || as_root apt-get update || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" && return
    # Lists may be older than what the mirror holds.
    as_root apt-get update || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@"
}

# Services that come with packages are not started, now or at boot: a line runs servers of its own.
without_services() {
    local policy=/usr/sbin/policy-rc.d guarded=false result=0 unit
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null && as_root chmod 755 $policy
        guarded=true
    fi
    "$@" || result=$?
    if $guarded; then as_root rm -f $policy; fi
    if [ -d /run/systemd/system ]; then
        for unit in redis-server postgresql; do
            [[ " $* " == *" $unit "* ]] && as_root systemctl disable "$unit" 2>/dev/null
        done
    fi
    return $result
}

install_packages() { without_services apt_install $packages; }
install_test_packages() { without_services apt_install $test_packages; }
install_bench_packages() { without_services apt_install $bench_packages; }

# One that was made for this place: commands in an environment that was moved point to the old one.
environment_is_usable() {
    .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' &&
        head -n 1 .venv/bin/pip | grep -qF "$checkout/.venv/bin/"
}

make_environment() {
    local python
    python=$(find_python) || { echo "no Python 3.11 or newer: Debian 12 and later have one"; return 1; }
    if ! environment_is_usable; then
        rm -rf .venv
        "$python" -m venv .venv || return
    fi
    .venv/bin/python -m pip install --no-input --progress-bar off --require-hashes \
        $(requirement_files | sed 's/^/-r /') || return
    install_command || return
    environment_digest > "$(environment_stamp)"
}

# The checkout itself is what runs: a path file and a launcher, so that nothing has to be built.
install_command() {
    local packages
    packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') || return
    printf '%s\n' "$checkout" > "$packages/yulia-checkout.pth"
    cat > .venv/bin/yulia <<'LAUNCHER'
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python" -P -c 'import sys; sys.argv[0] = "yulia"; from ivr.cli import main; sys.exit(main())' "$@"
LAUNCHER
    chmod 755 .venv/bin/yulia
}

bootstrap() {
    # No manuals and translations: 65 MB less. Licences stay.
    as_root_or_self mmdebstrap --variant=apt --components=main "$@" \
        --include=asterisk,asterisk-core-sounds-ru-wav \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        sid "$root_dir.new" ${YULIA_DEBIAN_MIRROR:-}
}

as_root_or_self() { if [ "$EUID" = 0 ] || ! sudo -n true 2>/dev/null; then "$@"; else sudo -n "$@"; fi; }

build_asterisk() {
    local try=$stamps/asterisk.log
    mkdir -p "$(dirname "$root_dir")"
    as_root_or_self rm -rf --one-file-system "$root_dir.new"
    if ! bootstrap > "$try" 2>&1; then
        cat "$try"
        grep -qiE 'release file .*(expired|no longer valid|is not valid)|valid-until' "$try" || return 1
        echo "the mirror's release file is out of date: trying again without that check"
        touch "$stamps/stale-mirror"
        as_root_or_self rm -rf --one-file-system "$root_dir.new"
        bootstrap --aptopt='Acquire::Check-Valid-Until "false"' || return
    else
        cat "$try"
    fi
    as_root_or_self chown -R "$(id -u):$(id -g)" "$root_dir.new" || return
    chmod 755 "$root_dir.new"
    mv -T "$root_dir.new" "$root_dir"
}

add_user() { useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$service_user"; }

install_voices() { . scripts/rhvoice.sh; install_rhvoice "$default_state/rhvoice" 120; }

# ---- running them ----

total=0
number=0
job=
remarks=()

on_terminal() { [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; }

stopped() {
    [ -n "$job" ] && kill -TERM -- "-$job" 2>/dev/null
    echo; echo "Set-up stopped. What was finished is kept; run it again to go on."
    exit 130
}

# run_step TITLE FUNCTION: with a spinner on a terminal; answers whether it went well.
run_step() {
    local title=$1 began=$SECONDS result=0 turn=0 frames='|/-\'
    number=$((number + 1))
    printf '\n==== %s (%s)\n' "$title" "$(date '+%F %T')" >> "$log"
    on_terminal || printf '  [%d/%d] %s ...\n' "$number" "$total" "$title"
    set -m
    ( "$2" ) >> "$log" 2>&1 < /dev/null &
    job=$!
    set +m
    while on_terminal && kill -0 "$job" 2>/dev/null; do
        printf '\r  [%d/%d] %s %s (%d s) ' "$number" "$total" "${frames:turn++%4:1}" "$title" $((SECONDS - began))
        sleep 0.2
    done
    wait "$job" || result=$?
    job=
    on_terminal && printf '\r\033[K'
    if [ $result = 0 ]; then
        printf '  [%d/%d] done: %s (%d s)\n' "$number" "$total" "$title" $((SECONDS - began))
    else
        printf '  [%d/%d] FAILED: %s (%d s)\n' "$number" "$total" "$title" $((SECONDS - began))
    fi
    return $result
}

# required TITLE FUNCTION ADVICE
required() {
    run_step "$1" "$2" && return
    {
        echo
        echo "Set-up failed at \"$1\". Last lines of $log:"
        tail -n 15 "$log" | sed 's/^/    /'
        echo "How to mend it: $3"
    } >&2
    exit 1
}

# optional TITLE FUNCTION COST
optional() {
    run_step "$1" "$2" && return
    remarks+=("$1 did not succeed (see $log): $3")
    return 1
}

packages=$(missing_packages | tr '\n' ' ')
test_packages=$(missing_test_packages | tr '\n' ' ')
bench_packages=$(missing_bench_packages | tr '\n' ' ')
steps=()
[ -n "${packages// /}" ] && steps+=(packages)
[ -n "${test_packages// /}" ] && steps+=(test_packages)
[ -n "${bench_packages// /}" ] && steps+=(bench_packages)
python_is_ready || steps+=(python)
needs_asterisk && steps+=(asterisk)
[ "$EUID" = 0 ] && ! id "$service_user" >/dev/null 2>&1 && steps+=(user)
voices_are_settled || steps+=(voices)
total=${#steps[@]}
[ "$total" = 0 ] && exit 0

mkdir -p "$stamps" || exit 1
[ "$EUID" = 0 ] && chmod 711 "$default_state"
exec 9> "$stamps/lock"
if ! flock -n 9; then
    echo "Another set-up is running here; waiting for it."
    flock 9
    exec "$0" "$@" 9>&-
fi
echo "Setting up Yulia in $checkout (everything it writes: .venv and $default_state)"
[ "$default_state" = "$checkout/.yulia" ] ||
    echo "  The state folder is not in the checkout: user $service_user, whom Asterisk and Redis run as, cannot get there."
trap stopped INT TERM
: > "$log"
if [ "$EUID" != 0 ] && [[ " ${steps[*]} " == *packages* || " ${steps[*]} " == *" asterisk "* ]]; then
    # Asked in the foreground; the steps themselves have no terminal.
    if ! command -v sudo >/dev/null || ! sudo -v; then
        if [ -n "${packages// /}" ]; then
            echo "These packages are missing and need an administrator: apt-get install $packages" >&2
            exit 1
        fi
    fi
fi

for step in "${steps[@]}"; do
    case $step in
        packages)
            required "System packages: ${packages% }" install_packages \
                "see that apt-get works (network, mirror), or install by hand: apt-get install $packages" ;;
        test_packages)
            optional "Packages for tests: ${test_packages% }" install_test_packages \
                "without PostgreSQL its contract tests do not run; without sipp (sip-tester) there is no bench" ;;
        bench_packages)
            optional "Packages for benches: ${bench_packages% }" install_bench_packages \
                "make bench-asr needs ffmpeg for codecs and recordings" ;;
        python)
            required "Python environment (.venv)" make_environment \
                "see that the Python package index is reached; YULIA_PYTHON names another Python (3.11 or newer)" ;;
        asterisk)
            required "Asterisk in a private root folder" build_asterisk \
                "see that the Debian mirror is reached (YULIA_DEBIAN_MIRROR names another), or install Asterisk >= $oldest_asterisk, or name yours in YULIA_ASTERISK__PROGRAM" ;;
        user)
            required "User $service_user, without rights, for Asterisk and Redis" add_user \
                "create it by hand, or name another in YULIA_LINE__SERVICE_USER" ;;
        voices)
            if ! optional "Better voice (RHVoice)" install_voices "Yulia speaks with espeak-ng, understandable but less pleasant"; then
                date +%F > "$stamps/voices-failed"
            fi ;;
    esac
done

[ -e "$stamps/stale-mirror" ] && [[ " ${steps[*]} " == *" asterisk "* ]] &&
    remarks+=("the Debian mirror's release file was out of date; Asterisk was fetched without that check of its age (signatures were checked)")
for remark in ${remarks[@]+"${remarks[@]}"}; do echo "  Note: $remark."; done
echo "Set-up finished in $SECONDS s."
