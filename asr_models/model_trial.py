"""Load a model and decode a little with it: run as a child process, since Vosk may kill whoever does this."""

from __future__ import annotations

import json
import random
import struct
import sys

import vosk


def main(path: str) -> None:
    """Load, then decode half a second of noise in free mode and with a phrase list."""
    model = vosk.Model(path)
    noise = random.Random(1)
    audio = struct.pack("<4000h", *(noise.randint(-3000, 3000) for _ in range(4000)))
    for grammar in ((), (json.dumps(["[unk]"]),)):
        recogniser = vosk.KaldiRecognizer(model, 8000.0, *grammar)
        recogniser.SetWords(True)
        recogniser.AcceptWaveform(audio)
        recogniser.FinalResult()


if __name__ == "__main__":
    main(sys.argv[1])
