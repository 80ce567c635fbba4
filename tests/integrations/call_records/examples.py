from __future__ import annotations

from datetime import UTC, datetime, timedelta

from integrations.call_records.port import CallEnd, CallOutcome, CallStart, CallTurn

BEGAN_AT = datetime(2026, 11, 22, 3, 0, 0, 123456, tzinfo=UTC)


def start(call_id: str = "call-1", *, worker: str = "worker-1", began_at: datetime = BEGAN_AT) -> CallStart:
    return CallStart(
        call_id=call_id,
        channel="PJSIP/line-00000001",
        caller_number="********0001",
        dialled_number="100",
        bundle="b1946ac9",
        worker=worker,
        started_at=began_at,
    )


def end(
    outcome: CallOutcome = CallOutcome.CONTAINED, *, turns: int = 2, said: str = "сколько у меня баллов"
) -> CallEnd:
    return CallEnd(
        outcome=outcome,
        reason=None,
        topic="balance",
        queue=None,
        customer_id="c-17",
        ended_at=BEGAN_AT + timedelta(seconds=42.5),
        turns=tuple(
            CallTurn(
                at_seconds=0.1 + number,
                who="caller" if number % 2 else "yulia",
                kind="speech" if number % 2 else "prompt",
                text=f"{said} {number}",
                step="main/menu" if number % 2 else None,
                response_gap_seconds=0.35 if number % 2 else None,
            )
            for number in range(turns)
        ),
    )
