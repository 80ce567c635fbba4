"""From a synthesiser's or a studio's sound to what a telephone carries: 8 kHz, levelled, trimmed, without clicks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import soxr

from tts.port import Speech, SpeechError

TELEPHONE_RATE_HZ = 8000
LEAD_SECONDS = 0.02  # silence kept before the first sound: every further millisecond is response gap
TAIL_SECONDS = 0.04
PEAK_DBFS = -1.0

_FRAME_SECONDS = 0.01
_HIGH_PASS_HZ = 120.0  # below it a telephone passes nothing, and rumble would only eat level
_HIGH_PASS_TAPS = 255
_SILENCE_BELOW_LOUDEST_DB = 42.0
_SPEECH_BELOW_LOUDEST_DB = 25.0
_SILENCE_DBFS = -60.0
_FADE_SECONDS = 0.005
_LIMITER_KNEE_DBFS = -6.0

_Samples = npt.NDArray[np.float32]  # -1..1


def telephone_speech(speech: Speech, *, level_dbfs: float) -> Speech:
    """Return the speech at 8 kHz, trimmed of silence, at `level_dbfs` (RMS over its speech), peaks under -1 dBFS.

    Raises:
        SpeechError: it is silent, or its rate is not that of sound.
    """
    if not TELEPHONE_RATE_HZ <= speech.sample_rate_hz <= 192_000:
        raise SpeechError(f"a sample rate of {speech.sample_rate_hz} Hz cannot be used")
    samples: _Samples = np.frombuffer(speech.pcm16, "<i2").astype(np.float32) / np.float32(32768)
    if not samples.size:
        raise SpeechError("the sound is empty")
    if speech.sample_rate_hz != TELEPHONE_RATE_HZ:
        samples = soxr.resample(samples, speech.sample_rate_hz, TELEPHONE_RATE_HZ, quality="HQ")
    samples = _trimmed(_without_rumble(samples))
    samples = _limited(samples * np.float32(_gain(samples, level_dbfs)))
    return Speech(_pcm16(_faded(samples)), TELEPHONE_RATE_HZ)


def silence(seconds: float) -> Speech:
    """Return telephone silence."""
    return Speech(bytes(2 * round(seconds * TELEPHONE_RATE_HZ)), TELEPHONE_RATE_HZ)


def joined(parts: Sequence[Speech], *, pause_seconds: float) -> Speech:
    """Join the sentences of a prompt with a pause between them."""
    pause = silence(pause_seconds)
    starts = accumulate((part.seconds + pause.seconds for part in parts[:-1]), initial=0.0)
    return Speech(pause.pcm16.join(part.pcm16 for part in parts), TELEPHONE_RATE_HZ, tuple(starts))


def speech_level_dbfs(speech: Speech) -> float:
    """RMS over the frames that carry speech, in dB of full scale."""
    samples: _Samples = np.frombuffer(speech.pcm16, "<i2").astype(np.float32) / np.float32(32768)
    return _db(_speech_rms(samples, speech.sample_rate_hz))


def _without_rumble(samples: _Samples) -> _Samples:
    taps = _high_pass()
    padded = np.pad(samples, _HIGH_PASS_TAPS // 2, mode="reflect" if samples.size > _HIGH_PASS_TAPS else "constant")
    size = 1 << (padded.size + taps.size - 1).bit_length()
    filtered = np.fft.irfft(np.fft.rfft(padded, size) * np.fft.rfft(taps, size), size)
    delay = _HIGH_PASS_TAPS - 1
    return filtered[delay : delay + samples.size].astype(np.float32)


@cache
def _high_pass() -> _Samples:
    position = np.arange(_HIGH_PASS_TAPS) - _HIGH_PASS_TAPS // 2
    cutoff = 2 * _HIGH_PASS_HZ / TELEPHONE_RATE_HZ
    low_pass = cutoff * np.sinc(cutoff * position) * np.blackman(_HIGH_PASS_TAPS)
    taps = -low_pass / low_pass.sum()
    taps[_HIGH_PASS_TAPS // 2] += 1
    return np.asarray(taps, np.float32)


def _frame_rms(samples: _Samples, sample_rate_hz: int) -> npt.NDArray[np.float64]:
    length = max(1, round(_FRAME_SECONDS * sample_rate_hz))
    whole = np.pad(samples, (0, -samples.size % length)).reshape(-1, length)
    return np.asarray(np.sqrt(np.mean(whole.astype(np.float64) ** 2, axis=1)))


def _trimmed(samples: _Samples) -> _Samples:
    rms = _frame_rms(samples, TELEPHONE_RATE_HZ)
    loudest_db = _db(float(rms.max()))
    if loudest_db < _SILENCE_DBFS:
        raise SpeechError("the sound is silent")
    threshold = 10 ** (max(loudest_db - _SILENCE_BELOW_LOUDEST_DB, _SILENCE_DBFS) / 20)
    loud = np.flatnonzero(rms > threshold)
    frame = round(_FRAME_SECONDS * TELEPHONE_RATE_HZ)
    lead, tail = round(LEAD_SECONDS * TELEPHONE_RATE_HZ), round(TAIL_SECONDS * TELEPHONE_RATE_HZ)
    start, end = int(loud[0]) * frame, (int(loud[-1]) + 1) * frame
    # Always the same lead, also before a recording that begins at once.
    before = np.zeros(max(0, lead - start), np.float32)
    return np.concatenate([before, samples[max(0, start - lead) : end + tail]])


def _speech_rms(samples: _Samples, sample_rate_hz: int) -> float:
    rms = _frame_rms(samples, sample_rate_hz)
    speech = rms[rms >= rms.max() * 10 ** (-_SPEECH_BELOW_LOUDEST_DB / 20)]
    return float(np.sqrt(np.mean(speech**2)))


def _gain(samples: _Samples, level_dbfs: float) -> float:
    return float(10 ** (level_dbfs / 20) / _speech_rms(samples, TELEPHONE_RATE_HZ))


def _limited(samples: _Samples) -> _Samples:
    """Bend peaks above the knee smoothly, so that they end under the peak limit."""
    knee, peak = 10 ** (_LIMITER_KNEE_DBFS / 20), 10 ** (PEAK_DBFS / 20)
    size = np.abs(samples)
    bent = knee + (peak - knee) * np.tanh((size - knee) / (peak - knee))
    return np.where(size > knee, np.sign(samples) * bent, samples).astype(np.float32)


def _faded(samples: _Samples) -> _Samples:
    length = min(round(_FADE_SECONDS * TELEPHONE_RATE_HZ), samples.size // 2)
    if length == 0:
        return samples
    ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)).astype(np.float32)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[-length:] *= ramp[::-1]
    return faded


def _pcm16(samples: _Samples) -> bytes:
    return np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes()


def _db(value: float) -> float:
    return float(20 * np.log10(max(value, 1e-9)))
