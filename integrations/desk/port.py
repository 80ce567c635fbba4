"""The desk port: cards and events that agents' screens receive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from integrations.call_context.port import CallContext


class DeskError(Exception):
    """Events cannot be published or read right now."""

    retryable = True


class DeskEventKind(StrEnum):
    """Life of a handed-off call as the desk sees it."""

    QUEUED = "queued"
    RINGING = "ringing"
    CONNECTED = "connected"
    NOT_ANSWERED = "not_answered"
    ABANDONED = "abandoned"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class DeskEvent:
    """One event with the call's card, so that a screen needs no look-up."""

    kind: DeskEventKind
    context: CallContext
    queue: str
    agent: str | None  # e.g. "PJSIP/agent1"
    at: str  # ISO 8601 with milliseconds, UTC
    hold_seconds: float | None = None


class Desk(Protocol):
    """A bounded stream of desk events."""

    async def publish(self, event: DeskEvent) -> None:
        """Append an event for every screen.

        Raises:
            DeskError
        """

    def events(self, *, from_start: bool = False) -> AsyncIterator[DeskEvent]:
        """Follow events as they come; survives reconnects of the store."""
