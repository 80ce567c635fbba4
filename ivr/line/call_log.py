"""The worker's log as people want to see it beside a running line: one quiet line per call, and what goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

CALL_ENDED = "call ended"
_POLL_SECONDS = 0.5
_READ_LIMIT_BYTES = 256_000
_SHOWN_FIELDS = ("outcome", "topic", "queue", "reason", "seconds", "turns", "caller")


def readable(line: str) -> str | None:
    """Turn a line of the log into one for people; None when it need not be shown."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict):
        return None
    event, level = str(entry.get("event", "")), str(entry.get("level", ""))
    at = _local_time(str(entry.get("timestamp", "")))
    if event == CALL_ENDED:
        facts = "  ".join(f"{name}={entry[name]}" for name in _SHOWN_FIELDS if entry.get(name) is not None)
        return f"{at}  call  {facts}"
    if level in ("warning", "error", "critical"):
        details = "  ".join(
            f"{name}={value}"
            for name, value in entry.items()
            if name not in ("event", "level", "timestamp", "exception") and value is not None
        )
        return f"{at}  {level}: {event}  {details}".rstrip()
    return None


def _local_time(timestamp: str) -> str:
    try:
        return datetime.fromisoformat(timestamp).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return "--:--:--"


async def follow(path: Path, start_bytes: int = 0) -> AsyncIterator[str]:
    """Yield complete lines as they are written, from a position on; begins anew when the file is replaced."""
    position, rest = start_bytes, b""
    while True:
        chunk, begun_anew = _read_on(path, position)
        if begun_anew:
            position, rest = 0, b""
        if not chunk:
            await asyncio.sleep(_POLL_SECONDS)
            continue
        position += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")


def _read_on(path: Path, position: int) -> tuple[bytes, bool]:
    size = path.stat().st_size if path.exists() else 0
    begun_anew = size < position
    if size == 0:
        return b"", begun_anew
    with path.open("rb") as file:
        file.seek(0 if begun_anew else position)
        return file.read(_READ_LIMIT_BYTES), begun_anew
