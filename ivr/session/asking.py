"""One question: its prompts, and the answer by voice or keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from asr_models.phrase_grammar import UNKNOWN
from dialogs.engine.vocabulary import AnswerKind, Ask, Event, Heard, HearingFailed, KeysPressed, NothingHeard, Question
from dialogs.grammar import rule_of
from ivr.listening.listener import Listener
from ivr.session.ear import Ear
from ivr.session.key_collector import KeyCollector
from ivr.session.utterance import Utterance


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and since when the caller has been waiting for us."""

    event: Event
    waiting_since: float | None  # the event loop's time at which speech or keys ended; None after silence


async def ask(
    command: Ask,
    ear: Ear,
    typed_ahead: str,
    make_listener: Callable[[Utterance], Listener],
    utterance: Utterance,
    deaf_seconds: float = 0.0,
) -> Answer:
    """Speak the question and wait for its answer; keys stop the prompt at once, words do where barge-in is on.

    Keys of the first `deaf_seconds` are ignored. The listener holds the prompt while it is not sure whether what it
    hears are words; the utterance is stopped in any case.

    Raises:
        SpeechError: the question could not be spoken.
        HungUp: the line closed.
    """
    loop = asyncio.get_running_loop()
    is_number = command.question.answer is AnswerKind.DIGITS
    listener = make_listener(utterance)
    keys = KeyCollector(command.question.keys, deaf_seconds, lambda: is_number and listener.has_words)

    def press(key: str) -> None:
        if keys.press(key) and is_number and key.isdecimal():
            listener.key_pressed(key)

    prompt = loop.create_task(utterance.finished())
    answer = loop.create_task(listener.answer())
    touched = loop.create_task(keys.touched())
    entry = loop.create_task(keys.entry())
    stops_prompt: set[asyncio.Task[object]] = {prompt, answer, touched}
    tasks: set[asyncio.Task[object]] = {prompt, answer, touched, entry}
    if command.question.barge_in:
        barged_in = loop.create_task(listener.barged_in())
        stops_prompt.add(barged_in)
        tasks.add(barged_in)
    try:
        with ear.lent_to(listener, press):
            for key in typed_ahead:
                press(key)
            await asyncio.wait(stops_prompt, return_when=asyncio.FIRST_COMPLETED)
            if prompt.done():
                prompt.result()
            utterance.stop()
            listener.prompt_ended()
            await asyncio.wait({answer, touched}, return_when=asyncio.FIRST_COMPLETED)
            if touched.done():
                if not is_number:
                    listener.keys_touched()
                elif (number := await _dictated(command.question, listener, keys, answer, entry)) is not None:
                    return Answer(number, loop.time() - listener.trailing_silence_seconds)
                return Answer(KeysPressed(await entry), loop.time())
            heard = answer.result()
            silent_for = listener.trailing_silence_seconds
            return Answer(heard, None if isinstance(heard, NothingHeard | HearingFailed) else loop.time() - silent_for)
    finally:
        utterance.stop()
        keys.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.close()


async def _dictated(
    question: Question,
    listener: Listener,
    keys: KeyCollector,
    answer: asyncio.Task[Heard | NothingHeard | HearingFailed],
    entry: asyncio.Task[str],
) -> Heard | None:
    """Wait for a number of which keys are at least a part; None when the keys alone are the answer.

    People say digits while they press them: what is a number by its keys alone, is that number.
    """
    await asyncio.wait({answer, entry}, return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():
        if not keys.closed_by_key:
            return None
        listener.number_ended()  # what was said last is still being understood
    heard = await answer
    is_spoken = isinstance(heard, Heard) and any(
        not (word.isdecimal() or word == UNKNOWN) for word in heard.text.replace(",", " ").split()
    )
    return heard if isinstance(heard, Heard) and is_spoken and not rule_of(question).allows(keys.keys) else None
