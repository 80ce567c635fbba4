"""Clean clips become telephone calls, and the labels stay where the speech is."""

import shutil
from itertools import islice, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_models.trainer import channel, noise
from asr_models.trainer.augmentation import AugmentationRecipe, augmented
from asr_models.trainer.clips import (
    BANK_RATE_HZ,
    GARBAGE,
    OUTSIDE,
    TELEPHONE_RATE_HZ,
    AlignedClip,
    Segment,
    TelephoneUtterance,
    Word,
)
from asr_models.trainer.telephone_codecs import CODECS, Codec, a_law, mu_law, through_codec
from asr_models.trainer.time_stretch import with_speed, with_tempo

HAS_CODECS = all(shutil.which(tool) for tool in ("ffmpeg", "sox"))
needs_codecs = pytest.mark.skipif(not HAS_CODECS, reason="ffmpeg and sox, tools of the trainer, are not installed")
UNTOUCHED = AugmentationRecipe(
    speeds=(1, 1),
    usual_speeds=(1, 1),
    tempo_share=0,
    room_share=0,
    equaliser_share=0,
    band_share=0,
    noise_share=0,
    neighbour_share=0,
    clicks_share=0,
    breath_share=0,
    levels_db=(-20, -20),
    suppression_share=0,
    gate_share=0,
    gain_control_share=0,
    clipping_share=0,
    offset_share=0,
    codec_share=0,
    lost_packets_share=0,
    a_law_share=0,
    mu_law_share=0,
)
"""Nothing happens; tests turn on one thing."""

Floats = NDArray[np.float32]


def burst(seconds: float, rate_hz: int, seed: int = 0) -> Floats:
    """Return noise that every codec and filter lets through."""
    noise_of_all = np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))
    return (0.2 * np.convolve(noise_of_all, np.ones(4) / 4, "same")).astype(np.float32)


def vowel(seconds: float, rate_hz: int, pitch_hz: float = 130) -> Floats:
    """Return something like a vowel with sharp edges: codecs are made for speech."""
    harmonics = np.arange(1, int(3400 / pitch_hz))
    strengths = 1 / (1 + ((harmonics * pitch_hz - 600) / 250) ** 2) + 0.3 / (
        1 + ((harmonics * pitch_hz - 1500) / 200) ** 2
    )
    moments = np.arange(round(seconds * rate_hz)) / rate_hz
    sound = strengths @ np.sin(2 * np.pi * pitch_hz * np.outer(harmonics, moments) + harmonics[:, None] ** 2)
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def marked_clip(voice: str, text: str, seconds: float = 0.4) -> AlignedClip:
    """Return a clip that is silent but for one word: it begins and ends exactly where the label says."""
    pcm = np.zeros(round((seconds + 0.3) * BANK_RATE_HZ), np.float32)
    start = round(0.12 * BANK_RATE_HZ)
    sound = vowel(seconds, BANK_RATE_HZ, 100 + 10 * len(text))
    pcm[start : start + len(sound)] = sound
    return AlignedClip(f"{voice}-{text}", voice, pcm, (Word(text, (Segment("a", 0.12, 0.12 + seconds),)),))


def marked_clips() -> list[AlignedClip]:
    """Return two speakers with numbers, answers and one thing beside the point."""
    words = ("один", "два", "три", "четыре", "пять", "да", "нет", "ну", "баланс")
    clips = [marked_clip(voice, word) for voice in ("anna", "ivan") for word in words]
    outside = marked_clip("anna", OUTSIDE)
    return [*clips, AlignedClip("out", "anna", outside.pcm, (Word(OUTSIDE, (Segment(GARBAGE, 0.12, 0.52),)),))]


def middle_seconds(pcm16: NDArray[np.int16]) -> float:
    """Return where the energy of a sound lies."""
    energy = np.square(pcm16.astype(float))
    return float(energy @ np.arange(len(pcm16)) / energy.sum() / TELEPHONE_RATE_HZ)


def spans(words: tuple[Word, ...]) -> list[tuple[float, float]]:
    """Return where the words are, those that touch as one."""
    joined: list[tuple[float, float]] = []
    for word in words:
        start, end = word.phones[0].start_seconds, word.phones[-1].end_seconds
        if joined and start - joined[-1][1] < 0.04:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def loud_spans(samples: NDArray[np.int16], threshold: float = 0.2) -> list[tuple[float, float]]:
    """Find where there is sound, to 2.5 ms."""
    block = 20
    levels = np.abs(samples[: len(samples) // block * block].astype(float)).reshape(-1, block).max(axis=1)
    loud = np.flatnonzero(levels > threshold * levels.max()) if levels.max() > 20 else np.zeros(0, int)
    seconds = block / TELEPHONE_RATE_HZ
    found: list[tuple[float, float]] = []
    for index in loud:
        if found and index * seconds - found[-1][1] < 0.04:
            found[-1] = (found[-1][0], (index + 1) * seconds)
        else:
            found.append((index * seconds, (index + 1) * seconds))
    return [span for span in found if span[1] - span[0] > 0.02]


def lag_seconds(call: TelephoneUtterance) -> float:
    """Return by how much the sound comes after its labels, from all of the call."""
    block = 20
    count = len(call.pcm16) // block
    loudness = np.sqrt(np.abs(call.pcm16[: count * block].astype(float)).reshape(count, block).max(axis=1))
    moments = (np.arange(count) + 0.5) * block / TELEPHONE_RATE_HZ
    spoken = np.zeros(count)
    for start, end in spans(call.words):
        spoken[(moments >= start) & (moments < end)] = 1
    most = 80  # 0.2 s
    padded = np.pad(spoken - spoken.mean(), most)
    likeness = [padded[most - lag : most - lag + count] @ loudness for lag in range(-most, most + 1)]
    return (int(np.argmax(likeness)) - most) * block / TELEPHONE_RATE_HZ


def assert_labels_fit(recipe: AugmentationRecipe, within_seconds: float, count: int = 60) -> None:
    """Check each utterance: as many sounds as labels say, each beginning and ending there."""
    checked = 0
    for utterance in islice(augmented(3, marked_clips(), recipe), count):
        labelled, heard = spans(utterance.words), loud_spans(utterance.pcm16)
        assert len(labelled) == len(heard)
        for label, sound in zip(labelled, heard, strict=True):
            assert label == pytest.approx(sound, abs=within_seconds)
            checked += 1
    assert checked > count / 2


def changed(**fields: object) -> AugmentationRecipe:
    """Turn on one thing."""
    return AugmentationRecipe(**{**{name: getattr(UNTOUCHED, name) for name in UNTOUCHED.__slots__}, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("recipe", "within_seconds"),
    [
        (UNTOUCHED, 0.006),
        (changed(speeds=(0.74, 1.4), usual_speeds=(0.74, 1.4)), 0.006),
        (changed(tempo_share=1, tempi=(0.5, 1.5)), 0.03),
        (changed(equaliser_share=1, band_share=1), 0.01),
        (changed(clipping_share=1), 0.006),
        (changed(a_law_share=1), 0.006),
        (changed(mu_law_share=0.5, levels_db=(-35, -11)), 0.006),
    ],
    ids=["untouched", "speed", "tempo", "filters", "clipping", "a-law", "mu-law"],
)
def test_speech_is_where_its_labels_say(recipe: AugmentationRecipe, within_seconds: float) -> None:
    assert_labels_fit(recipe, within_seconds)


@needs_codecs
def test_speech_that_went_through_codecs_is_where_its_labels_say() -> None:
    recipe = changed(codec_share=1, tempo_share=0.5, tempi=(0.7, 1.3))
    lags = [lag_seconds(call) for call in islice(augmented(3, marked_clips(), recipe), 160) if call.words]
    assert np.abs(lags).max() <= 0.03
    assert abs(np.mean(lags)) <= 0.01


def test_the_same_seed_gives_the_same_calls() -> None:
    recipe = AugmentationRecipe(codec_share=0)
    first, second = (list(islice(augmented(9, marked_clips(), recipe), 50)) for _ in range(2))
    assert all(np.array_equal(a.pcm16, b.pcm16) and a.words == b.words for a, b in zip(first, second, strict=True))


@needs_codecs
def test_the_same_seed_gives_the_same_calls_through_codecs_too() -> None:
    first, second = (list(islice(augmented(9, marked_clips(), changed(codec_share=1)), 45)) for _ in range(2))
    assert all(np.array_equal(a.pcm16, b.pcm16) for a, b in zip(first, second, strict=True))


def test_another_seed_gives_other_calls() -> None:
    recipe = AugmentationRecipe(codec_share=0)
    first, second = (next(augmented(seed, marked_clips(), recipe)) for seed in (1, 2))
    assert not np.array_equal(first.pcm16, second.pcm16)


def test_words_follow_one_another_and_lie_within_the_call() -> None:
    for utterance in islice(augmented(4, marked_clips(), AugmentationRecipe(codec_share=0)), 200):
        moments = [
            moment
            for word in utterance.words
            for phone in word.phones
            for moment in (phone.start_seconds, phone.end_seconds)
        ]
        assert all(before <= after + 1e-6 for before, after in pairwise([0.0, *moments]))
        assert not moments or moments[-1] <= len(utterance.pcm16) / TELEPHONE_RATE_HZ + 0.03


def test_there_are_calls_of_every_kind() -> None:
    calls = list(islice(augmented(4, marked_clips(), AugmentationRecipe(codec_share=0)), 400))
    counts = [len(call.words) for call in calls]
    assert 0 in counts  # nobody speaks: only noise
    assert max(counts) >= 6
    assert any(call.words and call.words[0].text == OUTSIDE for call in calls)


def test_quiet_and_loud_callers_come_out_at_one_level_more_or_less() -> None:
    for level_db in (-45, -30, -12):
        recipe = changed(levels_db=(level_db, level_db), level_error_db=2.0)
        calls = islice(augmented(4, marked_clips(), recipe), 40)
        levels = [20 * np.log10(channel.speech_rms(call.pcm16 / np.float32(32768))) for call in calls if call.words]
        assert np.median(levels) == pytest.approx(-20, abs=4)
        assert np.ptp(levels) > 2


def test_dictated_groups_are_of_one_speaker() -> None:
    lengths = {"anna": 0.2, "ivan": 0.6}
    words = ("один", "два", "три", "четыре", "пять")
    clips = [marked_clip(voice, word, seconds) for voice, seconds in lengths.items() for word in words]
    for call in islice(augmented(5, clips, UNTOUCHED), 80):
        spoken = [word.phones[-1].end_seconds - word.phones[0].start_seconds for word in call.words]
        assert not spoken or max(spoken) < 2 * min(spoken)


def test_without_clips_there_is_nothing_to_say() -> None:
    with pytest.raises(ValueError, match="no aligned clips"):
        augmented(1, [])


@needs_codecs
@pytest.mark.parametrize(
    "codec", list(dict.fromkeys(CODECS)), ids=lambda codec: " ".join((codec.name, *codec.options[:2]))
)
def test_no_codec_moves_speech(codec: Codec) -> None:
    around = np.zeros(2000, np.float32)
    utterances = []
    for pitch_hz in range(90, 210, 10):
        sound = vowel(0.35, TELEPHONE_RATE_HZ, pitch_hz) * np.hanning(2800)
        utterances.append((np.concatenate([around, sound, around]) * 32767).astype(np.int16))
    for sent, heard in zip(utterances, through_codec(utterances, codec), strict=True):
        assert len(heard) == len(sent)
        assert middle_seconds(heard) == pytest.approx(middle_seconds(sent), abs=0.02)


@pytest.mark.parametrize("law", [a_law, mu_law])
def test_g711_keeps_a_sample_within_its_step_and_knows_256_levels(law: object) -> None:
    assert callable(law)
    every = np.arange(-32768, 32768).astype(np.int16)
    heard = law(every)
    assert 200 < len(np.unique(heard)) <= 256
    assert np.all(np.diff(heard.astype(int)) >= 0)
    assert np.all(np.abs(heard.astype(int) - every) <= np.maximum(np.abs(every.astype(int)) / 16, 16))
    assert np.array_equal(law(heard), heard)


@pytest.mark.parametrize("tempo", [0.5, 0.8, 1.0, 1.25, 1.5])
def test_a_changed_tempo_keeps_pitch_and_gives_the_asked_length(tempo: float) -> None:
    seconds = np.arange(2 * TELEPHONE_RATE_HZ) / TELEPHONE_RATE_HZ
    tone = np.sin(2 * np.pi * 150 * seconds).astype(np.float32)
    out, moved = with_tempo(tone, tempo, TELEPHONE_RATE_HZ)
    assert len(out) == pytest.approx(len(tone) / tempo, abs=2)
    spectrum = np.abs(np.fft.rfft(out[1000:-1000]))
    assert spectrum.argmax() * TELEPHONE_RATE_HZ / len(out[1000:-1000]) == pytest.approx(150, abs=4)
    assert moved(1.0) == pytest.approx(1.0 / tempo, abs=0.02)
    assert np.all(np.diff([moved(moment) for moment in np.linspace(0, 2.1, 200)]) >= 0)


def test_a_changed_speed_moves_the_pitch() -> None:
    seconds = np.arange(BANK_RATE_HZ) / BANK_RATE_HZ
    tone = np.sin(2 * np.pi * 400 * seconds).astype(np.float32)
    out = with_speed(tone, BANK_RATE_HZ, 1.25, TELEPHONE_RATE_HZ)
    assert len(out) == pytest.approx(TELEPHONE_RATE_HZ / 1.25, abs=2)
    assert np.abs(np.fft.rfft(out)).argmax() * TELEPHONE_RATE_HZ / len(out) == pytest.approx(500, abs=3)


def test_the_direct_sound_of_a_room_comes_at_once_and_is_the_loudest() -> None:
    for seed in range(20):
        heard = np.fft.irfft(channel.room(8192, np.random.default_rng(seed)), 8192)
        assert heard[0] == pytest.approx(1)
        assert np.abs(heard[1:]).max() < 0.9


def test_lost_packets_leave_the_length() -> None:
    pcm16 = (burst(5, TELEPHONE_RATE_HZ) * 32767).astype(np.int16)
    heard = channel.with_lost_packets(pcm16, np.random.default_rng(1))
    assert len(heard) == len(pcm16)
    lost = np.mean(heard != pcm16)
    assert 0.005 < lost < 0.25


def test_a_telephone_band_lets_only_the_telephone_band_through() -> None:
    size = channel.filter_size(TELEPHONE_RATE_HZ)
    response = channel.band(size, np.random.default_rng(2))
    at = [round(hz / TELEPHONE_RATE_HZ * size) for hz in (20, 1000, 3990)]
    low, middle, high = (response[index] for index in at)
    assert middle > 0.9
    assert low < 0.4
    assert high < middle


@pytest.mark.parametrize("length", [400, 8000, 50_001])
def test_noises_have_the_asked_length_and_level(length: int) -> None:
    random = np.random.default_rng(1)
    voices = [burst(1, TELEPHONE_RATE_HZ)]
    sounds = [noise.hum(length, random), noise.music(length, random), noise.babble(length, random, voices, 3)]
    assert [len(sound) for sound in sounds] == [length] * 3
    assert [float(np.std(sound)) for sound in sounds] == pytest.approx([1] * 3, abs=0.15)
    assert len(noise.clicks(length, random)) == len(noise.coloured(length, random)) == length


def test_noise_of_any_colour_is_as_strong_as_said_within_what_a_line_carries() -> None:
    random = np.random.default_rng(1)
    hz = np.fft.rfftfreq(16_000, 1 / TELEPHONE_RATE_HZ)
    carried = (hz >= 300) & (hz <= 3400)
    for _ in range(50):
        power = np.abs(np.fft.rfft(noise.coloured(16_000, random))) ** 2 * 2 / 16_000**2
        assert power[carried].sum() == pytest.approx(1, rel=0.35)


def test_the_level_of_speech_does_not_depend_on_its_pauses() -> None:
    sound = burst(1, TELEPHONE_RATE_HZ)
    with_pauses = np.concatenate([np.zeros(20_000, np.float32), sound, np.zeros(30_000, np.float32)])
    assert channel.speech_rms(with_pauses) == pytest.approx(channel.speech_rms(sound), rel=0.05)
