#!/usr/bin/env bash
# A Rasa server for understanding, in an environment of its own (2.4 GB) in the state folder.
#
#   scripts/rasa.sh [run]             install, train when phrases have changed, serve until Ctrl-C or `stop`
#   scripts/rasa.sh install|train     one step of it
#   scripts/rasa.sh stop              stop the server that was started for this state folder and port
#   scripts/rasa.sh pid               print its process id once it serves; fails until then
#
# By environment: YULIA_RASA_PORT (5005, loopback only), YULIA_DIALOGUE__FOLDER (dialogue whose phrases are learnt),
# YULIA_RASA_EPOCHS (instead of the dialogue's own, as a model apart), YULIA_LINE__STATE_DIR.
# The line asks it first with YULIA_UNDERSTANDING__ENGINE=rasa.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
checkout=$PWD
uv_version=0.13.9
port=${YULIA_RASA_PORT:-5005}
state=$(scripts/setup.sh --print-state-dir)/rasa
dialogue=$(cd "${YULIA_DIALOGUE__FOLDER:-dialogs}" && pwd)
epochs=${YULIA_RASA_EPOCHS:-}
model=yulia${epochs:+-$epochs-epochs}
export RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=2 PYTHONWARNINGS=ignore SQLALCHEMY_SILENCE_UBER_WARNING=1

say() { printf 'rasa: %s\n' "$*"; }

digest() { cat "$@" | sha256sum | cut -d ' ' -f 1; }

# Files that a model is made from
sources() { find "$dialogue/data" -name '*.yml' | sort; printf '%s\n' "$dialogue/config.yml" "$dialogue/domain.yml"; }

install_rasa() {
    local wanted python
    wanted=$(digest requirements/rasa.txt)
    [ "$(cat "$state/installed" 2>/dev/null)" = "$wanted" ] && return
    python=$(command -v python3.11 || true)
    [ -n "$python" ] || { say "Rasa 3.6 runs on Python 3.11 at the newest, and there is no python3.11 here" >&2; exit 1; }
    say "installing into $state/venv (2.4 GB, once)"
    mkdir -p "$state"
    rm -rf "$state/venv" "$state/uv"
    "$python" -m venv "$state/uv"
    "$state/uv/bin/python" -m pip install --quiet --no-input "uv==$uv_version"
    "$state/uv/bin/uv" venv --quiet --python "$python" "$state/venv"
    VIRTUAL_ENV=$state/venv "$state/uv/bin/uv" pip install --quiet --no-deps --require-hashes -r requirements/rasa.txt
    echo "$wanted" > "$state/installed"
}

train() {
    local wanted files began
    mapfile -t files < <(sources)
    wanted=$(digest "${files[@]}")
    [ "$(cat "$state/models/$model.sources" 2>/dev/null)" = "$wanted" ] && [ -f "$state/models/$model.tar.gz" ] && return
    began=$SECONDS
    say "training on $dialogue${epochs:+, $epochs epochs} (log: $state/train.log)"
    mkdir -p "$state/models"
    cp "$dialogue/config.yml" "$state/config.yml"
    [ -z "$epochs" ] || sed -i -E "s/^( +epochs:) .*/\1 $epochs/" "$state/config.yml"
    # Not in the dialogue's folder: Rasa leaves a cache where it runs.
    (cd "$state" && venv/bin/rasa train nlu --config config.yml --nlu "$dialogue/data" \
        --domain "$dialogue/domain.yml" --out models --fixed-model-name "$model") > "$state/train.log" 2>&1 ||
        { tail -n 20 "$state/train.log" >&2; say "training failed" >&2; exit 1; }
    echo "$wanted" > "$state/models/$model.sources"
    say "trained in $((SECONDS - began)) s"
}

# The pid of the running server, checked to be one: pids are used again.
server_pid() {
    local pid
    pid=$(cat "$state/server-$port.pid" 2>/dev/null) || return 1
    tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | grep -q 'rasa run' || return 1
    echo "$pid"
}

is_up() {
    "$state/venv/bin/python" -c 'import json, sys, urllib.request as ask
sys.exit(not json.load(ask.urlopen(sys.argv[1], timeout=2))["model_file"])' "http://127.0.0.1:$port/status" 2>/dev/null
}

serve() {
    local began=$SECONDS
    log=$state/server-$model.log
    if server=$(server_pid); then say "already running (pid $server); stop it with scripts/rasa.sh stop" >&2; exit 1; fi
    cd "$state"
    venv/bin/rasa run --enable-api --interface 127.0.0.1 --port "$port" --model "models/$model.tar.gz" \
        > "$log" 2>&1 < /dev/null &
    server=$! # not local: the trap outlives this function
    echo "$server" > "server-$port.pid"
    trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -f "$state/server-$port.pid"' EXIT
    trap 'exit 130' INT TERM
    until is_up; do
        kill -0 "$server" 2>/dev/null || died
        [ $((SECONDS - began)) -lt 600 ] || { say "the server is not up after 600 s (log: $log)" >&2; exit 1; }
        sleep 1
    done
    say "serving on 127.0.0.1:$port after $((SECONDS - began)) s (pid $server, log: $log)"
    wait "$server" || died
}

# The server is gone: whether that was meant.
died() {
    [ -e "$state/server-$port.pid" ] || exit 0
    tail -n 20 "$log" >&2
    say "the server died" >&2
    exit 1
}

stop() {
    local pid
    pid=$(server_pid) || { say "not running"; return; }
    rm -f "$state/server-$port.pid" # tells `serve` that it was meant
    kill "$pid"
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || { say "stopped"; return; }
        sleep 0.1
    done
    kill -KILL "$pid"
    say "stopped the hard way"
}

case ${1:-run} in
    run) install_rasa; train; serve ;;
    install) install_rasa ;;
    train) install_rasa; train ;;
    stop) stop ;;
    pid) is_up && server_pid ;;
    *) sed -n '2,12s/^# \{0,1\}//p' "$checkout/scripts/rasa.sh"; exit 2 ;;
esac
