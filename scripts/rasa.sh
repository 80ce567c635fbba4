#!/usr/bin/env bash
# A Rasa server for understanding, in an environment of its own (2.4 GB) in the state folder.
#
#   scripts/rasa.sh [run]             install, train when phrases have changed, serve until Ctrl-C or `stop`
#   scripts/rasa.sh install|train     one step of it
#   scripts/rasa.sh stop              stop the server that runs for this state folder
#   scripts/rasa.sh cross-validate    five-fold over the training phrases; takes as long as five trainings
#
# By environment: YULIA_RASA_PORT (5005, loopback only), YULIA_DIALOGUE__FOLDER (dialogue whose phrases are learnt),
# YULIA_LINE__STATE_DIR. The line asks it first with YULIA_UNDERSTANDING__ENGINE=rasa.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
checkout=$PWD
uv_version=0.13.9
port=${YULIA_RASA_PORT:-5005}
state=$(scripts/setup.sh --print-state-dir)/rasa
dialogue=$(cd "${YULIA_DIALOGUE__FOLDER:-dialogs}" && pwd)
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
    local wanted files
    mapfile -t files < <(sources)
    wanted=$(digest "${files[@]}")
    [ "$(cat "$state/trained" 2>/dev/null)" = "$wanted" ] && [ -f "$state/models/yulia.tar.gz" ] && return
    say "training on $dialogue (log: $state/train.log)"
    # Not in the dialogue's folder: Rasa leaves a cache where it runs.
    (cd "$state" && venv/bin/rasa train nlu --config "$dialogue/config.yml" --nlu "$dialogue/data" \
        --domain "$dialogue/domain.yml" --out models --fixed-model-name yulia) > "$state/train.log" 2>&1 ||
        { tail -n 20 "$state/train.log" >&2; say "training failed" >&2; exit 1; }
    echo "$wanted" > "$state/trained"
    say "trained in $SECONDS s"
}

# The pid of the running server, checked to be one: pids are used again.
server_pid() {
    local pid
    pid=$(cat "$state/server.pid" 2>/dev/null) || return 1
    tr '\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null | grep -q 'rasa run' || return 1
    echo "$pid"
}

is_up() { curl --silent --fail --max-time 2 "http://127.0.0.1:$port/status" 2>/dev/null | grep -q '"model_file"'; }

serve() {
    local pid began=$SECONDS
    if pid=$(server_pid); then say "already running (pid $pid); stop it with scripts/rasa.sh stop" >&2; exit 1; fi
    cd "$state"
    venv/bin/rasa run --enable-api --interface 127.0.0.1 --port "$port" --model models/yulia.tar.gz \
        > server.log 2>&1 < /dev/null &
    pid=$!
    echo "$pid" > server.pid
    trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; rm -f "$state/server.pid"' EXIT
    trap 'exit 130' INT TERM
    until is_up; do
        kill -0 "$pid" 2>/dev/null || { tail -n 20 server.log >&2; say "the server died" >&2; exit 1; }
        [ $((SECONDS - began)) -lt 300 ] || { say "the server is not up after 300 s (log: $state/server.log)" >&2; exit 1; }
        sleep 1
    done
    say "serving on 127.0.0.1:$port after $((SECONDS - began)) s (pid $pid, log: $state/server.log)"
    wait "$pid"
}

stop() {
    local pid
    pid=$(server_pid) || { say "not running"; return; }
    kill "$pid"
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || { rm -f "$state/server.pid"; say "stopped"; return; }
        sleep 0.1
    done
    kill -KILL "$pid"
    rm -f "$state/server.pid"
    say "stopped the hard way"
}

cross_validate() {
    say "five trainings (log: $state/cross-validation.log)"
    (cd "$state" && venv/bin/rasa test nlu --cross-validation --folds 5 --config "$dialogue/config.yml" \
        --nlu "$dialogue/data" --domain "$dialogue/domain.yml" --out cross-validation) 2>&1 |
        tee "$state/cross-validation.log" | grep -E 'Accuracy|F1-score|Precision' || true
    say "reports: $state/cross-validation"
}

case ${1:-run} in
    run) install_rasa; train; serve ;;
    install) install_rasa ;;
    train) install_rasa; train ;;
    stop) stop ;;
    cross-validate) install_rasa; cross_validate ;;
    *) sed -n '2,12s/^# \{0,1\}//p' "$checkout/scripts/rasa.sh"; exit 2 ;;
esac
