#!/usr/bin/env bash
# Compile requirements/*.in into pinned files with hashes and no addresses. pyttsx3's macOS and Windows
# bridges (pyobjc, comtypes, pywin32) are left out by compiling for Linux only.
set -euo pipefail
cd "$(dirname "$0")/.."
for name in runtime dev rasa; do
    # rasa.txt is the Rasa server's own environment
    overrides=()
    if [ -f "requirements/$name-overrides.txt" ]; then overrides=(--override "requirements/$name-overrides.txt"); fi
    uv pip compile --quiet --no-header --no-emit-index-url --no-emit-find-links --generate-hashes \
        --python-platform x86_64-unknown-linux-gnu --python-version 3.11 \
        --prerelease if-necessary-or-explicit ${overrides[@]+"${overrides[@]}"} "requirements/$name.in" --output-file "requirements/$name.txt"
done
