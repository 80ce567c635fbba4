from __future__ import annotations

from integrations.call_context.keys import new_context_key
from integrations.call_context.port import CallContext, ContextEntry


def entries(count: int) -> tuple[ContextEntry, ...]:
    return tuple(ContextEntry(at_seconds=float(n), who="caller", text=f"фраза {n}") for n in range(count))


def context(key: str | None = None, *, turns: int = 2, call_id: str = "call-1") -> CallContext:
    return CallContext(
        key=key or new_context_key(),
        call_id=call_id,
        caller_number="+79160000001",
        customer_id="c-17",
        customer_name="Анна Сергеевна",
        topic="balance",
        queue="general",
        reason="asked",
        asked=("Сколько баллов?",),
        done=("Назван баланс",),
        left=(),
        transcript=entries(turns),
        bundle="b1946ac9",
        started_at="2026-11-22T03:00:00.000Z",
    )
