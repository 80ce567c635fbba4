"""Clean clips become calls: other throats and tempi, rooms, noise, microphones, codecs and lost packets.

Labels stay exact: every step that moves speech in time says where each moment went.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from asr_models.levelling import levelled
from asr_models.trainer import channel, handset, noise
from asr_models.trainer.clips import BANK_RATE_HZ, TELEPHONE_RATE_HZ, AlignedClip, Segment, TelephoneUtterance, Word
from asr_models.trainer.composition import Composer, Composition
from asr_models.trainer.telephone_codecs import CODECS, Codec, a_law, mu_law, through_codec
from asr_models.trainer.time_stretch import Samples, with_speed, with_tempo

_BLOCK_UTTERANCES = 40
_BABBLERS = 60
_CLEAN_RMS = 0.06  # of full scale
_CLEAN_HISS = 5e-4
_FAINTEST_RMS = 1e-5
_SILENT_RMS = 0.05  # stands for the level of speech where there is none


@dataclass(frozen=True, slots=True)
class AugmentationRecipe:
    """How often and how strongly each thing happens to an utterance; levels are of the speech itself."""

    speeds: tuple[float, float] = (0.74, 1.4)
    usual_speeds: tuple[float, float] = (0.85, 1.2)
    wide_speed_share: float = 0.35
    tempi: tuple[float, float] = (0.5, 1.5)  # speed times tempo
    tempo_share: float = 0.6
    room_share: float = 0.35
    equaliser_share: float = 0.7
    band_share: float = 0.6
    noise_share: float = 0.9
    snr_db: tuple[float, float, float] = (3.0, 36.0, 13.0)  # least, most, usual; of what the line carries
    babble_share: float = 0.45
    babblers: tuple[int, int] = (3, 8)  # fewer could be understood, and are labelled as silence
    neighbour_share: float = 0.15  # one voice in the background, a television
    neighbour_db: tuple[float, float] = (-36.0, -12.0)
    hum_share: float = 0.12
    music_share: float = 0.07
    clicks_share: float = 0.12
    breath_share: float = 0.15
    levels_db: tuple[float, float] = (-48.0, -11.0)  # below full scale
    suppression_share: float = 0.15
    gate_share: float = 0.12
    gain_control_share: float = 0.2
    clipping_share: float = 0.07
    offset_share: float = 0.15
    codec_share: float = 0.6
    lost_packets_share: float = 0.08
    a_law_share: float = 0.6
    mu_law_share: float = 0.15
    look_ahead_frames: tuple[int, int] = (2, 12)  # how early the caller's level is known: a gate opens at the third
    level_error_db: float = 3.0  # at most


@dataclass(frozen=True, slots=True)
class _Sounding:
    """An utterance on its way: samples at 8 kHz and words at their place."""

    samples: Samples
    words: tuple[Word, ...]
    clean16: NDArray[np.int16]


def augmented(
    seed: int, clips: Sequence[AlignedClip], recipe: AugmentationRecipe | None = None
) -> Iterator[TelephoneUtterance]:
    """Make telephone speech without end; the same for the same seed and clips.

    Raises:
        ValueError: there are no clips.
        CodecFailed: ffmpeg or sox is missing or failed.
    """
    return _Line(np.random.default_rng(seed), clips, recipe or AugmentationRecipe()).utterances()


def shifted(words: Sequence[Word], moved: Callable[[float], float]) -> tuple[Word, ...]:
    """Move words in time."""
    return tuple(
        Word(
            word.text,
            tuple(Segment(phone.unit, moved(phone.start_seconds), moved(phone.end_seconds)) for phone in word.phones),
        )
        for word in words
    )


def _clean(spoken: Samples) -> NDArray[np.int16]:
    """Send speech over a quiet line: A-law at a usual level, and faint noise, since digital silence has no spectrum."""
    level = channel.speech_rms(spoken)
    hiss = np.random.default_rng(len(spoken)).standard_normal(len(spoken)) * _CLEAN_HISS
    loud = spoken * (_CLEAN_RMS / level) if level > _FAINTEST_RMS else spoken
    return a_law(np.clip(np.round((loud + hiss) * 32767), -32768, 32767).astype(np.int16))


class _Line:
    def __init__(self, random: np.random.Generator, clips: Sequence[AlignedClip], recipe: AugmentationRecipe) -> None:
        self._random = random
        self._recipe = recipe
        self._compositions = Composer(clips, random).compositions()
        chosen = random.choice(len(clips), min(_BABBLERS, len(clips)), replace=False)
        voices = [with_speed(clips[index].pcm, BANK_RATE_HZ, 1.0, TELEPHONE_RATE_HZ) for index in chosen]
        self._voices = [voice / (float(np.std(voice)) + 1e-6) for voice in voices]

    def utterances(self) -> Iterator[TelephoneUtterance]:
        """Send block after block through a codec of its own."""
        while True:
            block = [self._near_end(composition) for composition in islice(self._compositions, _BLOCK_UTTERANCES)]
            sent = [(np.round(sounding.samples * 32767)).astype(np.int16) for sounding in block]
            if self._happens(self._recipe.codec_share):
                codec: Codec = CODECS[self._random.integers(len(CODECS))]
                sent = through_codec(sent, codec)
            for pcm16, sounding in zip(sent, block, strict=True):
                yield TelephoneUtterance(self._levelled(self._far_end(pcm16)), sounding.clean16, sounding.words)

    def _near_end(self, composition: Composition) -> _Sounding:
        """Do all that happens before the line: the speaker, the room, the noise, the microphone."""
        sounding = self._spoken(composition)
        samples, level = sounding.samples, channel.speech_rms(sounding.samples) if composition.pieces else _SILENT_RMS
        size = channel.filter_size(len(samples))
        if composition.pieces:
            samples = samples / level
            if self._happens(self._recipe.room_share):
                samples = channel.filtered(samples, channel.room(size, self._random), size)
        samples = samples + self._surroundings(sounding)
        response: NDArray[np.floating] = np.ones(size // 2 + 1)
        if self._happens(self._recipe.equaliser_share):
            response = response * channel.equaliser(size, self._random)
        if self._happens(self._recipe.band_share):
            response = response * channel.band(size, self._random)
        samples = self._handled(channel.filtered(samples, response, size))
        level = channel.speech_rms(samples) if composition.pieces else 1.0
        samples *= 10 ** (self._random.uniform(*self._recipe.levels_db) / 20) / level
        if self._happens(self._recipe.clipping_share):
            ceiling = float(np.abs(samples).max()) * self._random.uniform(0.15, 0.7)
            samples = np.clip(samples, -ceiling, ceiling)
        if self._happens(self._recipe.offset_share):
            samples = samples + np.float32(self._random.uniform(-0.01, 0.01))
        return replace(sounding, samples=np.clip(samples, -1, 1).astype(np.float32))

    def _spoken(self, composition: Composition) -> _Sounding:
        """Put the pieces together and change voice and tempo."""
        recipe = self._recipe
        wide = self._happens(recipe.wide_speed_share)
        speed = float(self._random.uniform(*(recipe.speeds if wide else recipe.usual_speeds)))
        parts: list[Samples] = []
        words: list[Word] = []
        place = 0
        for piece in composition.pieces:
            parts.append(np.zeros(round(piece.pause_seconds * TELEPHONE_RATE_HZ), np.float32))
            place += len(parts[-1])
            first, last = (round(seconds * BANK_RATE_HZ) for seconds in (piece.start_seconds, piece.end_seconds))
            factor = speed * piece.speed
            parts.append(
                with_speed(piece.clip.pcm[first:last], BANK_RATE_HZ, factor, TELEPHONE_RATE_HZ) * np.float32(piece.gain)
            )
            start = place / TELEPHONE_RATE_HZ
            words += shifted(
                piece.clip.words,
                lambda seconds, start=start, first=first, factor=factor: (  # type: ignore[misc]
                    max(start, start + (seconds - first / BANK_RATE_HZ) / factor)
                ),
            )
            place += len(parts[-1])
        parts.append(np.zeros(round(composition.end_pause_seconds * TELEPHONE_RATE_HZ), np.float32))
        samples = np.concatenate(parts)
        if not composition.pieces or not self._happens(recipe.tempo_share):
            return _Sounding(samples, tuple(words), _clean(samples))
        tempo = float(np.clip(self._random.uniform(*recipe.tempi) / speed, *recipe.tempi))
        samples, moved = with_tempo(samples, tempo, TELEPHONE_RATE_HZ)
        return _Sounding(samples, shifted(words, moved), _clean(samples))

    def _surroundings(self, sounding: _Sounding) -> Samples:
        """Make all that is heard beside speech of level 1."""
        recipe, random = self._recipe, self._random
        length = len(sounding.samples)
        heard = np.zeros(length, np.float32)
        if self._happens(recipe.noise_share):
            least, most, usual = recipe.snr_db
            level = 10 ** (-random.triangular(least, usual, most) / 20)
            heard += np.float32(level) * self._noise(length)
        if self._happens(recipe.neighbour_share):
            level = 10 ** (random.uniform(*recipe.neighbour_db) / 20)
            heard += np.float32(level) * noise.babble(length, random, self._voices, 1)
        if self._happens(recipe.clicks_share):
            heard += np.float32(random.uniform(0.05, 2)) * noise.clicks(length, random)
        if self._happens(recipe.breath_share):
            self._breathe(heard, sounding.words)
        return heard

    def _noise(self, length: int) -> Samples:
        recipe, random = self._recipe, self._random
        if self._happens(recipe.babble_share):
            sound = noise.babble(length, random, self._voices, int(random.integers(*recipe.babblers, endpoint=True)))
        elif self._happens(recipe.music_share):
            sound = noise.music(length, random)
        else:
            sound = noise.coloured(length, random)
        if self._happens(recipe.hum_share):
            sound = sound + np.float32(random.uniform(0.2, 1.5)) * noise.hum(length, random)
        return sound

    def _breathe(self, heard: Samples, words: Sequence[Word]) -> None:
        """Breathe where nobody speaks: the network must learn that it is silence."""
        edges = [0.0]
        for word in words:
            edges += [word.phones[0].start_seconds, word.phones[-1].end_seconds]
        edges.append(len(heard) / TELEPHONE_RATE_HZ)
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            breath = noise.breath(self._random)
            place = round(start * TELEPHONE_RATE_HZ)
            if round(end * TELEPHONE_RATE_HZ) - place > len(breath) and self._random.random() < 0.7:
                place += int(self._random.integers(0, round(end * TELEPHONE_RATE_HZ) - place - len(breath)))
                heard[place : place + len(breath)] += np.float32(10 ** (self._random.uniform(-26, -3) / 20)) * breath

    def _handled(self, samples: Samples) -> Samples:
        """Do what the telephone's own electronics do."""
        recipe = self._recipe
        for share, effect in (
            (recipe.suppression_share, handset.suppress_noise),
            (recipe.gate_share, handset.gate),
            (recipe.gain_control_share, handset.level_out),
        ):
            if self._happens(share):
                samples = effect(samples, self._random)
        return samples

    def _far_end(self, pcm16: NDArray[np.int16]) -> NDArray[np.int16]:
        """Do what the line does at the end: lost packets and G.711."""
        if self._happens(self._recipe.lost_packets_share):
            pcm16 = channel.with_lost_packets(pcm16, self._random)
        chance = self._random.random()
        if chance < self._recipe.a_law_share:
            return a_law(pcm16)
        return mu_law(pcm16) if chance < self._recipe.a_law_share + self._recipe.mu_law_share else pcm16

    def _levelled(self, pcm16: NDArray[np.int16]) -> NDArray[np.int16]:
        """Do what the line does before it recognises: bring the caller to one level, more or less."""
        look_ahead = int(self._random.integers(*self._recipe.look_ahead_frames, endpoint=True))
        error = 10 ** (self._random.uniform(-self._recipe.level_error_db, self._recipe.level_error_db) / 20)
        return np.clip(np.rint(levelled(pcm16, look_ahead) * error), -32768, 32767).astype(np.int16)

    def _happens(self, share: float) -> bool:
        return bool(self._random.random() < share)
