"""What the stages of the trainer hand to one another: clips of speech with words and phones in time."""

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

BANK_RATE_HZ = 16_000
TELEPHONE_RATE_HZ = 8_000
SILENCE = "SIL"
GARBAGE = "GBG"
OUTSIDE = "[unk]"
"""Text of a word the model is not to know: it has no phones, only one segment of `GARBAGE`."""

Kind = Literal["word", "digits", "number", "date", "phrase", "sentence", "outside", "foreign"]
OUTSIDE_KINDS: frozenset[Kind] = frozenset({"outside", "foreign"})


@dataclass(frozen=True, slots=True)
class Segment:
    """One phone (or `SILENCE`, or `GARBAGE`) in time."""

    unit: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word with its generic phones; `OUTSIDE` for speech the model is not to know."""

    text: str
    phones: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class AlignedClip:
    """A clean synthetic clip; between its words there is silence."""

    id: str
    voice: str
    pcm: NDArray[np.float32]  # [samples] at 16 kHz, -1..1
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class TelephoneUtterance:
    """Speech as it comes out of a telephone line, with the words at their place in it."""

    pcm16: NDArray[np.int16]  # [samples] at 8 kHz
    clean16: NDArray[np.int16]  # the same speech at the same time, without room, noise and line
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class BankClip:
    """One line of the speech bank's index."""

    id: str
    voice: str
    kind: Kind
    text: str

    def wav_path(self, speech_dir: Path) -> Path:
        """Name the clip's file: 16 kHz, mono, 16 bits."""
        return speech_dir / self.id[:2] / f"{self.id}.wav"


def read_index(speech_dir: Path) -> tuple[BankClip, ...]:
    """Read the bank's `index.tsv`.

    Raises:
        ValueError: a line that is not `id, voice, kind, text`.
    """
    clips = []
    for number, line in enumerate((speech_dir / "index.tsv").read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split("\t")
        if len(fields) != 4 or fields[2] not in get_args(Kind):
            raise ValueError(f"index.tsv, line {number}: expected id, voice, kind and text, got {line!r}")
        clips.append(BankClip(fields[0], fields[1], cast(Kind, fields[2]), fields[3]))
    return tuple(clips)


def read_pcm(path: Path) -> NDArray[np.float32]:
    """Read a 16 kHz mono WAV file of the bank, -1..1.

    Raises:
        ValueError: another rate, several channels or another sample width.
    """
    with wave.open(str(path), "rb") as file:
        shape = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        if shape != (BANK_RATE_HZ, 1, 2):
            raise ValueError(f"{path}: expected 16 kHz mono 16 bits, got rate, channels, width {shape}")
        pcm16 = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return (pcm16 / np.float32(32768)).astype(np.float32)
