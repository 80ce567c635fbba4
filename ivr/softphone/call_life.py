"""What becomes of a call: its phases, their times, and waiting for them within limits."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from baresip.call import Call
from baresip.events import Event, StackEvent

from ivr.softphone.call_events import CallEvent, Happening, Phase, RtpStats, Side
from ivr.softphone.call_sound import CallSound
from ivr.softphone.caller_voice import CallerVoice
from ivr.softphone.errors import CallOver
from ivr.softphone.frames import AudioTrack
from ivr.softphone.settings import SoftphoneSettings

_EVENTS_KEPT = 2000


class CallLife:
    """State, times and events of one call, either way; all times are of time.monotonic()."""

    def __init__(
        self,
        native: Call,
        *,
        phase: Phase,
        number: str,
        settings: SoftphoneSettings,
        voice: CallerVoice,
        started_at: float,
        headers: Mapping[str, str] | None = None,
        on_event: Callable[[CallEvent], None] | None = None,
    ) -> None:
        self._native = native
        self._settings = settings
        self._voice = voice
        self._on_event = on_event
        self.number = number  # of the far end
        self.phase = phase
        self.headers = dict(headers or {})  # of an incoming INVITE, as far as they were asked for
        self.started_at = started_at  # our INVITE went out, or theirs came in
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.over_at: float | None = None
        self.ended_by: Side | None = None
        self.end_reason = ""
        self.rtp_stats: RtpStats | None = None
        self.events: deque[CallEvent] = deque(maxlen=_EVENTS_KEPT)
        self.sound = CallSound(native.audio, settings, started_at)
        self._hanging_up = False
        self._note(Happening.DIALLED if phase is Phase.CALLING else Happening.RINGING, number)

    # ---- what became of the call ----

    @property
    def heard(self) -> AudioTrack:
        """What came from the far end."""
        return self.sound.heard

    @property
    def sent(self) -> AudioTrack:
        """What our side said."""
        return self.sound.sent

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.phase is Phase.OVER

    @property
    def first_sound_at(self) -> float | None:
        """When the first frame with sound in it arrived."""
        return self.heard.first_sound_at

    @property
    def answer_seconds(self) -> float | None:
        """INVITE to answer."""
        return None if self.answered_at is None else self.answered_at - self.started_at

    @property
    def first_sound_seconds(self) -> float | None:
        """INVITE to first sound."""
        return None if self.first_sound_at is None else self.first_sound_at - self.started_at

    def stack_event(self, event: StackEvent) -> None:
        """Take an event of the SIP stack; called by SoftPhones on the event loop."""
        now = time.monotonic()
        match event.event:
            case Event.CALL_RINGING | Event.CALL_PROGRESS if self.ringing_at is None:
                self.ringing_at = now
                self._note(Happening.RINGING)
            case Event.CALL_ESTABLISHED if self.phase is not Phase.OVER:
                self.answered_at = now
                self.phase = Phase.TALKING
                self._note(Happening.ANSWERED)
            case Event.CALL_CLOSED if self.phase is not Phase.OVER:
                self._close(event.text or "", event.stats)
            case _:
                return
        self.sound.news.set()

    def _close(self, reason: str, stats: Mapping[str, Any]) -> None:
        self.phase = Phase.OVER
        self.over_at = time.monotonic()
        self.ended_by = Side.US if self._hanging_up else Side.THEM
        self.end_reason = reason
        if stats:
            self.rtp_stats = RtpStats.of(stats)
        self._note(Happening.OVER, f"{self.ended_by.value}: {reason}")

    def _note(self, kind: Happening, text: str = "") -> None:
        event = CallEvent(time.monotonic(), kind, text)
        self.events.append(event)
        if self._on_event is not None:
            self._on_event(event)

    # ---- inside ----

    def _must_be_up(self) -> None:
        if self.over:
            who = "by us" if self.ended_by is Side.US else "by the far end"
            raise CallOver(f"the call was ended {who}" + (f" ({self.end_reason})" if self.end_reason else ""))

    async def _until(self, reached: Callable[[], bool], limit_seconds: float, *, survive: bool = False) -> bool:
        # Woken by each piece of audio and each event; 50 ms is for times that pass without any.
        deadline = time.monotonic() + limit_seconds
        while not reached():
            if not survive:
                self._must_be_up()
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            self.sound.news.clear()
            try:
                async with asyncio.timeout(min(0.05, remaining)):
                    await self.sound.news.wait()
            except TimeoutError:
                continue
        return True
