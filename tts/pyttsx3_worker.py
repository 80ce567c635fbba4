"""The process that speaks with pyttsx3 (espeak-ng): `python -m tts.pyttsx3_worker OPTIONS`, frames on its pipes.

It uses pyttsx3's binding of espeak-ng, not its run loop. Measured with pyttsx3 2.99 on Linux: the first `runAndWait`
returns after 10 ms, while espeak-ng still speaks in a thread of its own; on a busy machine 2 of 309 texts were
cancelled by the loop's own `stop`, and once the file was empty. In espeak-ng's synchronous mode a text is spoken when
the call returns, without threads, files and waiting: 3 ms a sentence instead of 11.
"""

from __future__ import annotations

import ctypes
import json
import sys

from tts.worker_frames import Synthesise, serve


def open_voice(voice: str, rate_wpm: int) -> Synthesise:
    """Start espeak-ng and return its `synthesise`."""
    from pyttsx3.drivers import _espeak as espeak

    samples = bytearray()

    def collect(chunk: ctypes._Pointer[ctypes.c_short], count: int, _events: object) -> int:
        if count > 0:
            samples.extend(ctypes.string_at(chunk, count * 2))
        return 0

    sample_rate_hz = espeak.Initialize(espeak.AUDIO_OUTPUT_SYNCHRONOUS, 0)
    if sample_rate_hz <= 0:
        raise RuntimeError("espeak-ng did not start")
    espeak.SetSynthCallback(collect)
    if espeak.SetVoiceByName(voice.encode()) != espeak.EE_OK:
        raise RuntimeError(f"espeak-ng has no voice {voice!r}")
    espeak.SetParameter(espeak.RATE, rate_wpm, 0)

    def synthesise(text: str) -> tuple[bytes, int]:
        samples.clear()
        if espeak.Synth(text, flags=espeak.CHARS_UTF8) != espeak.EE_OK:
            raise RuntimeError("espeak-ng refused the text")
        return bytes(samples), sample_rate_hz

    # The first text loads the voice: not at a caller's cost.
    synthesise("да")
    taken = espeak.GetCurrentVoice().contents.identifier.decode()
    if "/ru" not in taken:
        raise RuntimeError(f"espeak-ng took {taken!r} for the voice {voice!r}")
    return synthesise


def main() -> None:
    """Serve until standard input ends."""
    options = json.loads(sys.argv[1])
    serve(lambda: open_voice(options["voice"], options["rate_wpm"]), limit_seconds=options["limit_seconds"] + 1)


if __name__ == "__main__":
    main()
