#!/usr/bin/env bash
# Rasa itself: installed and trained by scripts/rasa.sh on the dialogue as it lies there, served on a free port, held to
# the contract of understanding, and asked in a whole call in the middle of which it is killed.
#
# By environment: YULIA_TEST_RASA=0 skips all this (the first time it fetches 2.4 GB and trains for minutes).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ "${YULIA_TEST_RASA:-1}" = 0 ]; then
    echo "Rasa is not tested: YULIA_TEST_RASA=0"
    exit 0
fi
# Fewer than the dialogue's own, which take longer than a test should; enough for what is asked here.
export YULIA_RASA_EPOCHS=${YULIA_RASA_EPOCHS:-8}
YULIA_RASA_PORT=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export YULIA_RASA_PORT
export YULIA_TEST_RASA_URL=http://127.0.0.1:$YULIA_RASA_PORT

scripts/rasa.sh train
told=$(mktemp)
scripts/rasa.sh run > "$told" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" || true; rm -f "$told"' EXIT
until scripts/rasa.sh pid > /dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || { cat "$told" >&2; exit 1; }
    sleep 1
done
YULIA_TEST_RASA_PID=$(scripts/rasa.sh pid)
export YULIA_TEST_RASA_PID
.venv/bin/python -m pytest tests/dialogs/nlu/test_understanding_contract.py
.venv/bin/python -m pytest tests/calls/test_rasa.py # the last one: it kills the server
