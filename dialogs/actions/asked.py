"""A request as the actions work with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dialogs.actions.port import ActionRequest
from dialogs.customer_facts import birth_date_of
from dialogs.engine.vocabulary import Value
from integrations.attempts.port import AttemptSubject
from integrations.loyalty.phone_numbers import normalise_phone

Result = Mapping[str, Value]

MARGIN_SECONDS = 0.5
"""What is left for counters and bookkeeping once the outcome is there: whoever waits must not give up just then."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with its deadline, and its arguments read."""

    request: ActionRequest
    deadline: float  # by the loop's clock

    @classmethod
    def now(cls, request: ActionRequest) -> Asked:
        """Take a request that has just come."""
        return cls(request, asyncio.get_running_loop().time() + request.limit_seconds - MARGIN_SECONDS)

    @property
    def seconds_left(self) -> float:
        """Return how long the caller still waits."""
        return self.deadline - asyncio.get_running_loop().time()

    @property
    def key(self) -> str:
        """Return the operation key of a changing action.

        Raises:
            ValueError: there is none, a fault of whoever asked.
        """
        if self.request.operation_key is None:
            raise ValueError("a changing action without an operation key")
        return self.request.operation_key

    def text(self, name: str) -> str:
        """Return an argument.

        Raises:
            KeyError, TypeError: missing, or not text: a fault of the flow.
        """
        value = self.request.arguments[name]
        if not isinstance(value, str):
            raise TypeError(f"argument {name} is not text")
        return value

    def birth_date(self) -> date:
        """Return the argument `birth_date`.

        Raises:
            KeyError, TypeError, ValueError
        """
        return birth_date_of(self.text("birth_date"))

    def phone(self) -> str:
        """Return the argument `phone` as E.164.

        Raises:
            KeyError, TypeError, ValueError
        """
        phone = normalise_phone(self.text("phone"))
        if phone is None:
            raise ValueError("argument phone is no telephone number")
        return phone

    def subject(self) -> AttemptSubject:
        """Return who tries which card, for counting wrong tries."""
        return AttemptSubject(self.request.caller_number, self.text("card_number"))
