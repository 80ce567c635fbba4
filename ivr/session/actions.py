"""The dialogue's actions on the loyalty system; their contract is dialogs/domain/actions.yml."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date

import structlog

from dialogs.engine.vocabulary import Value
from integrations.attempts.port import AttemptsError, AttemptSubject, WrongAttempts
from integrations.loyalty.phone_numbers import mask_digits
from integrations.loyalty.port import (
    Card,
    CardState,
    Customer,
    LoyaltyError,
    LoyaltyGarbage,
    LoyaltySystem,
    LoyaltyTimeout,
)
from ivr.session.conversation import ActionError

log = structlog.get_logger()

Arguments = Mapping[str, Value]
Result = Mapping[str, Value]

NOBODY = Customer(id="", first_name="", patronymic=None, last_name="", phones=(), cards=())


class LoyaltyActions:
    """Implements `ivr.session.conversation.Actions`."""

    def __init__(self, loyalty: LoyaltySystem, attempts: WrongAttempts) -> None:
        self._loyalty = loyalty
        self._attempts = attempts
        self._actions: dict[str, Callable[[Arguments, str | None], Awaitable[Result]]] = {
            "loyalty.find_by_phone": self._find_by_phone,
            "loyalty.find_by_card": self._find_by_card,
        }

    @property
    def names(self) -> frozenset[str]:
        """Return the actions that can be run."""
        return frozenset(self._actions)

    async def run(self, action: str, arguments: Arguments, caller_number: str | None) -> Result:
        """See `ivr.session.conversation.Actions`."""
        try:
            return await self._actions[action](arguments, caller_number)
        except LoyaltyTimeout as error:
            raise ActionError("timeout") from error
        except LoyaltyGarbage as error:
            raise ActionError("garbage") from error
        except (LoyaltyError, AttemptsError) as error:
            raise ActionError("unavailable") from error
        except Exception as error:
            log.exception("action broke", action=action)
            raise ActionError("internal") from error

    async def _find_by_phone(self, arguments: Arguments, _caller_number: str | None) -> Result:
        customer = await self._loyalty.customer_by_phone(_text(arguments, "phone"))
        return _not_found() if customer is None else _found(customer)

    async def _find_by_card(self, arguments: Arguments, caller_number: str | None) -> Result:
        subject = AttemptSubject(caller_number, _text(arguments, "card_number"))
        birth_date = _birth_date(_text(arguments, "birth_date"))
        if await self._attempts.is_locked(subject):
            log.warning("identification is locked", card=mask_digits(subject.card_number))
            return _not_found("locked")
        customer = await self._loyalty.customer_by_card(subject.card_number, birth_date)
        if customer is None:
            locked = await self._attempts.count_wrong(subject)
            return _not_found("locked" if locked else "not_found")
        if subject.caller_number is not None:
            await self._attempts.forget_caller(subject.caller_number)
        return _found(customer)


def _found(customer: Customer) -> Result:
    cards = [card for card in customer.cards if card.state is not CardState.MERGED]
    active = [card for card in cards if card.state is CardState.ACTIVE]
    first = next(iter(active or cards), None)
    expiring_on = min((card.expires_on for card in active if card.expires_on and card.points_expiring), default=None)
    return {
        "outcome": "found",
        "customer_id": customer.id,
        "customer_name": " ".join(filter(None, (customer.first_name, customer.patronymic))),
        "cards": tuple(_card(card) for card in cards),
        "active_cards": len(active),
        "card_last4": first.number[-4:] if first else None,
        "card_state": first.state.value if first else None,
        "points": sum(card.points for card in active),
        "points_pending": sum(card.points_pending for card in active),
        "points_expiring": sum(card.points_expiring for card in active if card.expires_on == expiring_on),
        "expires_on": expiring_on.isoformat() if expiring_on else None,
    }


def _not_found(outcome: str = "not_found") -> Result:
    return {**_found(NOBODY), "outcome": outcome, "customer_id": None, "customer_name": None}


def _card(card: Card) -> Mapping[str, Value]:
    return {
        "last4": card.number[-4:],
        "state": card.state.value,
        "points": card.points,
        "points_pending": card.points_pending,
        "points_expiring": card.points_expiring,
        "expires_on": card.expires_on.isoformat() if card.expires_on else None,
    }


def _text(arguments: Arguments, name: str) -> str:
    value = arguments[name]
    if not isinstance(value, str):
        raise TypeError(f"argument {name} is not text")
    return value


def _birth_date(digits: str) -> date:
    """Read ДДММГГГГ."""
    return date(int(digits[4:8]), int(digits[2:4]), int(digits[:2]))
