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
                try:
                    await self._publish(event)
                except (DeskError, CallRecordError) as error:
                    self._metrics.errors.labels("desk").inc()
                    log.warning("desk event lost", queue_event=event.name, error=str(error))

    async def _publish(self, event: AmiEvent) -> None:
        key = event.channel_variables.get(CONTEXT_VARIABLE) or event.destination_variables.get(CONTEXT_VARIABLE)
        context = await self._contexts.find(key) if key else None
        if context is None:
            log.info("queue event without a context", queue_event=event.name)
            return
        at = datetime.now(UTC)
        agent = event.fields.get("Interface")
        hold = event.fields.get("HoldTime")
        desk_event = DeskEvent(
            kind=KINDS[event.name],
            context=context,
            queue=event.fields.get("Queue", ""),
            agent=agent,
            at=at.isoformat(timespec="milliseconds"),
            hold_seconds=float(hold) if hold else None,
        )
        await self._desk.publish(desk_event)
        log.info("desk event", kind=desk_event.kind.value, call_id=context.call_id, agent=agent)
        if desk_event.kind is DeskEventKind.CONNECTED and agent:
            await self._records.agent_connected(context.call_id, agent, at)
