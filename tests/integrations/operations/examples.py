from __future__ import annotations

import uuid
from datetime import UTC, datetime

from integrations.loyalty.port import CardBlock, Change
from integrations.operations.port import Operation
from integrations.operations.settings import OperationSettings
from tests.integrations.loyalty.operation_examples import ANNAS_CARD, DMITRYS_MERGE, NEWCOMER

ACCEPTED_AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
BLOCK = CardBlock(ANNAS_CARD)
SETTINGS = OperationSettings(lease_seconds=60, first_pause_seconds=2, longest_pause_seconds=60)
SECRETS = (ANNAS_CARD, NEWCOMER.card_number, NEWCOMER.phone, "Новосёлов", "1990-04-01", DMITRYS_MERGE.kept_card)


def operation(
    change: Change = BLOCK,
    *,
    key: str | None = None,
    call_id: str = "call-1",
    at: datetime = ACCEPTED_AT,
    after: str | None = None,
) -> Operation:
    return Operation(key or str(uuid.uuid4()), call_id, change, at, after)
