"""Times read off the stereo recording of a call: the caller on the left, Yulia on the right, on one time line.

What the caller said is known to the sample: its clip is looked up in the left side. Yulia's
sound is found by its level in blocks of 10 ms. A packet is heard when it has come, and the recording puts its end
there: so 20 ms are added to what is read off. The phone's clock is looked at every 5 ms: the error of each time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE_HZ = 8000
FRAME_SECONDS = 0.02
_BLOCK = RATE_HZ // 100
_FRAME = RATE_HZ // 50
_PATTERN = RATE_HZ // 4
_LIKE = 0.75  # of 1: what a crowd 10 dB below the caller leaves is over 0.9
SOUND_DBFS = -45.0
STOPPED_SECONDS = 0.4
"""A silence of Yulia's that long means that her prompt was stopped: the bench's long prompt has no such pause."""
_TURN_BLOCKS = 10
"""Yulia must have been silent for so long (0.1 s) when a caller answers."""
LONGEST_NEXT_SECONDS = 3.0
"""The prompts that follow the long one are shorter; what goes on for longer is its rest."""

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Clip:
    """What a caller says once; the speech lies between two samples of it, silence or noise around."""

    text: str
    pcm16: Samples
    speech_start: int
    speech_end: int

    @property
    def seconds_to_speech_end(self) -> float:
        """Return how long after its start the speech in it is over."""
        return self.speech_end / RATE_HZ


def place_of(clip: Clip, said: Samples, after: int) -> int | None:
    """Return the sample of the recording at which the clip begins, at or after a sample; None when it is not there.

    Found by correlation: other people may talk behind the caller.
    """
    loudest = int(np.abs(clip.pcm16.astype(np.int32)).argmax())
    start = max(0, min(loudest, len(clip.pcm16) - _PATTERN) // _FRAME * _FRAME)
    pattern = clip.pcm16[start : start + _PATTERN].astype(np.float64)
    line = said[after + start :].astype(np.float64)
    if len(line) < len(pattern):
        return None
    size = 1 << (len(line) + len(pattern)).bit_length()
    products = np.fft.irfft(np.fft.rfft(line, size) * np.conj(np.fft.rfft(pattern, size)), size)
    products = products[: len(line) - len(pattern) + 1]
    powers = np.concatenate([[0.0], np.cumsum(line**2)])
    energies = (powers[len(pattern) :] - powers[: -len(pattern)]) * (pattern**2).sum()
    likeness = products / np.sqrt(np.maximum(energies, 1.0))
    found = np.nonzero(likeness >= _LIKE)[0]
    if not len(found):
        return None
    near = likeness[found[0] : found[0] + 5 * _FRAME]  # a vowel is like itself a pitch earlier
    return after + int(found[0]) + int(near.argmax())


def is_sound(heard: Samples) -> npt.NDArray[np.bool_]:
    """Tell for each block of 10 ms whether it sounds."""
    blocks = heard[: len(heard) // _BLOCK * _BLOCK].astype(np.float64).reshape(-1, _BLOCK) / 32768
    return (blocks**2).mean(axis=1) >= 10 ** (SOUND_DBFS / 10)


def first_sound(sounds: npt.NDArray[np.bool_], after: int) -> int | None:
    """Return the sample at which sound begins, at or after a sample."""
    start = -(-after // _BLOCK)
    found = np.nonzero(sounds[start:])[0]
    return (start + int(found[0])) * _BLOCK if len(found) else None


def last_sound_before_stop(sounds: npt.NDArray[np.bool_], after: int) -> int | None:
    """Return the sample at which sound stopped for good, seen from a sample at which it was on.

    None when there was no sound in the 0.3 s before: then there was nothing to be stopped.
    """
    start = after // _BLOCK
    before = np.nonzero(sounds[max(0, start - 30) : start])[0]
    if not len(before):
        return None
    last = max(0, start - 30) + int(before[-1])
    for place in range(start, len(sounds)):
        if sounds[place]:
            last = place
        elif (place - last) * 0.01 >= STOPPED_SECONDS:
            break
    return (last + 1) * _BLOCK


@dataclass(frozen=True, slots=True)
class Turn:
    """Times of one turn, in seconds."""

    kind: str
    text: str
    gap_seconds: float | None = None  # end of the caller's speech to the first sound of the answer, as heard
    stop_seconds: float | None = None  # the caller's first sound to the end of the prompt's, as heard
    cut: bool = False  # Yulia sounded before the caller had finished
    resumed: bool = False  # the prompt that the caller interrupted by words went on after all
    out_of_turn: bool = False  # the caller spoke into a prompt that was to be heard out: nothing to be measured
    in_crowd: bool = False  # other people talked on behind the caller

    @property
    def unanswered(self) -> bool:
        """Whether no answer was heard."""
        return self.gap_seconds is None and not self.cut and not self.out_of_turn


def read_turn(kind: str, clip: Clip, place: int, sounds: npt.NDArray[np.bool_], until: int) -> Turn:
    """Read one turn's times; `until` is the sample at which the next turn begins."""
    speech_start, speech_end = place + clip.speech_start, place + clip.speech_end
    sounds = sounds[: -(-until // _BLOCK)]
    stop_seconds = None
    quiet_from = speech_start
    if kind == "barge_in":
        stopped = last_sound_before_stop(sounds, speech_start)
        if stopped is not None:
            stop_seconds = (stopped - speech_start) / RATE_HZ + FRAME_SECONDS
            quiet_from = stopped
    elif sounds[max(0, speech_start // _BLOCK - _TURN_BLOCKS) : speech_start // _BLOCK].any():
        return Turn(kind, clip.text, out_of_turn=True)
    answer = first_sound(sounds, max(quiet_from, speech_start))
    if kind != "barge_in" and answer is not None and answer < speech_end:
        return Turn(kind, clip.text, stop_seconds=stop_seconds, cut=True)
    answer = first_sound(sounds, speech_end)
    gap = (answer - speech_end) / RATE_HZ + FRAME_SECONDS if answer is not None else None
    resumed = stop_seconds is not None and answer is not None and _sounds_on(sounds, answer) > LONGEST_NEXT_SECONDS
    return Turn(kind, clip.text, gap, stop_seconds, resumed=resumed)


def _sounds_on(sounds: npt.NDArray[np.bool_], start: int) -> float:
    """Return for how many seconds sound goes on from a sample, pauses as long as a stop's left out."""
    last = last_sound_before_stop(sounds, start + _BLOCK)
    return (last - start) / RATE_HZ if last is not None else 0.0
