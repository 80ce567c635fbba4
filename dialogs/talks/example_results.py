"""Results of actions, named for the conversations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from dialogs.customer_facts import found, nobody
from dialogs.engine.vocabulary import Value
from integrations.loyalty.port import Card, CardState, Customer


def customer(*cards: Card) -> Customer:
    """Make up a customer with these cards."""
    return Customer("c-1", "Анна", "Сергеевна", "Иванова", ("+79160000001",), cards)


def card(last4: str, state: CardState = CardState.ACTIVE, points: int = 0, **more: int | date) -> Card:
    """Make up a card; `more` are further fields of `Card`."""
    figures = {"points_pending": 0, "points_expiring": 0, "expires_on": None} | more
    return Card(f"778900000000{last4}", state, points, **figures)  # type: ignore[arg-type]


RESULTS: Mapping[str, Mapping[str, Value]] = {
    "one card": found(customer(card("2222", points=1250))),
    "one card, some expire": found(
        customer(card("2222", points=1250, points_expiring=200, expires_on=date(2026, 12, 1)))
    ),
    "one card, one expires, some pending": found(
        customer(card("2222", points=21, points_expiring=1, expires_on=date(2026, 12, 31), points_pending=43))
    ),
    "two cards": found(customer(card("2222", points=100), card("0005", points=2))),
    "five cards": found(customer(*(card(f"000{number}", points=10) for number in range(5)))),
    "a blocked card beside an active one": found(
        customer(card("1111", CardState.BLOCKED, 70), card("2222", points=30))
    ),
    "blocked": found(customer(card("2222", CardState.BLOCKED, 500))),
    "not active": found(customer(card("2222", CardState.ISSUED))),
    "no cards": found(customer()),
    "only a merged card": found(customer(card("3333", CardState.MERGED))),
    "nobody": nobody("not_found"),
    "locked": nobody("locked"),
    "garbage": {"outcome": "found"},
}
