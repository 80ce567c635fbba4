"""Cards as they are named in a call: by their last four digits among those of one customer."""

from __future__ import annotations

import structlog

from dialogs.actions.port import ActionError
from integrations.loyalty.port import Card, CardState, Customer, LoyaltySystem, Refusal

_log = structlog.get_logger()


class OwnCards:
    """Finds the card that is meant."""

    def __init__(self, loyalty: LoyaltySystem) -> None:
        self._loyalty = loyalty

    async def numbers(self, customer_id: str, *last4: str) -> tuple[str, ...] | Refusal:
        """Return the full numbers of a customer's cards.

        Raises:
            ActionError: two cards end with the same digits, and nobody can tell which one is meant.
            LoyaltyError
        """
        customer = await self._loyalty.customer_by_id(customer_id)
        if customer is None:
            return Refusal.UNKNOWN_CUSTOMER
        named = [named_card(customer, digits) for digits in last4]
        numbers = tuple(card.number for card in named if card is not None)
        return numbers if len(numbers) == len(named) else Refusal.UNKNOWN_CARD


def kept_cards(customer: Customer) -> tuple[Card, ...]:
    """Return the cards that flows know of: all but those merged into others."""
    return tuple(card for card in customer.cards if card.state is not CardState.MERGED)


def named_card(customer: Customer, last4: str) -> Card | None:
    """Find a card by its last four digits.

    Raises:
        ActionError: there are two.
    """
    if len(last4) != 4:
        raise ValueError("a card is named by four digits")
    cards = [card for card in kept_cards(customer) if card.number.endswith(last4)]
    if len(cards) > 1:
        _log.warning("two cards end alike: an agent has to ask which one is meant", customer_id=customer.id)
        raise ActionError("internal")
    return cards[0] if cards else None
