"""The dialogue's actions on the loyalty system; their contract is dialogs/domain/actions.yml."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from dialogs.actions.port import ActionError, ActionRequest
from dialogs.customer_facts import FIND_BY_CARD, FIND_BY_PHONE, birth_date_of, found, nobody
from dialogs.engine.vocabulary import Value
from integrations.attempts.port import AttemptsError, AttemptSubject, WrongAttempts
from integrations.loyalty.phone_numbers import mask_digits
from integrations.loyalty.port import LoyaltyError, LoyaltyGarbage, LoyaltySystem, LoyaltyTimeout

log = structlog.get_logger()

Result = Mapping[str, Value]


class LoyaltyActions:
    """Implements `dialogs.actions.port.Actions`."""

    def __init__(self, loyalty: LoyaltySystem, attempts: WrongAttempts) -> None:
        self._loyalty = loyalty
        self._attempts = attempts
        self._actions: dict[str, Callable[[ActionRequest], Awaitable[Result]]] = {
            FIND_BY_PHONE: self._find_by_phone,
            FIND_BY_CARD: self._find_by_card,
        }

    @property
    def names(self) -> frozenset[str]:
        """Return the actions that can be run."""
        return frozenset(self._actions)

    async def run(self, request: ActionRequest) -> Result:
        """See `dialogs.actions.port.Actions`."""
        try:
            return await self._actions[request.action](request)
        except LoyaltyTimeout as error:
            raise ActionError("timeout") from error
        except LoyaltyGarbage as error:
            raise ActionError("garbage") from error
        except (LoyaltyError, AttemptsError) as error:
            raise ActionError("unavailable") from error
        except Exception as error:
            log.exception("action broke", action=request.action)
            raise ActionError("internal") from error

    async def _find_by_phone(self, request: ActionRequest) -> Result:
        customer = await self._loyalty.customer_by_phone(_text(request, "phone"))
        return nobody("not_found") if customer is None else found(customer)

    async def _find_by_card(self, request: ActionRequest) -> Result:
        subject = AttemptSubject(request.caller_number, _text(request, "card_number"))
        birth_date = birth_date_of(_text(request, "birth_date"))
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


def _text(request: ActionRequest, name: str) -> str:
    value = request.arguments[name]
    if not isinstance(value, str):
        raise TypeError(f"argument {name} is not text")
    return value
