#!/usr/bin/env bash
# Rasa itself: installed and trained by scripts/rasa.sh on the dialogue as it lies there, served on a free port, held to
# the contract of understanding, and asked in a whole call in the middle of which it is stopped.
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

scripts/rasa.sh install
scripts/rasa.sh train
scripts/rasa.sh run &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true' EXIT
for ((tries = 0; ; tries++)); do
    .venv/bin/python -c 'import sys, urllib.request as ask; ask.urlopen(sys.argv[1], timeout=2)' \
        "$YULIA_TEST_RASA_URL/status" 2>/dev/null && break
    kill -0 "$server" 2>/dev/null && [ $tries -lt 300 ] || { echo "Rasa did not come up" >&2; exit 1; }
    sleep 1
done
.venv/bin/python -m pytest tests/dialogs/nlu/test_understanding_contract.py
.venv/bin/python -m pytest tests/calls/test_rasa.py  # last: it stops the server
