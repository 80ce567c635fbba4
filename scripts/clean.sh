#!/usr/bin/env bash
# Remove everything that set-up and runs have made: .venv, the state folder, caches. Refuses while a line runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
state=$(env -u YULIA_LINE__STATE_DIR scripts/setup.sh --print-state-dir)
if [ -e "$state/line.lock" ] && ! flock -n "$state/line.lock" true; then
    echo "A line is running (pid $(cat "$state/line.lock")): stop it first." >&2
    exit 1
fi
echo "Removing .venv, $state and caches"
rm -rf --one-file-system .venv "$state" .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
