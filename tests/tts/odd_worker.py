"""A worker process that misbehaves as its options say: `python -m tests.tts.odd_worker '{"fault": …}'`."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from tts.worker_frames import ANSWER_HEAD, READY, Synthesise, serve


def open_voice(fault: str, mark: str) -> Synthesise:
    if fault == "no voice":
        raise RuntimeError("the voice is not there")
    if fault == "slow start":
        time.sleep(30)

    def synthesise(text: str) -> tuple[bytes, int]:
        sys.stdout.write("noise on standard output")
        sys.stdout.flush()
        os.write(1, b"more noise, from C")
        if text == "умри" or (text == "умри однажды" and not Path(mark).exists()):
            Path(mark).touch()
            os._exit(1)
        if text == "зависни":
            time.sleep(30)
        if text == "откажи":
            raise ValueError("не хочу")
        if text == "молчи":
            return b"", 8000
        return text.encode("utf-16-le"), 8000

    return synthesise


def main() -> None:
    options = json.loads(sys.argv[1])
    if options["fault"] == "garbage":
        sys.stdout.buffer.write(ANSWER_HEAD.pack(READY, 0, 0) + b"A" + b"\xff" * 100)
        sys.stdout.buffer.flush()
        time.sleep(30)
    serve(lambda: open_voice(options["fault"], options["mark"]), limit_seconds=options["limit_seconds"])


if __name__ == "__main__":
    main()
