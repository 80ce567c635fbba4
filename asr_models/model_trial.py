"""Load a model and decode a little with it: run as a child process, since Vosk may kill whoever does this."""

from __future__ import annotations

import json
import random
import struct
import sys
from pathlib import Path

import vosk

_TRIED_WORDS = 400
_SAMPLES = 16000


def main(path: str) -> None:
    """Load, then decode two seconds in free mode and with phrase lists that reach into much of the graph."""
    model = vosk.Model(path)
    chance = random.Random(1)
    entries = (Path(path) / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    words = [word for word in (entry.split(" ")[0] for entry in entries) if word[:1].isalpha()]
    tried = chance.sample(words, min(_TRIED_WORDS, len(words)))
    # Noise that swells and fades like syllables leads the decoder into many words.
    loudness = [abs(step % 3200 - 1600) / 1600 for step in range(_SAMPLES)]
    audio = struct.pack(f"<{_SAMPLES}h", *(int(chance.randint(-9000, 9000) * loud) for loud in loudness))
    for phrases in (None, ["[unk]"], tried, [" ".join(tried[place : place + 3]) for place in range(0, len(tried), 3)]):
        grammar = () if phrases is None else (json.dumps(phrases, ensure_ascii=False),)
        recogniser = vosk.KaldiRecognizer(model, 8000.0, *grammar)
        recogniser.SetWords(True)
        recogniser.AcceptWaveform(audio)
        recogniser.FinalResult()


if __name__ == "__main__":
    main(sys.argv[1])
