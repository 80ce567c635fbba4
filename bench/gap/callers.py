"""Scripted callers: many voices, levels and backgrounds; they answer the bench's round of questions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import soxr

from bench.asr.channel import LINE_RATE_HZ, active_level_dbfs, coloured_noise
from bench.asr.said import card_number, spoken_group
from bench.asr.voices import SOURCE_RATE_HZ, Samples, held_out_voices, spoken
from bench.gap.timing import LONGEST_NEXT_SECONDS, Clip, Turn, is_sound, place_of, read_turn
from ivr.softphone.errors import SoftphoneError
from ivr.softphone.phone import LineCall, SoftPhones
from ivr.softphone.surroundings import crowd

YES_NO, MENU, DIGITS, BARGE_IN, OPEN, DICTATION = "yes_no", "menu", "digits", "barge_in", "open", "dictation"
AGAIN = "again"
"""What was said into a prompt that went on, said again at its end so that the conversation keeps to its order."""
ROUND = (YES_NO, MENU, DIGITS, BARGE_IN, OPEN, BARGE_IN, OPEN, DICTATION)
"""The questions in the order of bench/flows; the last answer leads back to the first one."""
DICTATION_PAUSE_SECONDS = 1.5
_ANSWERS = {
    YES_NO: ("да", "нет", "да верно", "конечно", "нет неверно", "всё верно", "хорошо", "не надо"),
    MENU: ("баланс", "узнать баланс", "сколько баллов", "активация карты", "заблокировать карту", "объединить карты"),
    BARGE_IN: ("да конечно", "нет спасибо", "да всё верно", "нет неправильно", "да правильно", "нет не надо"),
    OPEN: (
        ("я хотел узнать сколько у меня баллов на карте",),
        ("добрый день", "у меня не проходит карта на кассе"),
        ("мне не начислили баллы за покупку",),
        ("я потеряла карту", "и хочу её заблокировать"),
        ("подскажите пожалуйста как активировать новую карту",),
        ("у меня две карты", "хочу объединить баллы"),
    ),
}
_OPEN_PAUSES_SECONDS = (0.2, 0.45)  # in the middle of a sentence
_PROMPT_OVER_SECONDS = 0.7
_ANSWER_LIMIT_SECONDS = 20.0
_RATES = (0.9, 1.0, 1.2)
_CROWD = 5
_CROWD_DB = (18.0, 14.0, 10.0)


@dataclass(frozen=True, slots=True)
class Caller:
    """One call's caller."""

    number: str
    voice: str
    level_dbfs: float
    snr_db: float | None  # of steady noise around what they say
    behind: bytes  # people who talk on for the whole call; empty: nobody
    answers: tuple[tuple[str, Clip], ...]  # kind and clip, in the order they are said


def make_callers(calls: int, in_crowd: int, rounds: int, told: Callable[[int, int], object]) -> list[Caller]:
    """Make up callers and speak what they will say, with the held-out voices; `in_crowd` more call out of a crowd.

    Raises:
        PackageMissing: the voices cannot be had.
        CallerVoiceFailed: espeak-ng, which makes the crowd, is missing or failed.
    """
    voices, files = held_out_voices()
    random = Random("callers of the gap bench")
    scripts = []
    for call in range(calls + in_crowd):
        voice, rate = voices[call % len(voices)], random.choice(_RATES)
        said = [(kind, _groups(kind, random)) for _ in range(rounds) for kind in ROUND]
        scripts.append((voice, rate, said))
    wanted = list(
        dict.fromkeys((voice, rate, group) for voice, rate, said in scripts for _, groups in said for group in groups)
    )
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        told(done, len(wanted))

    clips = dict(zip(wanted, spoken(wanted, files, more), strict=True))
    callers = []
    for call, (voice, rate, said) in enumerate(scripts):
        is_in_crowd = call >= calls
        level, snr = random.uniform(-30, -18), (random.uniform(15, 25) if call % 3 == 2 and not is_in_crowd else None)
        crowd_dbfs = level - _CROWD_DB[(call - calls) % len(_CROWD_DB)]
        behind = asyncio.run(crowd(_CROWD, crowd_dbfs)) if is_in_crowd else b""
        noise = np.random.default_rng(call)
        answers = tuple(
            (kind, _clip(kind, groups, [clips[voice, rate, group] for group in groups], level, snr, random, noise))
            for kind, groups in said
        )
        callers.append(Caller(f"+7903222{call:04}", voice, level, snr, behind, answers))
    return callers


def _groups(kind: str, random: Random) -> tuple[str, ...]:
    if kind == DIGITS:
        return (spoken_group("".join(random.choices("0123456789", k=4)), random),)
    if kind == DICTATION:
        digits = card_number(random)
        return tuple(spoken_group(digits[place : place + 4], random) for place in range(0, 16, 4))
    chosen = random.choice(_ANSWERS[kind])
    return chosen if isinstance(chosen, tuple) else (chosen,)


def _clip(
    kind: str,
    groups: Sequence[str],
    parts: Sequence[Samples],
    level_dbfs: float,
    snr_db: float | None,
    random: Random,
    noise: np.random.Generator,
) -> Clip:
    """Join groups with pauses, at a level, with noise around and beneath it for callers who have some."""
    pieces = [soxr.resample(part, SOURCE_RATE_HZ, LINE_RATE_HZ) for part in parts]
    line = [pieces[0]]
    for piece in pieces[1:]:
        seconds = DICTATION_PAUSE_SECONDS if kind == DICTATION else random.uniform(*_OPEN_PAUSES_SECONDS)
        line += [np.zeros(int(seconds * LINE_RATE_HZ), np.float32), piece]
    speech = np.concatenate(line)
    speech = speech * np.float32(10 ** ((level_dbfs - active_level_dbfs(speech)) / 20))
    lead, tail = (0.4, 1.5) if snr_db is not None else (0.0, 0.0)
    before, after = int(lead * LINE_RATE_HZ), int(tail * LINE_RATE_HZ)
    whole = np.concatenate([np.zeros(before, np.float32), speech, np.zeros(after, np.float32)])
    if snr_db is not None:
        whole = whole + coloured_noise(len(whole), 1.0, noise) * np.float32(10 ** ((level_dbfs - snr_db) / 20))
    loud = np.nonzero(np.abs(speech) > 10 ** ((level_dbfs - 25) / 20))[0]
    pcm16 = (np.clip(whole, -1, 32767 / 32768) * 32768).astype(np.int16)
    return Clip(" … ".join(groups), pcm16, before + int(loud[0]), before + int(loud[-1]) + 1)


async def converse(
    phones: SoftPhones, caller: Caller, hotline: str, server: str, told: Callable[[], object]
) -> tuple[list[Turn], LineCall]:
    """Ring the line and answer its questions; read the times off the recording. A call that breaks off ends early."""
    call = await phones.call(hotline, caller_number=caller.number, server=server)
    call.surround(caller.behind)
    random = Random(caller.number)
    said: list[tuple[str, Clip]] = []
    try:
        call.heard.mark(time.monotonic())
        for kind, clip in caller.answers:
            if kind == BARGE_IN:
                await _sounding(call)
                await call.hear_seconds(random.uniform(0.8, 2.5))
            else:
                await _prompt_over(call)
                await call.hear_seconds(random.uniform(0.0, 0.6))
            said.append((kind, clip))
            await _speak(call, clip)
            if kind == BARGE_IN and await _goes_on(call):
                await _prompt_over(call)
                said.append((AGAIN, clip))
                await _speak(call, clip)
            told()
        await _sounding(call)
        await call.hear_seconds(0.5)
    except (SoftphoneError, TimeoutError):
        pass  # what was said so far still counts
    finally:
        await call.hang_up()
    turns = await asyncio.to_thread(_read, call, said)
    return [replace(turn, in_crowd=bool(caller.behind)) for turn in turns], call


async def _speak(call: LineCall, clip: Clip) -> None:
    """Say a clip and return when its speech is over; noise may go on behind."""
    before = call.sound.queued_frames
    call.sound.queue(clip.pcm16.tobytes())
    over = before + -(-clip.speech_end // 160)
    async with asyncio.timeout(len(clip.pcm16) / LINE_RATE_HZ + 10):
        while call.sound.sent_frames < over:
            await call.hear_seconds(0.01)
    call.heard.mark(time.monotonic())


async def _sounding(call: LineCall) -> None:
    limit = time.monotonic() + _ANSWER_LIMIT_SECONDS
    while call.heard.sound_since_mark is None and time.monotonic() < limit:
        await call.hear_seconds(0.02)


async def _goes_on(call: LineCall) -> bool:
    """Say whether the prompt that was interrupted goes on: what follows it is shorter."""
    await _sounding(call)
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_NEXT_SECONDS + 0.2:
        run = call.heard.sound_since_mark
        if run is None or time.monotonic() - run.ended_at >= _PROMPT_OVER_SECONDS:
            return False
        await call.hear_seconds(0.02)
    return True


async def _prompt_over(call: LineCall) -> None:
    await _sounding(call)
    limit = time.monotonic() + _ANSWER_LIMIT_SECONDS
    while time.monotonic() < limit:
        run = call.heard.sound_since_mark
        if run is None or time.monotonic() - run.ended_at >= _PROMPT_OVER_SECONDS:
            return
        await call.hear_seconds(0.02)


def _read(call: LineCall, said: list[tuple[str, Clip]]) -> list[Turn]:
    left, right = call.both_directions()
    sounds = is_sound(right)
    places, after = [], 0
    for kind, clip in said:
        place = place_of(clip, left, after)
        if place is None:
            break  # the call ended while it was being said
        places.append((kind, clip, place))
        after = place + clip.speech_end
    ends = [place + clip.speech_start for _, clip, place in places[1:]] + [len(right)]
    return [read_turn(kind, clip, place, sounds, end) for (kind, clip, place), end in zip(places, ends, strict=True)]
