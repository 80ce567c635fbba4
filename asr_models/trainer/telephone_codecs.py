"""Telephone codecs: G.711 by table, the others by ffmpeg and sox on blocks of speech, their delay taken out."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.clips import TELEPHONE_RATE_HZ

Pcm16 = NDArray[np.int16]
_LIMIT_SECONDS = 120.0
_LONGEST_DELAY = 1600  # samples, 0.2 s
_GAP = 320  # samples of silence between two utterances of a block


class CodecFailed(RuntimeError):
    """ffmpeg or sox did not do its work; the message holds its last words."""


@dataclass(frozen=True, slots=True)
class Codec:
    """A codec and its rate, as ffmpeg (or sox, for AMR) names them."""

    name: str
    suffix: str
    options: tuple[str, ...] = ()
    tool: str = "ffmpeg"


def _opus(bits: str) -> Codec:
    return Codec("libopus", "ogg", ("-b:a", bits, "-application", "voip", "-compression_level", "5"))


GSM = Codec("libgsm", "gsm")
CODECS: tuple[Codec, ...] = (
    *(_opus(bits) for bits in ("6k", "8k", "8k", "12k", "16k", "24k")),
    GSM,
    GSM,
    Codec("libspeex", "ogg", ("-b:a", "6k")),
    Codec("libspeex", "ogg", ("-b:a", "11k")),
    Codec("g726", "wav", ("-b:a", "24k")),
    Codec("g726", "wav", ("-b:a", "32k")),
    *(Codec("amr-nb", "amr-nb", ("-C", str(mode)), "sox") for mode in (0, 2, 3, 4, 5, 7, 7)),
)
"""Each as often as it is to be used; AMR-NB modes are 4.75 to 12.2 kbit/s."""


def through_codec(utterances: Sequence[Pcm16], codec: Codec) -> list[Pcm16]:
    """Send utterances (8 kHz) through a codec in one go; each comes back in its length and at its time.

    Raises:
        CodecFailed: the program is missing, has no such codec or failed.
    """
    gap = np.zeros(_GAP, np.int16)
    block = np.concatenate([part for utterance in utterances for part in (utterance, gap)] + [gap] * 8)
    coded = _coded(block, codec)
    delay = _delay(block, coded)
    coded = np.concatenate([coded[delay:], np.zeros(delay + len(block), np.int16)])
    starts = np.cumsum([0] + [len(utterance) + _GAP for utterance in utterances])
    return [coded[start : start + len(utterance)] for start, utterance in zip(starts, utterances, strict=False)]


def a_law(pcm16: Pcm16) -> Pcm16:
    """Send samples through A-law and back."""
    return _A_LAW[pcm16.view(np.uint16)]


def mu_law(pcm16: Pcm16) -> Pcm16:
    """Send samples through mu-law and back."""
    return _MU_LAW[pcm16.view(np.uint16)]


def _coded(block: Pcm16, codec: Codec) -> Pcm16:
    """Encode and decode by way of files, which is quicker than pipes."""
    rate = str(TELEPHONE_RATE_HZ)
    with tempfile.TemporaryDirectory() as folder:
        plain, coded, back = (str(Path(folder) / name) for name in ("plain.s16", f"coded.{codec.suffix}", "back.s16"))
        block.tofile(plain)
        if codec.tool == "sox":
            raw = ["-t", "s16", "-r", rate, "-c", "1"]
            _run(["sox", "-V1", "-D", *raw, plain, *codec.options, "-t", codec.name, coded])
            _run(["sox", "-V1", "-D", "-t", codec.name, coded, *raw, back])
        else:
            raw = ["-f", "s16le", "-ar", rate, "-ac", "1"]
            program = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-threads", "1"]
            _run([*program, *raw, "-i", plain, "-c:a", codec.name, *codec.options, coded])
            _run([*program, "-i", coded, *raw, back])
        return np.fromfile(back, np.int16)


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_LIMIT_SECONDS, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired) as reason:
        raise CodecFailed(f"{command[0]}: {reason}; apt-get install ffmpeg sox libsox-fmt-all") from reason
    if done.returncode != 0:
        raise CodecFailed(f"{' '.join(command)}: {done.stderr.decode(errors='replace')[-300:]}")


def _delay(block: Pcm16, coded: Pcm16) -> int:
    """Find by how many samples the coded speech comes later."""
    length = max(len(block), len(coded)) + _LONGEST_DELAY
    size = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft(coded.astype(np.float32), size) * np.conj(np.fft.rfft(block.astype(np.float32), size))
    return int(np.fft.irfft(spectrum, size)[:_LONGEST_DELAY].argmax())


def _a_law_table() -> Pcm16:
    """Decode what each sample is encoded to (ITU-T G.711, in steps of 13 bits)."""
    value = np.arange(-32768, 32768)
    magnitude = np.minimum(np.where(value < 0, -value - 1, value) >> 4, 2047)  # 11 bits
    exponent = np.floor(np.log2(np.maximum(magnitude, 32))).astype(int) - 4
    step = 1 << np.maximum(exponent, 1)  # the two lowest segments have the same step
    decoded = (magnitude // step * step + step / 2) * 16
    return _by_bits(np.where(value < 0, -decoded, decoded))


def _mu_law_table() -> Pcm16:
    """Decode what each sample is encoded to (ITU-T G.711, in steps of 14 bits)."""
    value = np.arange(-32768, 32768)
    magnitude = np.minimum(np.abs(value) >> 2, 8158) + 33
    exponent = np.floor(np.log2(magnitude)).astype(int) - 5
    step = 1 << (exponent + 1)
    decoded = (magnitude // step * step + step // 2 - 33) * 4
    return _by_bits(np.where(value < 0, -decoded, decoded))


def _by_bits(decoded: NDArray[np.float64]) -> Pcm16:
    """Order a table for -32768..32767 by the bits of the sample seen as unsigned."""
    table = np.clip(np.round(decoded), -32768, 32767).astype(np.int16)
    return np.concatenate([table[32768:], table[:32768]])


_A_LAW = _a_law_table()
_MU_LAW = _mu_law_table()
