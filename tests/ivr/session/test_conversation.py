from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import CallStarted, HandOff, HangUp
from integrations.call_records.port import CallTurn
from integrations.loyalty.port import LoyaltyError, LoyaltyGarbage, LoyaltyTimeout, LoyaltyUnavailable
from ivr.audio.port import HungUp
from ivr.session.conversation import Conversation
from ivr.session.ear import Ear
from ivr.session.journal import HIDDEN, CallJournal
from tests.asr_models.speech_samples import silence
from tests.ivr.session.conftest import ANNAS_CARD, Outside
from tests.ivr.session.scripted_line import LIMIT_SECONDS, Line, other_tasks
from tts.port import SpeechError

ANNAS_NUMBER = "+79160000001"


class Talk:
    """A conversation under way on a line of the test."""

    def __init__(self, outside: Outside, caller_number: str | None = ANNAS_NUMBER) -> None:
        self.outside = outside
        self.line = Line(outside.voice)
        self.journal = CallJournal(asyncio.get_running_loop().time, 0.0)
        self.states: list[DialogueState] = []
        ear = Ear(self.line)
        conversation = Conversation(outside.parts(), outside.dialogue, self.line, ear, self.journal, self.states.append)
        self.pumping = asyncio.create_task(ear.run())
        self.running = asyncio.create_task(conversation.run(CallStarted(caller_number, "call-1")))

    async def ending(self) -> HandOff | HangUp:
        await self.line.turn_until(self.running)
        return self.running.result()

    async def end(self) -> None:
        for task in (self.running, self.pumping):
            task.cancel()
            with suppress(asyncio.CancelledError, HungUp, SpeechError, ZeroDivisionError):
                await task

    def turns(self, kind: str) -> list[CallTurn]:
        return [turn for turn in self.journal.turns if turn.kind == kind]


@pytest.fixture
async def talk(outside: Outside) -> AsyncIterator[Talk]:
    """A conversation with Anna, whose number is known."""
    talk = Talk(outside)
    yield talk
    await talk.end()
    assert await other_tasks() == set(), "the conversation left a task behind"


async def ask_for_the_balance(talk: Talk) -> None:
    await talk.line.hears("Чем помочь")
    talk.line.press("1")


async def test_a_caller_hears_her_balance_and_the_goodbye(talk: Talk) -> None:
    await ask_for_the_balance(talk)
    await talk.line.hears("тысяча двести пятьдесят баллов")
    talk.line.press("2")
    assert await talk.ending() == HangUp(contained=True, reason="completed")
    assert talk.line.heard[-1] == "Спасибо за звонок. До свидания!"
    assert talk.states[-1].done
    assert [turn.text for turn in talk.turns("action")] == ["loyalty.find_by_phone: found"]
    assert talk.outside.sample("yulia_actions_total", action="loyalty.find_by_phone", result="done") == 1


async def test_a_caller_of_a_hidden_number_keys_card_and_birth_date_and_neither_is_noted(outside: Outside) -> None:
    talk = Talk(outside, caller_number=None)
    await ask_for_the_balance(talk)
    await talk.line.hears("номер карты")
    talk.line.press(f"{ANNAS_CARD}#")
    while not any("дату рождения" in text for text in talk.line.heard):
        await talk.line.turn()
        if any("Верно" in text for text in talk.line.heard):
            talk.line.press("1")
    talk.line.press("05071985")
    await talk.line.hears("Ваш баланс")
    assert {turn.text for turn in talk.turns("keys")} == {"1", HIDDEN}
    assert not any(ANNAS_CARD in turn.text for turn in talk.journal.turns)
    await talk.end()


async def test_what_is_said_before_a_question_is_stopped_together_with_it(talk: Talk) -> None:
    await talk.line.hears("Здравствуйте")  # the greeting may be interrupted: it is one piece with the question
    talk.line.press("1")
    await talk.line.hears("Ваш баланс")
    assert [text for text in talk.line.heard if "Чем помочь" in text] == []
    assert talk.turns("keys")[0].step == "menu/ask"
    assert not any("Чем помочь" in turn.text for turn in talk.turns("prompt")), "nobody heard it"


async def test_keys_pressed_while_the_balance_is_told_answer_what_follows(talk: Talk) -> None:
    await ask_for_the_balance(talk)
    await talk.line.hears("Ваш баланс")
    talk.line.press("2")
    assert isinstance(await talk.ending(), HangUp)
    heard = " ".join(talk.line.heard)
    assert "тысяча двести пятьдесят" in heard, "keys do not cut what may not be interrupted"


async def test_silence_is_answered_and_ends_with_an_agent(talk: Talk) -> None:
    for part in ("Чем помочь", "не слышу"):
        await talk.line.hears(part)
        for _ in range(10):
            await talk.line.turn()
        talk.line.send(silence(30.0))
    ending = await talk.ending()
    assert isinstance(ending, HandOff)
    assert ending.reason == "no_input"
    assert talk.outside.sample("yulia_turns_total", kind="silence") == 2


async def test_the_gap_after_keys_is_measured_once_per_answer(talk: Talk) -> None:
    await ask_for_the_balance(talk)
    await talk.line.hears("Ваш баланс")
    assert talk.outside.sample("yulia_response_gap_seconds_count", kind="keys") == 1
    await talk.line.hears("Что-нибудь ещё")
    assert talk.outside.sample("yulia_response_gap_seconds_count", kind="keys") == 1
    talk.line.press("2")
    await talk.ending()
    assert talk.outside.sample("yulia_response_gap_seconds_count", kind="keys") == 2
    gaps = [turn.response_gap_seconds for turn in talk.turns("response")]
    assert len(gaps) == 2
    assert all(gap is not None and gap >= 0 for gap in gaps)


async def test_the_gap_after_silence_is_not_measured(talk: Talk) -> None:
    await talk.line.hears("Чем помочь")
    for _ in range(10):
        await talk.line.turn()
    talk.line.send(silence(30.0))
    await talk.line.hears("не слышу")
    assert talk.turns("response") == []


async def test_a_slow_action_makes_the_caller_hear_that_it_takes_a_moment(talk: Talk) -> None:
    talk.outside.engine.waiting_after_seconds = 0.01
    talk.outside.actions.released.clear()
    await ask_for_the_balance(talk)
    await asyncio.wait_for(talk.outside.actions.started.acquire(), LIMIT_SECONDS)
    while not ({"Одну секунду.", "Минутку, смотрю."} & set(talk.line.heard)):
        await talk.line.turn()
    talk.outside.actions.released.set()
    await talk.line.hears("Ваш баланс")


async def test_an_action_learns_who_calls_in_which_call_and_how_long_it_may_take(talk: Talk) -> None:
    await ask_for_the_balance(talk)
    await talk.line.hears("Ваш баланс")
    (request,) = talk.outside.actions.requests
    assert (request.action, request.arguments) == ("loyalty.find_by_phone", {"phone": "+79160000001"})
    assert (request.caller_number, request.call_id) == ("+79160000001", "call-1")
    assert (request.operation_key, request.limit_seconds) == (None, talk.outside.engine.limit_seconds)


async def test_a_fast_action_is_not_announced(talk: Talk) -> None:
    await ask_for_the_balance(talk)
    await talk.line.hears("Ваш баланс")
    assert not ({"Одну секунду.", "Минутку, смотрю."} & set(talk.line.heard))


async def test_an_answer_that_comes_while_the_caller_is_told_to_wait_is_in_time(talk: Talk) -> None:
    talk.outside.engine.waiting_after_seconds = 0.0
    talk.outside.engine.limit_seconds = 0.1
    talk.outside.actions.released.clear()
    await ask_for_the_balance(talk)
    while not ({"Одну секунду.", "Минутку, смотрю."} & set(talk.line.heard)):
        await talk.line.turn()
    talk.outside.actions.released.set()
    await asyncio.sleep(0.15)  # the prompt plays on beyond the action's limit
    await talk.line.hears("Ваш баланс")


async def test_an_action_that_never_ends_is_given_up_and_cancelled(talk: Talk) -> None:
    talk.outside.engine.limit_seconds = 0.05
    talk.outside.actions.released.clear()
    await ask_for_the_balance(talk)
    ending = await talk.ending()
    assert isinstance(ending, HandOff)
    assert (ending.reason, ending.queue) == ("action_failed", "cards")
    assert talk.outside.actions.cancelled == 1
    assert talk.outside.sample("yulia_actions_total", action="loyalty.find_by_phone", result="timeout") == 1
    assert talk.line.heard[-1].startswith("Простите, у меня неполадка")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (LoyaltyUnavailable("down"), "unavailable"),
        (LoyaltyTimeout("late"), "timeout"),
        (LoyaltyGarbage("odd"), "garbage"),
        (LoyaltyError("refused"), "unavailable"),
    ],
)
async def test_a_loyalty_system_that_fails_leads_to_an_agent(talk: Talk, error: LoyaltyError, kind: str) -> None:
    talk.outside.loyalty.fails_with = error
    await ask_for_the_balance(talk)
    ending = await talk.ending()
    assert isinstance(ending, HandOff)
    assert ending.reason == "action_failed"
    assert talk.outside.sample("yulia_actions_total", action="loyalty.find_by_phone", result=kind) == 1
    assert [turn.text for turn in talk.turns("action")] == [f"loyalty.find_by_phone: {kind}"]


async def test_a_result_that_breaks_its_contract_is_never_told(talk: Talk) -> None:
    class Odd:
        async def run(self, *_: object) -> dict[str, object]:
            return {"outcome": "found", "points": "много"}

    talk.outside.actions = Odd()  # type: ignore[assignment]
    talk = Talk(talk.outside)
    await ask_for_the_balance(talk)
    ending = await talk.ending()
    assert isinstance(ending, HandOff)
    assert ending.reason == "action_failed"
    assert "много" not in " ".join(talk.line.heard)
    await talk.end()


async def test_an_action_that_breaks_as_nobody_foresaw_is_told_to_whoever_runs_the_call(talk: Talk) -> None:
    talk.outside.actions.fails_with = ZeroDivisionError()
    await ask_for_the_balance(talk)
    with pytest.raises(ZeroDivisionError):
        await talk.ending()


async def test_a_prompt_that_cannot_be_spoken_ends_the_conversation(talk: Talk) -> None:
    talk.outside.voice.broken = "Ваш баланс"
    await ask_for_the_balance(talk)
    with pytest.raises(SpeechError):
        await talk.ending()


async def test_a_hang_up_while_something_is_said_ends_the_conversation(talk: Talk) -> None:
    await ask_for_the_balance(talk)
    await talk.line.hears("Ваш баланс")
    talk.line.hang_up()
    with pytest.raises(HungUp):
        await talk.ending()


async def test_a_conversation_cancelled_in_an_action_cancels_the_action(talk: Talk) -> None:
    talk.outside.actions.released.clear()
    await ask_for_the_balance(talk)
    async with asyncio.timeout(LIMIT_SECONDS):
        while talk.outside.actions.started.locked():
            await talk.line.turn()
    talk.running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await talk.running
    assert await other_tasks() == {talk.pumping}
    assert talk.outside.actions.cancelled == 1
