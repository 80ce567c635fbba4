"""The bank of synthetic speech."""

import shutil
import wave
from pathlib import Path

import numpy as np
import pytest

from asr_models.trainer.clips import BANK_RATE_HZ, read_index, read_pcm
from asr_models.trainer.rhvoice_library import RHVoiceEngine
from asr_models.trainer.speech import Batch, batches, make_batch, trim, write_index
from asr_models.trainer.synthesisers import with_stress
from asr_models.trainer.voice_port import SynthesiserMissing
from asr_models.trainer.voices import voice_plans

NON_COMMERCIAL = set(
    "arina artemiy evgeniy-rus mikhail pavel tatiana timofey umka victoria vitaliy vsevolod yuriy".split()  # noqa: SIM905
)
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def espeak_batch(clips: int = 6) -> Batch:
    """Return the first clips of a plan that espeak-ng alone can speak."""
    batch = next(batch for batch in batches() if batch.plan.synthesiser == "espeak")
    return Batch(batch.plan, batch.clips[:clips])


def test_nobody_speaks_whose_licence_forbids_it() -> None:
    assert not NON_COMMERCIAL & {plan.speaker.lower() for plan in voice_plans()}


def test_speakers_have_names_of_their_own() -> None:
    names = [plan.name for plan in voice_plans()]
    assert len(names) == len(set(names)) > 100


def test_the_plan_is_the_same_every_time() -> None:
    assert list(batches(scale=0.05)) == list(batches(scale=0.05))


def test_no_two_clips_share_a_file() -> None:
    ids = [planned.clip.id for batch in batches() for planned in batch.clips]
    assert len(ids) == len(set(ids)) > 14_000


def test_most_speakers_say_every_digit_alone() -> None:
    said: dict[str, set[str]] = {}
    for batch in batches():
        if not batch.plan.foreign:
            said.setdefault(batch.plan.name, set()).update(planned.clip.text for planned in batch.clips)
    digits = {"ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"}
    assert all(digits <= texts for texts in said.values())


def test_another_manner_is_another_file() -> None:
    first, second = (next(batches(seed=seed)).clips[0].clip for seed in (1, 2))
    assert first.text == second.text
    assert first.id != second.id


@needs_espeak
def test_a_bank_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    batch = espeak_batch()
    half = Batch(batch.plan, batch.clips[:3])
    assert make_batch(half, speech_dir=tmp_path, rhvoice_root=tmp_path) == 3
    assert make_batch(batch, speech_dir=tmp_path, rhvoice_root=tmp_path) == 3
    assert make_batch(batch, speech_dir=tmp_path, rhvoice_root=tmp_path) == 0


@needs_espeak
def test_the_index_lists_what_is_there(tmp_path: Path) -> None:
    batch = espeak_batch(2)
    make_batch(Batch(batch.plan, batch.clips[:1]), speech_dir=tmp_path, rhvoice_root=tmp_path)
    assert write_index(tmp_path, [batch]) == 1
    (clip,) = read_index(tmp_path)
    assert clip == batch.clips[0].clip
    pcm = read_pcm(clip.wav_path(tmp_path))
    assert 0.5 < np.abs(pcm).max() < 0.9
    with wave.open(str(clip.wav_path(tmp_path))) as file:
        assert file.getframerate() == BANK_RATE_HZ


def test_silence_around_speech_is_cut_to_a_short_edge() -> None:
    tone = np.sin(np.arange(BANK_RATE_HZ) * 0.1)
    speech = np.concatenate([np.zeros(BANK_RATE_HZ), tone, np.zeros(3 * BANK_RATE_HZ)])
    assert len(trim(speech)) == pytest.approx(1.16 * BANK_RATE_HZ, abs=0.03 * BANK_RATE_HZ)


def test_nothing_but_silence_is_no_clip() -> None:
    assert len(trim(np.zeros(BANK_RATE_HZ))) == 0


def test_the_stress_of_known_words_is_marked_for_who_needs_it() -> None:
    assert with_stress("баланс, верно?") == "бал+анс, в+ерно?"
    assert with_stress("баланс абвгд", plus_before_vowel=False) == "бала+нс абвгд"


def test_a_missing_rhvoice_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(SynthesiserMissing, match=r"rhvoice\.sh"):
        RHVoiceEngine(tmp_path)
