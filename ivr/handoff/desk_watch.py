"""Which agent a handed-off call rings, told to the desk with the call's card: AMI events matched to contexts."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from integrations.call_records.port import CallRecordError, CallRecords
from integrations.desk.port import Desk, DeskError, DeskEvent, DeskEventKind
from ivr.ami.client import AmiClient
from ivr.ami.messages import AmiEvent
from ivr.handoff.context_keeper import ContextKeeper
from ivr.observability.metrics import Metrics

log = structlog.get_logger()

KINDS = {
    "QueueCallerJoin": DeskEventKind.QUEUED,
    "AgentCalled": DeskEventKind.RINGING,
    "AgentConnect": DeskEventKind.CONNECTED,
    "AgentRingNoAnswer": DeskEventKind.NOT_ANSWERED,
    "QueueCallerAbandon": DeskEventKind.ABANDONED,
    "AgentComplete": DeskEventKind.COMPLETED,
}
CONTEXT_VARIABLE = "YULIA_CTX"


class DeskWatch:
    """Follow the queues of one Asterisk for as long as `run` runs."""

    def __init__(
        self, ami: AmiClient, contexts: ContextKeeper, desk: Desk, records: CallRecords, metrics: Metrics
    ) -> None:
        self._ami = ami
        self._contexts = contexts
        self._desk = desk
        self._records = records
        self._metrics = metrics

    async def run(self) -> None:
        """Publish each queue event that belongs to one of our calls."""
        with self._ami.subscribe(*KINDS) as events:
            async for event in events:
                await self._follow(event)

    async def _follow(self, event: AmiEvent) -> None:
        key = event.channel_variables.get(CONTEXT_VARIABLE) or event.destination_variables.get(CONTEXT_VARIABLE)
        context = await self._contexts.find(key) if key else None
        if context is None:
            log.info("queue event without a context", queue_event=event.name)
            return
        at = datetime.now(UTC)
        agent = event.fields.get("Interface")
        desk_event = DeskEvent(
            kind=KINDS[event.name],
            context=context,
            queue=event.fields.get("Queue", ""),
            agent=agent,
            at=at.isoformat(timespec="milliseconds"),
            hold_seconds=_seconds(event.fields.get("HoldTime")),
        )
        await self._publish(desk_event)
        if desk_event.kind is DeskEventKind.CONNECTED and agent:
            await self._note_agent(context.call_id, agent, at)

    async def _publish(self, event: DeskEvent) -> None:
        try:
            await self._desk.publish(event)
        except DeskError as error:
            self._metrics.errors.labels("desk").inc()
            log.warning("desk event lost", kind=event.kind.value, call_id=event.context.call_id, error=str(error))
        else:
            log.info("desk event", kind=event.kind.value, call_id=event.context.call_id, agent=event.agent)

    async def _note_agent(self, call_id: str, agent: str, at: datetime) -> None:
        try:
            await self._records.agent_connected(call_id, agent, at)
        except CallRecordError as error:
            self._metrics.errors.labels("call_records").inc()
            log.warning("agent not noted in the call's record", call_id=call_id, agent=agent, error=str(error))


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
