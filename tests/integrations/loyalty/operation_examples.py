from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime

from integrations.loyalty.port import Activation, Change, Done, LoyaltySystem, Merge, PhoneTie
from integrations.loyalty.sandbox.people import sample_people

ANNAS_CARD, ANNAS_PHONE, ANNAS_BIRTHDAY = "7789001245700364", "+79160000001", date(1985, 3, 14)
NEW_CARD, OTHER_NEW_CARD = sample_people().cards_without_owner[:2]
NEW_PHONE = "+79165550101"

DMITRYS_MERGE = Merge("c-0002", kept_card="7789247909073503", merged_card="7789402950117192")
NEWCOMER = Activation(
    NEW_CARD,
    phone=NEW_PHONE,
    first_name="Пётр",
    patronymic="Ильич",
    last_name="Новосёлов",
    birth_date=date(1990, 4, 1),
    consented_at=datetime(2026, 3, 1, 11, 59, tzinfo=UTC),
)
PAVEL = replace(  # holds an issued card
    NEWCOMER,
    card_number="7789143276401122",
    phone="+79160000004",
    first_name="Павел",
    patronymic=None,
    last_name="Гущин",
    birth_date=date(2001, 1, 9),
)
TIE_TO_PAVEL = PhoneTie("c-0004", NEW_PHONE)


def key() -> str:
    """Make an operation key."""
    return str(uuid.uuid4())


def cards_of(customer_id: str) -> tuple[str, ...]:
    """Tell the card numbers of a sample person, in the order of the file."""
    return tuple(card.number for person in sample_people().people if person.id == customer_id for card in person.cards)


async def done(loyalty: LoyaltySystem, change: Change, under: str | None = None) -> Done:
    """Make a change that nothing speaks against."""
    outcome = await loyalty.carry_out(under or key(), change)
    assert isinstance(outcome, Done), outcome
    return outcome
