from __future__ import annotations

from datetime import datetime

from dialogs.actions.changes import Changes
from integrations.loyalty.port import LoyaltySystem
from integrations.operations.port import OperationLog
from integrations.operations.sender import OperationSender
from tests.integrations.loyalty.fake import NOON
from tests.integrations.operations.examples import SETTINGS


def changes_over(log: OperationLog, loyalty: LoyaltySystem, now: datetime = NOON) -> Changes:
    """Accept changes into a log and send them at a moment that stands still; accepting needs no time."""
    sender = OperationSender(log, loyalty, SETTINGS, clock=lambda: now)
    return Changes(log, sender, accepting_seconds=0.0, clock=lambda: now)
