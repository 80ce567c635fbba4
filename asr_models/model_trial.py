"""Load a model and decode a little with it: run as a child process, since Vosk may kill whoever does this."""

from __future__ import annotations

import json
import os
import random
import resource
import struct
import sys
from pathlib import Path

import vosk

from asr_models.model_folder import model_words

_TRIED_WORDS = 400
_SAMPLES = 16000
_PIECE_BYTES = 3200
_ALTERNATIVES = 3
_NICENESS = 5  # that of decoding calls
_SPARE_BYTES = 2 * 2**30  # address space of the interpreter and of Vosk itself, of which little is used
_BYTES_PER_CORE = 2**27  # Vosk's algebra library keeps a thread on each
_BYTES_PER_MODEL_BYTE = 16  # address space that a model takes; 8 measured for a Vosk model of 265 MB


def main(path: str, limit_seconds: int) -> None:
    """Load, then decode two seconds in free mode and with phrase lists that reach into much of the graph."""
    _be_harmless(Path(path), limit_seconds)
    model = vosk.Model(path)
    chance = random.Random(1)
    words = [word for word in model_words(Path(path)) if word[:1].isalpha()]
    tried = chance.sample(words, min(_TRIED_WORDS, len(words)))
    triples = [" ".join(tried[place : place + 3]) for place in range(0, len(tried), 3)]
    # Noise that swells and fades like syllables leads the decoder into many words.
    loudness = [abs(step % 3200 - 1600) / 1600 for step in range(_SAMPLES)]
    noise = struct.pack(f"<{_SAMPLES}h", *(int(chance.randint(-9000, 9000) * loud) for loud in loudness))
    for phrases, alternatives in ((None, 0), (["[unk]"], 0), (tried, 0), (triples, _ALTERNATIVES)):
        grammar = () if phrases is None else (json.dumps(phrases, ensure_ascii=False),)
        recogniser = vosk.KaldiRecognizer(model, 8000.0, *grammar)
        recogniser.SetWords(True)
        recogniser.SetMaxAlternatives(alternatives)
        for audio in (noise, bytes(_PIECE_BYTES * 4)):
            for place in range(0, len(audio), _PIECE_BYTES):
                if recogniser.AcceptWaveform(audio[place : place + _PIECE_BYTES]):
                    recogniser.Result()
                recogniser.PartialResult()
            recogniser.FinalResult()


def _be_harmless(path: Path, limit_seconds: int) -> None:
    """Leave the processor to calls, and be the one that ends when a damaged model asks for all memory."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (limit_seconds, limit_seconds + 1))
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    size += sum(file.stat().st_size for file in (path / "am").resolve().glob("*"))  # it may be a link
    limit = _SPARE_BYTES + _BYTES_PER_CORE * (os.cpu_count() or 1) + _BYTES_PER_MODEL_BYTE * size
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or limit < most:
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
