from __future__ import annotations

from integrations.desk.port import DeskEvent, DeskEventKind
from tests.integrations.call_context.examples import context


def event(number: int, kind: DeskEventKind = DeskEventKind.RINGING) -> DeskEvent:
    """Make an event that `number` tells from others."""
    return DeskEvent(
        kind=kind,
        context=context("k" * 32, call_id=f"call-{number}"),
        queue="general",
        agent=None if kind is DeskEventKind.QUEUED else "PJSIP/agent1",
        at="2026-11-22T03:00:00.123Z",
        hold_seconds=1.5 if kind is DeskEventKind.CONNECTED else None,
    )
