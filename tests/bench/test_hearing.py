"""The bench hears as the line does."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from asr_models.voice_activity import FRAME_BYTES
from bench.asr.hearing import gated, hearing_settings
from tests.asr_models.speech_samples import spoken


def test_silence_is_not_decoded() -> None:
    assert list(gated(bytes(FRAME_BYTES * 100))) == []


def test_groups_parted_by_a_pause_are_pieces_and_nothing_is_lost_of_them() -> None:
    voiced = _vowel(0.8)
    audio = b"".join([bytes(FRAME_BYTES * 30), voiced, bytes(FRAME_BYTES * 60), voiced, bytes(FRAME_BYTES * 60)])
    pieces = list(gated(audio))
    assert len(pieces) == 2
    first, second = (np.flatnonzero(np.frombuffer(piece.pcm16, "<i2")) for piece in pieces)  # brought to one level
    spoken = np.flatnonzero(np.frombuffer(voiced, "<i2"))
    assert np.ptp(first) >= np.ptp(spoken) - 2
    assert np.ptp(second) >= np.ptp(spoken) - 2


def test_speech_to_the_very_end_is_heard() -> None:
    assert len(list(gated(bytes(FRAME_BYTES * 30) + _vowel(0.8)))) == 1


def test_who_begins_much_nearer_than_those_before_is_heard_apart_from_them() -> None:
    far, near = spoken("синхрофазотрон перегревается", level_db=-38), spoken("проверить баланс", level_db=-22)
    *_, behind, caller = list(gated(bytes(FRAME_BYTES * 30) + far + near + bytes(FRAME_BYTES * 60)))
    assert 0 < len(caller.pcm16) - len(near) < 16000 * 0.5  # with its look-back and the pause that ends it
    assert behind.level_db < caller.level_db - 14


def test_a_folder_of_two_graphs_serves_phrases_and_digits(tmp_path: Path) -> None:
    (tmp_path / "phrases").mkdir()
    (tmp_path / "digits").mkdir()
    settings = hearing_settings(tmp_path)
    assert (settings.model_dir, settings.digits_model_dir) == (tmp_path / "phrases", tmp_path / "digits")


def test_a_folder_of_one_graph_serves_everything(tmp_path: Path) -> None:
    settings = hearing_settings(tmp_path)
    assert (settings.model_dir, settings.digits_model_dir) == (tmp_path, tmp_path)


def _vowel(seconds: float) -> bytes:
    """Make something like an «а»: a pulse train of 120 Hz through three formants."""
    count = int(seconds * 8000)
    pulses = np.zeros(count)
    pulses[:: 8000 // 120] = 1.0
    moments = np.arange(400) / 8000
    ring = sum(np.exp(-moments * 300) * np.sin(2 * np.pi * formant * moments) for formant in (700, 1200, 2500))
    voice = np.convolve(pulses, ring)[:count]
    samples = voice / np.abs(voice).max() * 9000
    whole = samples[: count // 160 * 160]
    return bytes(whole.astype("<i2").tobytes())
