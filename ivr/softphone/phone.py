"""Phones for tests, demonstrations and benches: a real SIP stack that calls the line and answers as an agent."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from baresip import Account, BaresipError, Config
from baresip.call import Call
from baresip.events import Event, StackEvent
from baresip.runtime import Runtime
from baresip.ua import UserAgent

from ivr.softphone.agent import AgentPhone
from ivr.softphone.call_events import CallEvent, Phase, Side
from ivr.softphone.caller_voice import CallerVoice, EspeakCaller
from ivr.softphone.errors import SoftphoneError, StackFailed
from ivr.softphone.line_call import LineCall
from ivr.softphone.settings import SoftphoneSettings
from ivr.softphone.stack_outside import StackLog, check_listening

__all__ = ["CONTEXT_HEADER", "AgentPhone", "LineCall", "Phase", "Side", "SoftPhones"]

_log = structlog.get_logger()

CONTEXT_HEADER = "X-Yulia-Context"
_USER = re.compile(r"\+?[A-Za-z0-9_.-]{1,64}")
_EARLY_EVENTS_KEPT = 500


class SoftPhones:
    """All phones of this process: one SIP stack, one pump for the audio of all their calls.

    An async context manager; one at a time in a process (the stack is global to it), as many processes as one likes:
    the SIP port is the kernel's choice, and audio ports are taken from a range with a retry on a taken one.
    """

    def __init__(
        self,
        settings: SoftphoneSettings | None = None,
        *,
        expose_headers: tuple[str, ...] = (CONTEXT_HEADER, "User-to-User"),
        log_path: Path | None = None,
    ) -> None:
        self._settings = settings or SoftphoneSettings()
        self._expose_headers = expose_headers
        self._stack_log = StackLog(log_path)
        self._runtime: Runtime | None = None
        self._user_agents: dict[tuple[str, str, str], UserAgent] = {}
        self._calls: dict[int, LineCall] = {}
        self._early_events: deque[StackEvent] = deque(maxlen=_EARLY_EVENTS_KEPT)
        self._agents: list[AgentPhone] = []
        self._pump: asyncio.Task[None] | None = None
        self._voice: CallerVoice = EspeakCaller()

    async def __aenter__(self) -> Self:
        self._stack_log.attach()
        runtime = Runtime()
        config = Config(
            net_interface=str(self._settings.address),
            max_concurrent_calls=None,
            expose_headers=self._expose_headers,
            # Without a jitter buffer a frame is seen when its packet comes; the stack's own default adds 100 ms.
            extra_config_text=(
                f"sip_listen {self._settings.address}:0\n"
                f"rtp_ports {self._settings.rtp_first_port}-{self._settings.rtp_last_port}\n"
                "audio_jitter_buffer_type off\n"
            ),
        )
        try:
            await runtime.start(config)
        except BaresipError as error:
            self._stack_log.detach()
            raise StackFailed(f"the SIP stack did not start: {error}") from error
        runtime.subscribe(self._on_stack_event)
        self._runtime = runtime
        self._pump = asyncio.create_task(self._pump_audio(), name="softphone-pump")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runtime, self._runtime = self._runtime, None
        assert runtime is not None
        try:
            # Bounded: each hang-up and unregistration has its own limit.
            await asyncio.gather(*(call.hang_up() for call in list(self._calls.values())), return_exceptions=True)
            await asyncio.gather(*(agent.close() for agent in self._agents), return_exceptions=True)
        finally:
            if self._pump is not None:
                self._pump.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._pump
            runtime.unsubscribe(self._on_stack_event)
            try:
                await runtime.close()
            except BaresipError as failure:
                _log.error("SIP stack did not close", error=str(failure))
            self._stack_log.detach()

    async def dial(
        self,
        number: str,
        *,
        caller_number: str,
        server: str = "127.0.0.1:5060",
        headers: Mapping[str, str] | None = None,
        voice: CallerVoice | None = None,
        on_event: Callable[[CallEvent], None] | None = None,
    ) -> LineCall:
        """Send an INVITE and return at once; `LineCall.answered` waits for what becomes of it.

        Raises:
            NobodyListens: nothing listens at the server's SIP port.
            StackFailed: the stack could not send it.
        """
        check_listening(server)
        caller = await self._user_agent(caller_number, server)
        started_at = time.monotonic()
        try:
            native = await caller.dial(f"sip:{number}@{server}", headers=dict(headers or {}))
        except (BaresipError, ValueError) as error:
            raise StackFailed(f"{number} could not be called: {error}") from error
        call = LineCall(
            native,
            phase=Phase.CALLING,
            number=number,
            settings=self._settings,
            voice=voice or self._voice,
            started_at=started_at,
            on_event=on_event,
        )
        self._adopt(call, native)
        return call

    async def call(
        self,
        number: str,
        *,
        caller_number: str,
        server: str = "127.0.0.1:5060",
        headers: Mapping[str, str] | None = None,
        voice: CallerVoice | None = None,
        answer_limit_seconds: float | None = None,
        on_event: Callable[[CallEvent], None] | None = None,
    ) -> LineCall:
        """Call and wait until it is answered.

        Raises:
            NobodyListens, CallRefused, NotAnswered, StackFailed
        """
        call = await self.dial(
            number, caller_number=caller_number, server=server, headers=headers, voice=voice, on_event=on_event
        )
        await call.answered(answer_limit_seconds)
        return call

    async def agent(
        self,
        user: str,
        password: str,
        server: str = "127.0.0.1:5060",
        *,
        answer_after_seconds: float | None = 1.0,
        rejects: bool = False,
        voice: CallerVoice | None = None,
        on_event: Callable[[CallEvent], None] | None = None,
    ) -> AgentPhone:
        """Register an agent's phone; it answers by itself after a while, rejects, or (None) rings until told.

        Raises:
            NobodyListens, RegistrationRefused, StackFailed
        """
        check_listening(server)
        user_agent = await self._user_agent(user, server, password)
        phone = AgentPhone(
            user_agent,
            user,
            settings=self._settings,
            voice=voice or self._voice,
            adopt=self._adopt,
            answer_after_seconds=answer_after_seconds,
            rejects=rejects,
            on_event=on_event,
        )
        await phone.register()
        self._agents.append(phone)
        return phone

    @property
    def stack_messages(self) -> tuple[str, ...]:
        """The stack's last warnings, for a failing test to print."""
        return self._stack_log.recent

    async def _user_agent(self, user: str, server: str, password: str = "") -> UserAgent:
        # The stack cannot take a user agent back, so each identity is made once.
        if self._runtime is None:
            raise StackFailed("the phones are closed")
        if not _USER.fullmatch(user):
            raise SoftphoneError(f"{user!r} is not a number or a name of a phone")
        key = (user, server, password)
        if key not in self._user_agents:
            account = Account(
                user=user,
                domain=server,
                password=password,
                reg_interval=60 if password else 0,
                audio_codecs=("pcma", "pcmu"),
            )
            try:
                self._user_agents[key] = await UserAgent.create(self._runtime, account)
            except (BaresipError, ValueError) as error:
                raise StackFailed(f"the stack refused the account {user}: {error}") from error
        return self._user_agents[key]

    def _adopt(self, call: LineCall, native: Call) -> None:
        self._calls[native.handle] = call
        # An event may overtake the task that dialled; it is not lost.
        for event in [event for event in self._early_events if event.call == native.handle]:
            self._early_events.remove(event)
            self._deliver(call, event)

    def _on_stack_event(self, event: StackEvent) -> None:
        if not event.call:
            return
        call = self._calls.get(event.call)
        if call is not None:
            self._deliver(call, event)
        elif event.event is not Event.CALL_INCOMING:
            self._early_events.append(event)

    def _deliver(self, call: LineCall, event: StackEvent) -> None:
        call.stack_event(event)
        if call.over:
            self._calls.pop(event.call, None)

    async def _pump_audio(self) -> None:
        period = self._settings.pump_seconds
        due = time.monotonic()
        while True:
            for call in list(self._calls.values()):
                call.sound.exchange()
            # After a stall the next look is at once, but the missed ones are not made up for.
            due = max(due + period, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
