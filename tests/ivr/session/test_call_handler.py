from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import Event, Turn
from integrations.call_context.port import CallContext
from integrations.call_records.port import CallEnd, CallOutcome, CallRecord, CallStart
from integrations.loyalty.port import LoyaltyUnavailable
from ivr.agi.server import AgiServer
from ivr.agi.settings import AgiSettings
from ivr.audio.audiosocket import AudioSocketCall, AudioSocketServer
from ivr.audio.clock import FrameClock
from ivr.audio.settings import AudioSettings
from ivr.handoff.context_keeper import ContextKeeper
from ivr.session.call_handler import CallHandler, CallParts
from ivr.session.dialogue import OneDialogue
from tests.integrations.call_context.fake import FakeCallContextStore
from tests.integrations.call_records.fake import FakeCallRecords
from tests.ivr.session.conftest import HastyEngine, Outside
from tests.ivr.session.scripted_asterisk_call import LIMIT_SECONDS, AsteriskCall


class BrokenEngine(HastyEngine):
    """Fails as no engine should."""

    def step(self, state: DialogueState, event: Event) -> tuple[DialogueState, Turn]:
        raise ZeroDivisionError


class StuckRecords(FakeCallRecords):
    """A database that takes the beginnings of calls and then answers no more."""

    async def close_call(self, call_id: str, end: CallEnd) -> None:
        await asyncio.Event().wait()


class Worker:
    """The real AGI and audio servers around a call handler."""

    def __init__(self, outside: Outside, stack: AsyncExitStack) -> None:
        self.outside = outside
        self.records = FakeCallRecords()
        self.contexts = FakeCallContextStore()
        self.live: list[tuple[str, bool]] = []
        self._stack = stack
        self._agi: AgiServer | None = None

    async def start(self, **settings: object) -> None:
        audio = AudioSocketServer(AudioSettings(port=0, first_frame_limit_seconds=0.3), FrameClock())
        await audio.start()
        self._stack.push_async_callback(audio.close)
        keeper = ContextKeeper(self.contexts, self.outside.metrics)
        self._stack.push_async_callback(keeper.close)

        def note_live(channel: str, call: AudioSocketCall | None) -> None:
            self.live.append((channel, call is not None))

        handler = CallHandler(
            CallParts(
                conversation=self.outside.parts(**settings),
                dialogues=OneDialogue(self.outside.dialogue),
                audio=audio,
                contexts=keeper,
                records=self.records,
                metrics=self.outside.metrics,
                worker="worker-test",
                on_live_call=note_live,
            )
        )
        self._agi = AgiServer(AgiSettings(port=0, close_limit_seconds=1.0), {"call": handler.handle})
        await self._agi.start()
        self._stack.push_async_callback(self._agi.close)

    async def stop(self) -> None:
        assert self._agi is not None
        await self._agi.close()

    def ring(self, *, caller: str = "79160000001", **how: bool) -> tuple[AsteriskCall, asyncio.Task[None]]:
        assert self._agi is not None
        call = AsteriskCall(self.outside.voice, **how)
        return call, asyncio.create_task(call.run(self._agi.port, caller))

    @property
    def record(self) -> CallRecord:
        (record,) = self.records.calls.values()
        return record

    @property
    def end(self) -> CallEnd:
        assert self.record.end is not None, "the record was never closed"
        return self.record.end

    @property
    def context(self) -> CallContext:
        (context,) = self.contexts.contexts.values()
        return context


@pytest.fixture
async def worker(outside: Outside) -> AsyncIterator[Worker]:
    async with AsyncExitStack() as stack:
        yield Worker(outside, stack)


async def finished(call: asyncio.Task[None]) -> None:
    await asyncio.wait_for(call, LIMIT_SECONDS)


async def ask_for_an_agent(call: AsteriskCall) -> None:
    await call.hears("Чем помочь")
    call.press("0")


async def test_a_settled_call_leaves_a_record_and_a_result(worker: Worker) -> None:
    await worker.start()
    call, ringing = worker.ring()
    await call.hears("Чем помочь")
    assert worker.outside.sample("yulia_calls_active") == 1
    call.press("1")
    await call.hears("Ваш баланс")
    call.press("2")
    await finished(ringing)
    assert call.variables["YULIA_RESULT"] == "done"
    assert call.applications == ["Answer", "AudioSocket"]
    assert (worker.end.outcome, worker.end.reason, worker.end.topic) == (CallOutcome.CONTAINED, "completed", "balance")
    assert worker.end.customer_id == "c-1"
    assert worker.record.start == CallStart(
        call_id=call.variables["__YULIA_CALL"],
        channel="PJSIP/trunk-00000001",
        caller_number="+*******0001",
        dialled_number="88005550100",
        bundle=worker.outside.dialogue.bundle_hash,
        worker="worker-test",
        started_at=worker.record.start.started_at,
    )
    assert worker.outside.sample("yulia_calls_total", outcome="contained") == 1
    assert worker.outside.sample("yulia_calls_active") == 0
    assert worker.live == [("PJSIP/trunk-00000001", True), ("PJSIP/trunk-00000001", False)]


async def test_a_caller_who_asks_for_an_agent_goes_to_the_queue_with_the_card(worker: Worker) -> None:
    await worker.start()
    call, ringing = worker.ring()
    await ask_for_an_agent(call)
    await finished(ringing)
    told = {name: call.variables[f"YULIA_{name}"] for name in ("RESULT", "QUEUE", "REASON")}
    assert told == {"RESULT": "handoff", "QUEUE": "hotline", "REASON": "asked"}
    assert worker.end.outcome is CallOutcome.HANDED_OFF
    context = worker.context
    assert (context.key, context.queue, context.reason) == (call.variables["__YULIA_CTX"], "hotline", "asked")
    assert bytes.fromhex(call.variables["__YULIA_UUI"]).decode() == context.key
    assert context.caller_number == "+79160000001"
    assert any("Чем помочь" in entry.text for entry in context.transcript)
    assert worker.outside.sample("yulia_handoffs_total", queue="hotline", reason="asked") == 1


async def test_the_agent_learns_the_callers_name_whatever_the_call_was_about(worker: Worker) -> None:
    await worker.start()
    call, ringing = worker.ring()
    await ask_for_an_agent(call)
    await finished(ringing)
    assert (worker.context.customer_name, worker.context.customer_id) == ("Анна Сергеевна", "c-1")


async def test_a_look_up_for_the_card_that_fails_or_lasts_holds_nobody_up(worker: Worker) -> None:
    worker.outside.actions.released.clear()
    await worker.start()
    call, ringing = worker.ring()
    await ask_for_an_agent(call)
    await finished(ringing)
    assert call.variables["YULIA_REASON"] == "asked"
    assert worker.context.customer_name is None
    assert worker.outside.actions.cancelled == 1
    worker.outside.actions.released.set()
    worker.outside.loyalty.fails_with = LoyaltyUnavailable("down")
    call, ringing = worker.ring()
    await ask_for_an_agent(call)
    await finished(ringing)
    assert call.variables["YULIA_REASON"] == "asked"


async def test_the_result_is_told_after_the_queue_and_the_reason(worker: Worker) -> None:
    await worker.start()
    call, ringing = worker.ring()
    await ask_for_an_agent(call)
    await finished(ringing)
    assert list(call.variables)[-3:] == ["YULIA_QUEUE", "YULIA_REASON", "YULIA_RESULT"]


async def test_one_call_too_many_goes_to_the_queue_unanswered(worker: Worker) -> None:
    await worker.start(max_calls=1)
    first, first_ringing = worker.ring()
    await first.hears("Чем помочь")
    second, second_ringing = worker.ring(caller="79160000002")
    await finished(second_ringing)
    assert second.applications == []
    assert (second.variables["YULIA_RESULT"], second.variables["YULIA_REASON"]) == ("handoff", "too_many_calls")
    record = worker.records.calls[second.variables["__YULIA_CALL"]]
    assert record.end is not None
    assert record.end.outcome is CallOutcome.REJECTED
    first.press("0")
    await finished(first_ringing)
    assert first.variables["YULIA_REASON"] == "asked", "the call in progress is not disturbed"


@pytest.mark.parametrize("reached", ["Здравствуйте", "Чем помочь"])
async def test_a_hang_up_is_recorded_as_such(worker: Worker, reached: str) -> None:
    await worker.start()
    call, ringing = worker.ring()
    await call.hears(reached)
    call.hang_up()
    await finished(ringing)
    assert (worker.end.outcome, worker.end.reason) == (CallOutcome.HUNG_UP, None)
    assert worker.outside.sample("yulia_calls_total", outcome="hung_up") == 1
    assert "YULIA_RESULT" not in call.variables


async def test_a_caller_who_hangs_up_with_the_balance_known_was_helped(worker: Worker) -> None:
    await worker.start()
    call, ringing = worker.ring()
    await call.hears("Чем помочь")
    call.press("1")
    await call.hears("Что-нибудь ещё")
    call.hang_up()
    await finished(ringing)
    assert (worker.end.outcome, worker.end.reason) == (CallOutcome.CONTAINED, None)


async def test_a_caller_who_hangs_up_before_the_balance_is_told_was_not_helped(worker: Worker) -> None:
    await worker.start()
    call, ringing = worker.ring()
    await call.hears("Чем помочь")
    call.press("1")
    await call.hears("Ваш баланс")
    call.hang_up()
    await finished(ringing)
    assert worker.end.outcome is CallOutcome.HUNG_UP


async def test_a_hang_up_during_an_action_is_recorded_as_such(worker: Worker) -> None:
    worker.outside.actions.released.clear()
    await worker.start()
    call, ringing = worker.ring()
    await call.hears("Чем помочь")
    call.press("1")
    for _ in range(2):  # the look-up for the agent's card, and the dialogue's
        await asyncio.wait_for(worker.outside.actions.started.acquire(), LIMIT_SECONDS)
    call.hang_up()
    await finished(ringing)
    assert worker.end.outcome is CallOutcome.HUNG_UP
    assert worker.outside.actions.cancelled == 2


async def test_audio_that_is_lost_while_the_call_lives_leads_to_an_agent(worker: Worker) -> None:
    await worker.start()
    call, ringing = worker.ring()
    await call.hears("Чем помочь")
    call.cut_audio()
    await finished(ringing)
    assert (call.variables["YULIA_RESULT"], call.variables["YULIA_REASON"]) == ("handoff", "audio_failed")
    assert worker.end.outcome is CallOutcome.HANDED_OFF


@pytest.mark.parametrize("how", [{"opens_audio": False}, {"audio_fails": True}])
async def test_audio_that_never_opens_leads_to_an_agent(worker: Worker, how: dict[str, bool]) -> None:
    await worker.start()
    call, ringing = worker.ring(**how)
    await finished(ringing)
    assert (call.variables["YULIA_RESULT"], call.variables["YULIA_REASON"]) == ("handoff", "audio_failed")
    assert (worker.end.outcome, worker.end.reason) == (CallOutcome.HANDED_OFF, "audio_failed")


async def test_a_fault_of_ours_leads_to_an_agent(worker: Worker) -> None:
    worker.outside.engine = BrokenEngine(worker.outside.engine.bundle)
    await worker.start()
    call, ringing = worker.ring()
    await finished(ringing)
    assert (call.variables["YULIA_RESULT"], call.variables["YULIA_REASON"]) == ("handoff", "internal_error")
    assert worker.end.outcome is CallOutcome.HANDED_OFF
    assert [turn.text for turn in worker.end.turns if turn.kind == "fault"] == ["internal"]
    assert worker.outside.sample("yulia_errors_total", kind="internal") == 1


async def test_a_line_without_a_voice_leads_to_an_agent(worker: Worker) -> None:
    worker.outside.voice.broken = "Чем помочь"
    await worker.start()
    call, ringing = worker.ring()
    await finished(ringing)
    assert call.variables["YULIA_REASON"] == "speech_failed"
    assert worker.outside.sample("yulia_errors_total", kind="speech") == 1


async def test_what_is_left_reaches_the_agent_when_the_voice_breaks_in_the_middle(worker: Worker) -> None:
    worker.outside.voice.broken = "Ваш номер телефона не определился"
    await worker.start()
    call, ringing = worker.ring(caller="anonymous")
    await call.hears("Чем помочь")
    call.press("1")
    await finished(ringing)
    assert call.variables["YULIA_REASON"] == "speech_failed"
    assert worker.context.left == ("Узнать баланс баллов",)


async def test_a_call_that_lasts_too_long_goes_to_an_agent(worker: Worker) -> None:
    await worker.start(longest_call_seconds=0.6)
    call, ringing = worker.ring()
    await finished(ringing)
    assert any("Чем помочь" in text for text in call.heard)
    assert (call.variables["YULIA_RESULT"], call.variables["YULIA_REASON"]) == ("handoff", "call_too_long")
    assert worker.end.reason == "call_too_long"


async def test_a_caller_hears_nothing_of_a_database_and_a_redis_that_are_down(worker: Worker) -> None:
    worker.records.down = worker.contexts.down = True
    await worker.start()
    call, ringing = worker.ring()
    await call.hears("Чем помочь")
    call.press("1")
    await call.hears("Ваш баланс")
    call.press("2")
    await finished(ringing)
    assert call.variables["YULIA_RESULT"] == "done"
    assert worker.outside.sample("yulia_calls_total", outcome="contained") == 1
    assert worker.outside.sample("yulia_errors_total", kind="call_records") == 2
    assert worker.outside.sample("yulia_errors_total", kind="call_context") >= 1


async def test_a_call_whose_record_is_too_slow_is_counted_all_the_same(worker: Worker) -> None:
    worker.records = StuckRecords()
    await worker.start(clean_up_seconds=0.3)
    call, ringing = worker.ring()
    await ask_for_an_agent(call)
    await finished(ringing)
    assert call.variables["YULIA_RESULT"] == "handoff"
    assert worker.outside.sample("yulia_errors_total", kind="call_records") == 1
    assert worker.outside.sample("yulia_calls_total", outcome="handed_off") == 1


async def test_a_worker_that_stops_gives_its_calls_to_agents_and_closes_their_records(worker: Worker) -> None:
    await worker.start()
    call, ringing = worker.ring()
    await call.hears("Чем помочь")
    await worker.stop()
    await finished(ringing)
    assert (call.variables["YULIA_RESULT"], call.variables["YULIA_REASON"]) == ("handoff", "worker_stopped")
    assert (worker.end.outcome, worker.end.reason) == (CallOutcome.HANDED_OFF, "worker_stopped")
    assert [turn.text for turn in worker.end.turns if turn.kind == "fault"] == ["worker stopped"]


async def test_a_call_of_a_hidden_number_has_none_in_its_record(worker: Worker) -> None:
    await worker.start()
    call, ringing = worker.ring(caller="unknown")
    await ask_for_an_agent(call)
    await finished(ringing)
    assert worker.record.start.caller_number is None
    assert worker.context.caller_number is None
