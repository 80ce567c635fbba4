"""One call from Asterisk's request to its record: the route `agi://…/call` of the FastAGI server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import structlog

from dialogs.actions.port import ActionError, ActionRequest
from dialogs.customer_facts import FIND_BY_PHONE
from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import CallStarted, HandOff, HangUp
from integrations.call_context.keys import new_context_key
from integrations.call_context.port import CallContext
from integrations.call_records.port import CallOutcome, CallRecords
from integrations.loyalty.phone_numbers import normalise_phone
from ivr.agi.channel import AgiChannel
from ivr.agi.errors import AgiError
from ivr.audio.audiosocket import AudioSocketCall, AudioSocketServer
from ivr.audio.port import HungUp
from ivr.handoff.context_keeper import ContextKeeper
from ivr.listening.echo import EchoEstimator
from ivr.observability.metrics import Metrics
from ivr.session.call_recorder import CallRecorder
from ivr.session.conversation import Conversation, ConversationParts
from ivr.session.dialogue import Dialogues
from ivr.session.ear import Ear
from ivr.session.journal import CallJournal
from tts.port import SpeechError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CallParts:
    """What every call of a worker shares."""

    conversation: ConversationParts
    dialogues: Dialogues
    audio: AudioSocketServer
    contexts: ContextKeeper
    records: CallRecords
    metrics: Metrics
    worker: str
    on_live_call: Callable[[str, AudioSocketCall | None], None] = lambda channel, audio: None


class CallHandler:
    """Answer calls, a task each; a call's end always leaves a record and a result for the dialplan."""

    def __init__(self, parts: CallParts) -> None:
        self._parts = parts
        self.active = 0

    async def handle(self, channel: AgiChannel) -> None:
        """Serve one call to its end."""
        self.active += 1
        self._parts.metrics.calls_active.set(self.active)
        call_id = str(uuid4())
        try:
            with structlog.contextvars.bound_contextvars(call_id=call_id):
                await LiveCall(self._parts, channel, call_id).serve(
                    overloaded=self.active > self._parts.conversation.settings.max_calls
                )
        finally:
            self.active -= 1
            self._parts.metrics.calls_active.set(self.active)


class LiveCall:
    """One call being served."""

    def __init__(self, parts: CallParts, channel: AgiChannel, call_id: str) -> None:
        loop = asyncio.get_running_loop()
        self._parts = parts
        self._settings = parts.conversation.settings
        self._channel = channel
        self._call_id = call_id
        self._dialogue = parts.dialogues.for_call(call_id)
        self._caller_number = normalise_phone(channel.request.caller_number)
        self._record = CallRecorder(
            parts.records,
            parts.metrics,
            call_id=call_id,
            caller_number=self._caller_number,
            worker=parts.worker,
            limit_seconds=2 * self._settings.clean_up_seconds,
        )
        self._journal = CallJournal(loop.time, loop.time())
        self._ending: HandOff | HangUp | None = None
        self._outcome = CallOutcome.DROPPED
        self._settled = False
        self._context = CallContext(
            key=new_context_key(),
            call_id=call_id,
            caller_number=self._caller_number,
            customer_id=None,
            customer_name=None,
            topic=None,
            queue=None,
            reason=None,
            asked=(),
            done=(),
            left=(),
            transcript=(),
            bundle=self._dialogue.bundle_hash,
            started_at=self._record.started_at.isoformat(timespec="milliseconds"),
        )

    async def serve(self, *, overloaded: bool) -> None:
        """Talk to the caller, tell the dialplan what is next, write the record."""
        loop = asyncio.get_running_loop()
        opening = loop.create_task(self._record.open(self._channel.request, self._dialogue.bundle_hash))
        identifying = loop.create_task(self._identify_caller(overloaded))
        try:
            async with asyncio.timeout(self._settings.longest_call_seconds):
                await self._announce_context()
                self._ending = self._reject() if overloaded else await self._talk()
        except HungUp:
            # Most people hang up once they know; that is no call given up.
            self._outcome = CallOutcome.CONTAINED if self._settled else CallOutcome.HUNG_UP
        except TimeoutError:
            self._ending = self._to_agent("call_too_long")
        except SpeechError as error:
            self._fault("speech", error)
            self._ending = self._to_agent("speech_failed")
        except asyncio.CancelledError:
            self._journal.add("system", "fault", "worker stopped")
            self._ending = self._to_agent("worker_stopped")
            raise
        except Exception as error:  # whatever broke, the caller goes to a person and not into silence
            self._fault("internal", error)
            self._ending = self._to_agent("internal_error")
        finally:
            identifying.cancel()
            await asyncio.gather(identifying, return_exceptions=True)
            await self._finish(opening)

    async def _talk(self) -> HandOff | HangUp:
        call_uuid = uuid4()  # the audio's own id: the call's id is known to more than Asterisk
        await self._channel.answer()
        announced = self._parts.audio.announce(call_uuid)
        bridge = asyncio.get_running_loop().create_task(
            self._channel.execute("AudioSocket", str(call_uuid), self._parts.audio.address, limit_seconds=None)
        )
        try:
            opening: set[asyncio.Future[Any]] = {announced, bridge}
            await asyncio.wait(
                opening,
                timeout=self._parts.audio.settings.first_frame_limit_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not announced.done():
                raise HungUp("audio did not open")
            audio = announced.result()
            self._parts.on_live_call(self._channel.request.channel, audio)
            try:
                return await self._converse(audio)
            finally:
                await audio.close()
        finally:
            announced.cancel()
            self._parts.on_live_call(self._channel.request.channel, None)
            await asyncio.wait({bridge}, timeout=self._settings.clean_up_seconds)
            bridge.cancel()
            await asyncio.gather(bridge, return_exceptions=True)

    async def _converse(self, audio: AudioSocketCall) -> HandOff | HangUp:
        ear = Ear(audio, EchoEstimator(self._parts.conversation.listening.echo))
        conversation = Conversation(
            self._parts.conversation, self._dialogue, audio, ear, self._journal, self._keep_context
        )
        try:
            async with asyncio.TaskGroup() as group:
                pumping = group.create_task(ear.run())
                ending = await conversation.run(CallStarted(self._caller_number, self._call_id))
                pumping.cancel()
                return ending
        except ExceptionGroup as failures:
            hung_up, others = failures.split(HungUp)
            if hung_up is None:
                raise failures.exceptions[0] from failures
            if others is not None:  # hang-up overtakes everything, but a fault beside it is told
                log.error("call failed while the caller hung up", exc_info=others)
            raise HungUp("caller hung up") from None
        finally:
            self._settled = conversation.settled

    async def _announce_context(self) -> None:
        """Put the key on the channel first: should this worker die, the agent still gets what is known."""
        self._parts.contexts.keep(self._context)
        await self._channel.set_variable("__YULIA_CTX", self._context.key)
        await self._channel.set_variable("__YULIA_UUI", self._context.key.encode().hex())
        await self._channel.set_variable("__YULIA_CALL", self._call_id)

    async def _identify_caller(self, overloaded: bool) -> None:
        """Look the caller up by number for the agent's card, whatever the call is about; a failure harms nobody."""
        if self._caller_number is None or overloaded:
            return
        try:
            result = await self._parts.conversation.actions.run(
                ActionRequest(FIND_BY_PHONE, {"phone": self._caller_number}, self._caller_number, self._call_id)
            )
        except ActionError as error:
            log.info("caller not looked up", reason=error.kind)
            return
        customer_id, customer_name = result.get("customer_id"), result.get("customer_name")
        if isinstance(customer_id, str) and isinstance(customer_name, str):
            self._context = replace(self._context, customer_id=customer_id, customer_name=customer_name)
            self._parts.contexts.keep(self._context)

    def _keep_context(self, state: DialogueState) -> None:
        self._context = replace(
            self._context,
            customer_id=_text(state, "customer_id") or self._context.customer_id,
            customer_name=_text(state, "customer_name") or self._context.customer_name,
            topic=state.topic,
            asked=state.asked,
            done=state.done,
            left=state.left,
            transcript=self._journal.for_agent(),
        )
        self._parts.contexts.keep(self._context)

    def _reject(self) -> HandOff:
        self._outcome = CallOutcome.REJECTED
        return self._to_agent("too_many_calls")

    def _to_agent(self, reason: str) -> HandOff:
        known = self._context
        return HandOff(known.topic, self._settings.default_queue, reason, known.asked, known.done, known.left)

    def _fault(self, kind: str, error: Exception) -> None:
        self._parts.metrics.errors.labels(kind).inc()
        self._journal.add("system", "fault", kind)
        log.error("call failed", kind=kind, exc_info=error)

    async def _finish(self, opening: asyncio.Task[None]) -> None:
        try:
            async with asyncio.timeout(self._settings.clean_up_seconds):
                await self._tell_dialplan()
        except (HungUp, AgiError, TimeoutError):
            self._outcome = CallOutcome.HUNG_UP
        await self._record.close(opening, self._outcome, self._ending, self._context, self._journal)

    async def _tell_dialplan(self) -> None:
        match self._ending:
            case HandOff(topic, queue, reason, asked, done, left):
                self._context = replace(
                    self._context,
                    topic=topic,
                    queue=queue,
                    reason=reason,
                    asked=asked,
                    done=done,
                    left=left,
                    transcript=self._journal.for_agent(),
                )
                self._parts.contexts.keep(self._context)
                await self._channel.set_variable("YULIA_QUEUE", queue)
                await self._channel.set_variable("YULIA_REASON", reason)
                await self._parts.contexts.flush(self._context.key, self._settings.clean_up_seconds / 3)
                await self._channel.set_variable("YULIA_RESULT", "handoff")
                if self._outcome is not CallOutcome.REJECTED:
                    self._outcome = CallOutcome.HANDED_OFF
                self._parts.metrics.handoffs.labels(queue, reason).inc()
            case HangUp(contained):
                await self._channel.set_variable("YULIA_RESULT", "done")
                self._outcome = CallOutcome.CONTAINED if contained else CallOutcome.HUNG_UP
            case None if self._outcome is not CallOutcome.DROPPED and await self._channel.is_up():
                # the audio broke, not the call: nobody is left in silence
                self._ending = self._to_agent("audio_failed")
                await self._tell_dialplan()
            case None:
                pass


def _text(state: DialogueState, slot: str) -> str | None:
    filled = state.slots.get(slot)
    return filled.value if filled is not None and isinstance(filled.value, str) else None
