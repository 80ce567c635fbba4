"""What the telephone does to speech: level, band, noise, room, codecs and lost packets. All of it by fixed seeds."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt
import soxr

from bench.asr.voices import SOURCE_RATE_HZ, Samples

LINE_RATE_HZ = 8000
FRAME_SAMPLES = 160
_GAP_SECONDS = 0.6  # between utterances in one pass of a codec: more than its delay
_NOISE_SLOPES = (0.5, 2.0)  # power falls as 1/f^slope: halls, streets, cars
_EDGE_DBFS = -66.0  # a quiet line is not digital silence

Pcm16 = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Condition:
    """One kind of line."""

    name: str
    about: str
    snr_db: tuple[float, float] | None = None
    babble: bool = False
    narrow: bool = False  # 300-3400 Hz instead of all that 8 kHz carry
    codec: tuple[str, ...] = ()  # ffmpeg's encoder and its options; A-law comes on top, as at the line
    container: str = ""
    lost_share: float = 0.0  # of 20 ms packets
    share: float = 1.0  # of the utterances that are tried in it
    level_dbfs: tuple[float, float] = (-33.0, -17.0)  # of the speech


CLEAN = Condition("clean", "A-law")
CONDITIONS = (
    CLEAN,
    Condition("snr15-25", "noise at 15–25 dB, 300–3400 Hz, A-law", snr_db=(15, 25), narrow=True),
    Condition("babble8-18", "babble and noise at 8–18 dB, half with a room, A-law", (8, 18), babble=True, narrow=True),
    Condition("gsm", "GSM full rate", codec=("libgsm",), container="gsm", share=0.3),
    Condition("opus8k", "Opus at 8 kbit/s", codec=("libopus", "-b:a", "8k"), container="ogg", share=0.3),
    Condition("loss5", "5 % of packets lost in bursts", lost_share=0.05, share=0.3),
    Condition("quiet", "very quiet callers, -48…-40 dBFS", level_dbfs=(-48, -40), share=0.3),
)


def missing_programs() -> tuple[str, ...]:
    """Return what is missing to make the conditions and to read recordings."""
    return () if shutil.which("ffmpeg") else ("ffmpeg",)


def through(condition: Condition, clips: list[tuple[str, Samples]], babble: Samples) -> list[Pcm16]:
    """Send (seed, clip at 16 kHz) pairs through a kind of line; return what comes out, at 8 kHz."""
    lines = [_to_line(condition, Random(f"{condition.name}-{seed}"), clip, babble) for seed, clip in clips]
    if condition.codec:
        lines = _coded(condition, lines)
    return [a_law(line) for line in lines]


def _to_line(condition: Condition, random: Random, clip: Samples, babble: Samples) -> Samples:
    generator = np.random.default_rng(random.getrandbits(64))
    samples = soxr.resample(clip, SOURCE_RATE_HZ, LINE_RATE_HZ)
    before, after = random.uniform(0.35, 0.7), random.uniform(0.6, 0.9)
    samples = np.concatenate([_zeros(before), samples, _zeros(after)])
    if condition.babble and random.random() < 0.5:
        samples = reverberant(samples, random.uniform(0.15, 0.4), generator)
    if condition.narrow:
        samples = _narrowed(samples)
    level = random.uniform(*condition.level_dbfs)
    samples = samples * np.float32(10 ** ((level - active_level_dbfs(samples)) / 20))
    if condition.snr_db is not None:
        snr = random.uniform(*condition.snr_db)
        noise = coloured_noise(len(samples), random.uniform(*_NOISE_SLOPES), generator)
        if condition.babble:
            start = random.randrange(len(babble) - len(samples))
            noise = _at_unit_power(babble[start : start + len(samples)]) + np.float32(0.4) * noise
        if condition.narrow:  # the ratio is that of what the line carries
            noise = _narrowed(noise)
        samples = samples + _at_unit_power(noise) * np.float32(10 ** ((level - snr) / 20))
    else:
        edge = 10 ** (_EDGE_DBFS / 20)
        samples = samples + generator.normal(0, edge, len(samples)).astype(np.float32)
    if condition.lost_share:
        samples = with_losses(samples, condition.lost_share, random)
    return np.clip(samples, -1.0, 32767 / 32768).astype(np.float32)


def _narrowed(samples: Samples) -> Samples:
    return np.convolve(samples, _TELEPHONE_BAND, mode="same").astype(np.float32)


def active_level_dbfs(samples: Samples) -> float:
    """Return the power of the speech itself: of the 20 ms frames within 30 dB of the loudest."""
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    powers = (frames.astype(np.float64) ** 2).mean(axis=1)
    if not len(powers) or not powers.max():
        return -96.0
    return float(10 * np.log10(powers[powers > powers.max() / 1000].mean()))


def coloured_noise(count: int, slope: float, generator: np.random.Generator) -> Samples:
    """Return noise whose power falls as 1/f^slope: 0 is white, 1 pink."""
    spectrum = np.fft.rfft(generator.normal(size=count))
    frequencies = np.maximum(np.fft.rfftfreq(count, 1 / LINE_RATE_HZ), 50.0)
    return _at_unit_power(np.fft.irfft(spectrum / frequencies ** (slope / 2), count).astype(np.float32))


def babble_of(clips: list[Samples], voices: int = 5, seconds: float = 120.0) -> Samples:
    """Mix speech to the murmur of a room, at 8 kHz."""
    random = Random("babble")
    mixed = np.zeros(int(seconds * LINE_RATE_HZ), dtype=np.float32)
    for _ in range(voices):
        place = 0
        while place < len(mixed):
            clip = _at_unit_power(soxr.resample(random.choice(clips), SOURCE_RATE_HZ, LINE_RATE_HZ))
            clip = clip[: len(mixed) - place] * np.float32(10 ** (random.uniform(-6, 0) / 20))
            mixed[place : place + len(clip)] += clip
            place += len(clip) + int(random.uniform(0.0, 0.4) * LINE_RATE_HZ)
    return mixed


def reverberant(samples: Samples, decay_seconds: float, generator: np.random.Generator) -> Samples:
    """Add a room: noise that decays by 60 dB in the given time, at half the power of the direct sound."""
    count = int(decay_seconds * LINE_RATE_HZ)
    tail = generator.normal(size=count) * 10 ** (-3 * np.arange(count) / count)
    tail = tail / np.sqrt((tail**2).sum()) * 0.7
    tail[0] = 1.0
    size = 1 << (len(samples) + count).bit_length()
    heard = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)
    return heard[: len(samples)].astype(np.float32)


def with_losses(samples: Samples, share: float, random: Random) -> Samples:
    """Lose packets in bursts of two on average; a lost one is the last one again, fainter each time."""
    heard = samples.copy()
    in_burst, repeats = False, 0
    for start in range(FRAME_SAMPLES, len(heard) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        in_burst = random.random() < (0.5 if in_burst else share / (2 * (1 - share)))
        repeats = repeats + 1 if in_burst else 0
        if in_burst:
            heard[start : start + FRAME_SAMPLES] = heard[start - FRAME_SAMPLES : start] * np.float32(0.7)
        if repeats > 4:
            heard[start : start + FRAME_SAMPLES] = 0
    return heard


def _coded(condition: Condition, lines: list[Samples]) -> list[Samples]:
    """Send all utterances through a codec as one stream and cut them out again."""
    gap = _zeros(_GAP_SECONDS)
    stream = np.concatenate([part for line in lines for part in (line, gap)])
    pcm = (stream * 32767).astype("<i2").tobytes()
    raw = ["-f", "s16le", "-ar", str(LINE_RATE_HZ), "-ac", "1"]
    coded = _ffmpeg([*raw, "-i", "-", "-c:a", *condition.codec, "-f", condition.container, "-"], pcm)
    back = np.frombuffer(_ffmpeg(["-f", condition.container, "-i", "-", *raw, "-"], coded), dtype="<i2")
    heard = back.astype(np.float32) / np.float32(32768)
    if len(heard) < len(stream) - LINE_RATE_HZ:
        raise RuntimeError(f"{condition.name}: the codec gave back {len(heard)} of {len(stream)} samples")
    heard = np.pad(heard, (0, max(0, len(stream) - len(heard))))
    cut, place = [], 0
    for line in lines:
        cut.append(heard[place : place + len(line)])
        place += len(line) + len(gap)
    return cut


def _ffmpeg(arguments: list[str], data: bytes) -> bytes:
    command = ["ffmpeg", "-nostdin", "-v", "error", *arguments]
    return subprocess.run(command, input=data, capture_output=True, check=True, timeout=600).stdout


def decoded_files(files: Sequence[str], rate_hz: int = SOURCE_RATE_HZ) -> list[Samples]:
    """Read recordings of any format as one channel each; together, since starting ffmpeg takes longer than they do."""
    with tempfile.TemporaryDirectory(prefix="yulia-bench-") as folder:
        arguments = [part for file in files for part in ("-i", file)]
        for number in range(len(files)):
            raw = ("-map", f"{number}:a:0", "-f", "s16le", "-ar", str(rate_hz), "-ac", "1", f"{folder}/{number}.pcm")
            arguments += raw
        _ffmpeg(arguments, b"")
        pcm = [np.fromfile(f"{folder}/{number}.pcm", dtype="<i2") for number in range(len(files))]
    return [samples.astype(np.float32) / np.float32(32768) for samples in pcm]


def a_law(samples: Samples) -> Pcm16:
    """Return the 16-bit samples after ITU-T G.711 A-law and back."""
    magnitude = np.minimum(np.abs(samples) * 32768, 32767)
    quantised = _A_LAW_LEVELS[np.searchsorted(_A_LAW_BORDERS, magnitude)]
    return np.where(samples < 0, -quantised, quantised).astype(np.int16)


def _zeros(seconds: float) -> Samples:
    return np.zeros(int(seconds * LINE_RATE_HZ), dtype=np.float32)


def _at_unit_power(samples: Samples) -> Samples:
    return samples / np.float32(np.sqrt(np.mean(samples.astype(np.float64) ** 2)) + 1e-9)


def _band_pass(low_hz: float, high_hz: float, taps: int = 201) -> Samples:
    moments = np.arange(taps) - taps // 2
    low, high = (2 * hz / LINE_RATE_HZ * np.sinc(2 * hz / LINE_RATE_HZ * moments) for hz in (low_hz, high_hz))
    return ((high - low) * np.hamming(taps)).astype(np.float32)


def _a_law_levels() -> npt.NDArray[np.int32]:
    codes = np.arange(128)
    segment, step = codes >> 4, (codes & 15) << 4
    return np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0)).astype(np.int32)


_A_LAW_LEVELS = _a_law_levels()
_A_LAW_BORDERS = (_A_LAW_LEVELS[1:] + _A_LAW_LEVELS[:-1]) / 2
_TELEPHONE_BAND = _band_pass(300.0, 3400.0)
