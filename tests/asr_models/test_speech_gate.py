from __future__ import annotations

import pytest

from asr_models.settings import GateSettings
from asr_models.speech_gate import SpeechGate
from tests.asr_models.speech_samples import FRAME_BYTES, frames, mixed, noise, silence, spoken, tones

AS_IT_COMES = GateSettings(levelling=False)
KEYS_HZ = [(low, high) for low in (697, 770, 852, 941) for high in (1209, 1336, 1477)]
FRAMES_A_SECOND = 50


def heard(gate: SpeechGate, audio: bytes) -> list[bytes]:
    """Return the utterances the gate lets through."""
    utterances: list[bytes] = []
    was_open = False
    for frame in frames(audio):
        passed = gate.take(frame)
        if passed and not was_open:
            utterances.append(b"")
        if passed:
            utterances[-1] += passed
        was_open = gate.is_open
    return utterances


@pytest.mark.parametrize("level_db", [-20.0, -35.0, -45.0])
@pytest.mark.parametrize("text", ["да", "нет", "шесть", "семьдесят семь"])
def test_an_utterance_passes_whole(text: str, level_db: float) -> None:
    speech = spoken(text, level_db=level_db)

    utterances = heard(SpeechGate(AS_IT_COMES), silence(0.5) + speech + silence(0.5))

    assert speech in b"".join(utterances)


@pytest.mark.parametrize("text", ["да", "нет", "проверить баланс"])
def test_speech_passes_above_the_noise_of_the_line(text: str) -> None:
    speech = silence(1.0) + spoken(text, level_db=-25) + silence(1.0)
    hum = noise(10.0, level_db=-45)

    utterances = heard(SpeechGate(), mixed(speech, hum))

    assert len(utterances) == 1
    assert len(utterances[0]) < len(speech) - len(silence(1.0))


@pytest.mark.parametrize("level_db", [-80.0, -60.0, -50.0, -40.0, -30.0])
def test_steady_noise_costs_no_recognition(level_db: float) -> None:
    assert heard(SpeechGate(), noise(10.0, level_db=level_db)) == []


def test_silence_costs_no_recognition() -> None:
    assert heard(SpeechGate(), silence(5.0)) == []


@pytest.mark.parametrize("key", KEYS_HZ, ids=str)
@pytest.mark.parametrize("line", [silence(2.0), noise(2.0, level_db=-55)], ids=["still line", "noisy line"])
def test_key_tones_are_not_speech(key: tuple[int, int], line: bytes) -> None:
    pressed = silence(0.5) + tones(key, 0.2) + silence(0.3) + tones(key, 0.08) + silence(0.5)

    assert heard(SpeechGate(), mixed(pressed, line)) == []


def test_a_click_is_not_speech() -> None:
    assert heard(SpeechGate(), silence(0.5) + noise(0.03, level_db=-10) + silence(0.5)) == []


def test_a_pause_closes_the_gate_and_goes_on_being_measured() -> None:
    gate = SpeechGate(GateSettings(close_seconds=0.2))
    heard(gate, silence(0.5) + spoken("да"))
    assert gate.is_open

    heard(gate, silence(1.0))

    assert not gate.is_open
    assert 0.7 < gate.pause_seconds <= 1.0


def test_two_utterances_do_not_share_audio() -> None:
    first, second = spoken("семь"), spoken("пять")
    audio = silence(0.5) + first + silence(0.3) + second + silence(0.5)

    utterances = heard(SpeechGate(AS_IT_COMES), audio)

    assert len(utterances) == 2
    assert sum(len(utterance) for utterance in utterances) <= len(audio)
    assert utterances[0] in audio
    assert utterances[1] in audio


@pytest.mark.parametrize(("pause_seconds", "utterances"), [(0.3, 1), (0.7, 2)])
def test_a_short_pause_does_not_part_a_dictated_number(pause_seconds: float, utterances: int) -> None:
    audio = silence(0.5) + spoken("семь") + silence(pause_seconds) + spoken("пять") + silence(0.7)
    assert len(heard(SpeechGate(dictation=True), audio)) == utterances


def test_other_people_s_talk_behind_the_caller_s_words_does_not_hold_the_gate_open() -> None:
    caller, others = spoken("пять", level_db=-20), spoken("один два три четыре", level_db=-40)
    first, *further = heard(SpeechGate(dictation=True), silence(0.5) + caller + others + silence(0.7))
    assert len(first) < len(caller) + len(silence(1.0))
    assert not further, "it goes on and is nobody's answer"


def test_a_gate_that_may_not_open_still_looks_back() -> None:
    gate = SpeechGate(AS_IT_COMES)
    speech = spoken("баланс")
    head, tail = speech[: FRAME_BYTES * 10], speech[FRAME_BYTES * 10 :]
    for frame in frames(silence(0.5) + head):
        assert gate.take(frame, may_open=False) == b""

    utterances = heard(gate, tail + silence(0.5))

    assert speech in b"".join(utterances)


def test_a_frame_of_another_size_is_a_fault() -> None:
    with pytest.raises(ValueError, match="320"):
        SpeechGate().take(bytes(100))


@pytest.mark.parametrize("late_frames", [5, 14, 25])
def test_speech_that_began_before_the_gate_might_open_is_heard_from_its_first_sound(late_frames: int) -> None:
    audio, begins = silence(0.5) + spoken("неправильно"), 25
    opened = [SpeechGate(AS_IT_COMES) for _ in range(2)]
    passed = []
    for gate, opens_at in zip(opened, (0, begins + late_frames), strict=True):
        parts = (gate.take(frame, may_open=place >= opens_at) for place, frame in enumerate(frames(audio)))
        passed.append(b"".join(parts))
    at_once, late = passed
    assert late.endswith(at_once) or at_once.endswith(late)
    assert len(late) >= len(audio) - begins * FRAME_BYTES


def test_what_was_said_before_a_pause_while_the_gate_might_not_open_is_lost() -> None:
    gate = SpeechGate(AS_IT_COMES)
    early, late = spoken("неправильно"), spoken("да")
    audio = silence(0.5) + early + silence(0.3) + late
    opens_at = (len(audio) - len(late) // 2) // FRAME_BYTES
    passed = b"".join(gate.take(frame, may_open=place >= opens_at) for place, frame in enumerate(frames(audio)))
    assert len(late) - FRAME_BYTES <= len(passed) <= len(late) + 0.35 * 16000
