"""The process that speaks with pyttsx3 (espeak-ng): `python -m tts.pyttsx3_worker OPTIONS`, frames on its pipes."""

from __future__ import annotations

import json
import os
import sys
import threading
import wave

from tts.worker_frames import Synthesise, serve


def open_voice(voice: str, rate_wpm: int, limit_seconds: float) -> Synthesise:
    """Start pyttsx3 and return its `synthesise`.

    On Linux `runAndWait` of pyttsx3 2.99 returns after 10 ms, while espeak-ng still speaks in a thread of its own: the
    file is there only when `finished-utterance` was notified, which is what is waited for here.
    """
    import pyttsx3

    engine = pyttsx3.init("espeak")
    faults: list[BaseException] = []
    finished = threading.Event()
    engine.connect("finished-utterance", lambda name, completed: finished.set())
    engine.connect("error", lambda name, exception: faults.append(exception))
    engine.setProperty("voice", voice)
    engine.setProperty("rate", rate_wpm)
    if faults:
        raise RuntimeError(f"espeak-ng has no voice {voice!r}: {faults[0]}")
    # pyttsx3 writes to a path only. A file without a name holds the sound: nothing is left behind when we are killed.
    sound_file = os.memfd_create("speech")
    path = f"/proc/self/fd/{sound_file}"

    def synthesise(text: str) -> tuple[bytes, int]:
        os.ftruncate(sound_file, 0)
        finished.clear()
        faults.clear()
        engine.save_to_file(text, path)
        engine.runAndWait()
        if faults:
            raise RuntimeError(str(faults[0]))
        if not finished.wait(limit_seconds):
            # Its thread may write into the next sound: a new process is needed.
            raise SystemExit("espeak-ng did not finish")
        with wave.open(path) as sound:
            return sound.readframes(sound.getnframes()), sound.getframerate()

    return synthesise


def main() -> None:
    """Serve until standard input ends."""
    options = json.loads(sys.argv[1])
    limit_seconds: float = options["limit_seconds"]
    serve(
        lambda: open_voice(options["voice"], options["rate_wpm"], limit_seconds),
        limit_seconds=limit_seconds + 1,
    )


if __name__ == "__main__":
    main()
