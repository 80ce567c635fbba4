"""The port of actions: what flows may ask of the outside, by the names of dialogs/domain/actions.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dialogs.engine.vocabulary import Value


class ActionError(Exception):
    """An action failed; `kind` is what the flow is told: "unavailable", "timeout", "garbage" or "internal".

    Nothing was changed outside, and nothing will be.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """One action, asked for in a call."""

    action: str
    arguments: Mapping[str, Value] = field(repr=False)
    caller_number: str | None = field(repr=False)  # E.164; None when hidden
    call_id: str
    operation_key: str | None = None  # of a changing action: the same for the same wish
    limit_seconds: float = 5.0  # the caller is told of a failure after that


class Actions(Protocol):
    """The outside as the dialogue knows it."""

    async def run(self, request: ActionRequest) -> Mapping[str, Value]:
        """Carry out one action.

        Raises:
            ActionError
        """
