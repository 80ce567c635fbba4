"""What was said and done on one call, for its record and the agent's card. Personal data is masked here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from integrations.call_context.port import ContextEntry
from integrations.call_records.port import CallTurn
from ivr.observability.masking import mask_long_numbers

HIDDEN = "[скрыто]"
TURNS_LIMIT = 500


@dataclass(slots=True)
class CallJournal:
    """Turns in order; bounded, the first and the newest are kept."""

    clock: Callable[[], float]  # seconds, monotonic
    started_at: float
    turns: list[CallTurn] = field(default_factory=list)
    dropped: int = 0

    def add(
        self,
        who: str,
        kind: str,
        text: str,
        *,
        step: str | None = None,
        sensitive: bool = False,
        response_gap_seconds: float | None = None,
    ) -> CallTurn:
        """Note one thing; the text of a sensitive one is not kept at all."""
        turn = CallTurn(
            at_seconds=round(self.clock() - self.started_at, 3),
            who=who,
            kind=kind,
            text=HIDDEN if sensitive else mask_long_numbers(text),
            step=step,
            response_gap_seconds=None if response_gap_seconds is None else round(response_gap_seconds, 3),
        )
        if len(self.turns) >= TURNS_LIMIT:
            self.turns.pop(TURNS_LIMIT // 2)
            self.dropped += 1
        self.turns.append(turn)
        return turn

    def heard_of(self, turn: CallTurn, text: str) -> None:
        """Leave of a prompt that was noted when it began only what the caller heard; empty text: nothing of it."""
        place = next((place for place, noted in enumerate(self.turns) if noted is turn), None)
        if place is None:  # dropped in a call without end
            return
        if not text:
            del self.turns[place]
        elif turn.text != HIDDEN:
            self.turns[place] = replace(turn, text=mask_long_numbers(text))

    def for_agent(self, limit: int = 50) -> tuple[ContextEntry, ...]:
        """Return the newest words of both sides as the agent's card shows them."""
        spoken = [turn for turn in self.turns if turn.who in ("caller", "yulia") and turn.text]
        return tuple(ContextEntry(turn.at_seconds, turn.who, turn.text) for turn in spoken[-limit:])
