"""The dialogue's actions on the loyalty system; their contract is dialogs/domain/actions.yml."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from dialogs.customer_facts import FIND_BY_CARD, FIND_BY_PHONE, birth_date_of, found, nobody
from dialogs.engine.vocabulary import Value
from integrations.attempts.port import AttemptsError, AttemptSubject, WrongAttempts
from integrations.loyalty.phone_numbers import mask_digits
from integrations.loyalty.port import LoyaltyError, LoyaltyGarbage, LoyaltySystem, LoyaltyTimeout
from ivr.session.conversation import ActionError

log = structlog.get_logger()

Arguments = Mapping[str, Value]
Result = Mapping[str, Value]


class LoyaltyActions:
    """Implements `ivr.session.conversation.Actions`."""

    def __init__(self, loyalty: LoyaltySystem, attempts: WrongAttempts) -> None:
        self._loyalty = loyalty
        self._attempts = attempts
        self._actions: dict[str, Callable[[Arguments, str | None], Awaitable[Result]]] = {
            FIND_BY_PHONE: self._find_by_phone,
            FIND_BY_CARD: self._find_by_card,
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
        return nobody("not_found") if customer is None else found(customer)

    async def _find_by_card(self, arguments: Arguments, caller_number: str | None) -> Result:
        subject = AttemptSubject(caller_number, _text(arguments, "card_number"))
        birth_date = birth_date_of(_text(arguments, "birth_date"))
        if await self._attempts.is_locked(subject):
            log.warning("identification is locked", card=mask_digits(subject.card_number))
            return nobody("locked")
        customer = await self._loyalty.customer_by_card(subject.card_number, birth_date)
        if customer is None:
            locked = await self._attempts.count_wrong(subject)
            return nobody("locked" if locked else "not_found")
        if subject.caller_number is not None:
            await self._attempts.forget_caller(subject.caller_number)
        return found(customer)


def _text(arguments: Arguments, name: str) -> str:
    value = arguments[name]
    if not isinstance(value, str):
        raise TypeError(f"argument {name} is not text")
    return value
