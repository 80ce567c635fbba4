"""An agent's phone: registers, rings, answers or refuses, and shows what the INVITE brought."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from baresip import BaresipError
from baresip.call import Call
from baresip.errors import RegistrationError
from baresip.ua import UserAgent

from ivr.softphone.call_events import CallEvent, Phase
from ivr.softphone.caller_voice import CallerVoice
from ivr.softphone.errors import NoCallCame, RegistrationRefused, SoftphoneError
from ivr.softphone.line_call import LineCall
from ivr.softphone.settings import SoftphoneSettings

_log = structlog.get_logger()

_WAITING_CALLS = 16


class AgentPhone:
    """A registered phone. Made by SoftPhones.agent; its calls come out of `next_call` as they ring."""

    def __init__(
        self,
        user_agent: UserAgent,
        user: str,
        *,
        settings: SoftphoneSettings,
        voice: CallerVoice,
        adopt: Callable[[LineCall, Call], None],
        answer_after_seconds: float | None,
        rejects: bool,
        on_event: Callable[[CallEvent], None] | None,
    ) -> None:
        self._user_agent = user_agent
        self.user = user
        self._settings = settings
        self._voice = voice
        self._adopt = adopt
        self._on_event = on_event
        self.answer_after_seconds = answer_after_seconds
        self.rejects = rejects
        self.calls_turned_away = 0
        self._rung: asyncio.Queue[LineCall] = asyncio.Queue(_WAITING_CALLS)
        self._reactions: set[asyncio.Task[None]] = set()
        self._open = False
        # The stack has no way to take this back; a closed phone ignores what comes.
        user_agent.on_incoming(self._on_incoming)

    async def register(self) -> None:
        """Tell the server where this agent is.

        Raises:
            RegistrationRefused: wrong password, unknown agent, or no answer within the limit.
        """
        self._open = True
        try:
            await self._user_agent.register(timeout=self._settings.register_limit_seconds)
        except RegistrationError as error:
            self._open = False
            raise RegistrationRefused(f"{self.user} was not registered: {error}", status=error.status) from error
        except BaresipError as error:
            self._open = False
            raise SoftphoneError(f"{self.user} could not register: {error}") from error

    async def next_call(self, limit_seconds: float = 20.0) -> LineCall:
        """Wait until the phone rings; the call is answered or rejected by itself if the phone was set up so.

        Raises:
            NoCallCame
        """
        try:
            async with asyncio.timeout(limit_seconds):
                return await self._rung.get()
        except TimeoutError as error:
            raise NoCallCame(f"{self.user} was not rung within {limit_seconds:g} s") from error

    async def close(self) -> None:
        """Unregister and stop reacting; calls that are up stay up."""
        if not self._open:
            return
        self._open = False
        for reaction in list(self._reactions):
            reaction.cancel()
        try:
            await self._user_agent.unregister(timeout=self._settings.register_limit_seconds)
        except BaresipError as error:
            _log.warning("agent's phone could not unregister", agent=self.user, error=str(error))

    def _on_incoming(self, native: Call) -> None:
        if not self._open:
            return
        call = LineCall(
            native,
            phase=Phase.RINGING,
            number=native.peer or "",
            settings=self._settings,
            voice=self._voice,
            started_at=time.monotonic(),
            headers=native.headers,
            on_event=self._on_event,
        )
        self._adopt(call, native)
        crowded = self._rung.full()
        if crowded:
            # More calls than anybody takes out: the server is told that this agent is busy.
            self.calls_turned_away += 1
        else:
            self._rung.put_nowait(call)
        if crowded or self.rejects:
            self._react(call.reject())
        elif self.answer_after_seconds is not None:
            self._react(self._answer_later(call, self.answer_after_seconds))

    async def _answer_later(self, call: LineCall, seconds: float) -> None:
        await asyncio.sleep(seconds)
        # A caller who gave up first is an ordinary thing.
        with contextlib.suppress(SoftphoneError):
            await call.answer()

    def _react(self, reaction: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(reaction)
        self._reactions.add(task)
        task.add_done_callback(self._reactions.discard)
