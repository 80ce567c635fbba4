"""The dialogue's actions on the loyalty system; their contract is dialogs/domain/actions.yml."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from dialogs.actions.activation import Activating
from dialogs.actions.asked import Asked, Result
from dialogs.actions.blocking import Blocking
from dialogs.actions.changes import Changes
from dialogs.actions.identification import Guard, Identification
from dialogs.actions.merging import Merging
from dialogs.actions.own_cards import OwnCards
from dialogs.actions.port import ActionError, ActionRequest
from dialogs.customer_facts import FIND_BY_CARD, FIND_BY_PHONE
from integrations.attempts.port import AttemptsError, WrongAttempts
from integrations.loyalty.port import LoyaltyError, LoyaltyGarbage, LoyaltySystem, LoyaltyTimeout
from integrations.operations.port import OperationLogError

log = structlog.get_logger()


class LoyaltyActions:
    """Implements `dialogs.actions.port.Actions`."""

    def __init__(self, loyalty: LoyaltySystem, attempts: WrongAttempts, changes: Changes) -> None:
        guard, cards = Guard(attempts), OwnCards(loyalty)
        identification = Identification(loyalty, guard)
        blocking = Blocking(changes, cards, guard)
        merging = Merging(loyalty, changes, cards)
        activating = Activating(changes, guard)
        self._actions: dict[str, Callable[[Asked], Awaitable[Result]]] = {
            FIND_BY_PHONE: identification.by_phone,
            FIND_BY_CARD: identification.by_card,
            "loyalty.activate": activating.activate,
            "loyalty.tie_phone": activating.tie_phone,
            "loyalty.merge_choice": merging.choice,
            "loyalty.preview_merge": merging.preview,
            "loyalty.merge": merging.merge,
            "loyalty.undo_merge": merging.undo,
            "loyalty.block_card": blocking.card,
            "loyalty.block_card_by_number": blocking.card_by_number,
            "loyalty.block_by_phone": blocking.all_by_phone,
        }

    @property
    def names(self) -> frozenset[str]:
        """Return the actions that can be run."""
        return frozenset(self._actions)

    async def run(self, request: ActionRequest) -> Result:
        """See `dialogs.actions.port.Actions`."""
        try:
            return await self._actions[request.action](Asked.now(request))
        except ActionError:
            raise
        except LoyaltyTimeout as error:
            raise ActionError("timeout") from error
        except LoyaltyGarbage as error:
            raise ActionError("garbage") from error
        except (LoyaltyError, AttemptsError) as error:
            raise ActionError("unavailable") from error
        except OperationLogError as error:
            log.error("a change was not accepted", action=request.action, reason=str(error))
            raise ActionError("unavailable" if error.retryable else "internal") from error
        except Exception as error:
            log.exception("action broke", action=request.action)
            raise ActionError("internal") from error
