"""Held-out voices: RHVoice's Russian voices under non-commercial licences, which nothing is ever trained on."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from bench.debian_packages import CACHE, PackageMissing, unpacked
from ivr.line.state import default_state_dir
from tts.rhvoice_engine import RHVoiceFiles, find_rhvoice
from tts.rhvoice_worker import open_voice

FREE = frozenset({"aleksandr", "aleksandr-hq", "anna", "elena", "irina"})
"""Voices whose licence allows training on them: they are not held out."""
SUITE = "trixie"
"""Debian 13 has more voices than Debian 12; their files serve both."""
SOURCE_RATE_HZ = 16000
RATES = (0.85, 1.0, 1.25)
_TRIM = 0.01

Samples = npt.NDArray[np.float32]


def held_out_voices() -> tuple[tuple[str, ...], RHVoiceFiles]:
    """Return the voices' names, and the files to open them by.

    Raises:
        PackageMissing: RHVoice or its voices cannot be had.
    """
    engine = find_rhvoice(default_state_dir() / "rhvoice", "anna")
    if engine is None:
        raise PackageMissing("RHVoice is not installed: `make setup` fetches it")
    package = unpacked("rhvoice-russian", suite=SUITE) / "usr/share/RHVoice/voices"
    names = tuple(sorted(folder.name for folder in package.iterdir() if folder.name not in FREE))
    data = CACHE / "held-out-voices"
    if not data.is_dir():
        # Voices of one release with the language and the library of another.
        work = Path(tempfile.mkdtemp(prefix="voices-", dir=CACHE))
        (work / "languages").symlink_to(engine.data / "languages")
        (work / "voices").mkdir()
        for name in names:
            (work / "voices" / name).symlink_to(package / name)
        os.rename(work, data)
    return names, RHVoiceFiles(engine.library, data)


def spoken(
    texts: Sequence[tuple[str, float, str]], files: RHVoiceFiles, told: Callable[[int], object]
) -> list[Samples]:
    """Speak (voice, rate, text) triples, each trimmed; `told` hears how many more are done."""
    jobs: dict[tuple[str, float], list[int]] = defaultdict(list)
    for place, (voice, rate, _) in enumerate(texts):
        jobs[voice, rate].append(place)
    clips: dict[int, Samples] = {}
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        running = {
            pool.submit(_speak, files, voice, rate, [texts[place][2] for place in places]): places
            for (voice, rate), places in jobs.items()
        }
        for done in as_completed(running):
            places = running[done]
            clips |= zip(places, done.result(), strict=True)
            told(len(places))
    return [clips[place] for place in range(len(texts))]


def _speak(files: RHVoiceFiles, voice: str, rate: float, texts: list[str]) -> list[Samples]:
    synthesise = open_voice(files.library, files.data, voice, rate)
    return [_trimmed(*synthesise(text)) for text in texts]


def _trimmed(pcm16: bytes, rate_hz: int) -> Samples:
    samples = np.frombuffer(pcm16, dtype="<i2").astype(np.float32) / np.float32(32768)
    if rate_hz != SOURCE_RATE_HZ:
        samples = soxr.resample(samples, rate_hz, SOURCE_RATE_HZ)
    loud = np.nonzero(np.abs(samples) > _TRIM * np.abs(samples).max(initial=1e-9))[0]
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples
