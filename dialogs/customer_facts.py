"""What flows learn of a customer: the results of the `loyalty.find_by_…` actions, as actions.yml says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from dialogs.engine.vocabulary import Value
from integrations.loyalty.port import Card, CardState, Customer

FIND_BY_PHONE = "loyalty.find_by_phone"
FIND_BY_CARD = "loyalty.find_by_card"

BLOCKABLE = (CardState.ISSUED, CardState.ACTIVE)
MERGEABLE = (CardState.ACTIVE, CardState.BLOCKED)


def birth_date_of(digits: str) -> date:
    """Turn the argument `birth_date` (ДДММГГГГ) into a date.

    Raises:
        ValueError: no such day.
    """
    return date(int(digits[4:8]), int(digits[2:4]), int(digits[:2]))


def found(customer: Customer) -> Mapping[str, Value]:
    """Return the result for a customer who was found."""
    cards = tuple(card for card in customer.cards if card.state is not CardState.MERGED)
    active = tuple(card for card in cards if card.state is CardState.ACTIVE)
    told = (active or cards)[:1]  # the card that the caller hears about
    first_expiry = min((card.expires_on for card in active if card.expires_on and card.points_expiring), default=None)
    return {
        "outcome": "found",
        "customer_id": customer.id,
        "customer_name": " ".join(part for part in (customer.first_name, customer.patronymic) if part),
        "cards": tuple(_card(card) for card in cards),
        "active_cards": len(active),
        "blockable_cards": sum(card.state in BLOCKABLE for card in cards),
        "mergeable_cards": sum(card.state in MERGEABLE for card in cards),
        "card_last4": told[0].number[-4:] if told else None,
        "card_state": told[0].state.value if told else None,
        "points": sum(card.points for card in active),
        "points_pending": sum(card.points_pending for card in active),
        "points_expiring": sum(card.points_expiring for card in active if card.expires_on == first_expiry is not None),
        "expires_on": first_expiry.isoformat() if first_expiry is not None else None,
    }


def nobody(outcome: str) -> Mapping[str, Value]:
    """Return the result for nobody: "not_found" or "locked"."""
    return {
        "outcome": outcome,
        "customer_id": None,
        "customer_name": None,
        "cards": (),
        "active_cards": 0,
        "blockable_cards": 0,
        "mergeable_cards": 0,
        "card_last4": None,
        "card_state": None,
        "points": 0,
        "points_pending": 0,
        "points_expiring": 0,
        "expires_on": None,
    }


def _card(card: Card) -> Mapping[str, Value]:
    return {
        "last4": card.number[-4:],
        "state": card.state.value,
        "points": card.points,
        "points_pending": card.points_pending,
        "points_expiring": card.points_expiring,
        "expires_on": card.expires_on.isoformat() if card.expires_on is not None else None,
    }
