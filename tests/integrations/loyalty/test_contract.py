"""What every `LoyaltySystem` must do: run over the fake, and over HTTP against the sandbox on both databases."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from integrations.loyalty.port import (
    Card,
    CardState,
    Customer,
    LoyaltyError,
    LoyaltyGarbage,
    LoyaltySystem,
    LoyaltyTimeout,
    LoyaltyUnavailable,
)
from integrations.loyalty.sandbox.people import sample_people
from tests.integrations.loyalty.conftest import Subject
from tests.integrations.loyalty.fake import as_customer
from tests.integrations.loyalty.sandbox_under_test import TODAY

ANNA = Customer(
    id="c-0001",
    first_name="Анна",
    patronymic="Сергеевна",
    last_name="Белова",
    phones=("+79160000001",),
    cards=(Card("7789001245700364", CardState.ACTIVE, 1250, 0, 0, None),),
)
ANNAS_BIRTHDAY = date(1985, 3, 14)


async def test_a_caller_is_found_by_their_phone(loyalty: LoyaltySystem) -> None:
    assert await loyalty.customer_by_phone("+79160000001") == ANNA


async def test_a_phone_that_nobody_has_finds_nobody(loyalty: LoyaltySystem) -> None:
    assert await loyalty.customer_by_phone("+79165550000") is None


async def test_a_card_and_the_birth_date_find_its_holder(loyalty: LoyaltySystem) -> None:
    assert await loyalty.customer_by_card("7789001245700364", ANNAS_BIRTHDAY) == ANNA


@pytest.mark.parametrize(
    ("card_number", "born"),
    [
        ("7789001245700364", ANNAS_BIRTHDAY + timedelta(days=1)),  # hers, another birth date
        ("7789001245700372", ANNAS_BIRTHDAY),  # nobody's
        (sample_people().cards_without_owner[0], ANNAS_BIRTHDAY),  # handed out, not activated
    ],
)
async def test_a_card_that_is_not_the_callers_is_like_no_card(
    loyalty: LoyaltySystem, card_number: str, born: date
) -> None:
    assert await loyalty.customer_by_card(card_number, born) is None


async def test_every_sample_person_is_told_as_the_file_says(loyalty: LoyaltySystem) -> None:
    for person in sample_people().people:
        expected = as_customer(person, TODAY)
        for phone in person.phones:
            assert await loyalty.customer_by_phone(phone) == expected
        for card in person.cards:
            found = await loyalty.customer_by_card(card.number, person.birth_date or ANNAS_BIRTHDAY)
            assert found == (expected if person.birth_date else None)


async def test_a_person_without_a_phone_is_found_by_card(loyalty: LoyaltySystem) -> None:
    nina = await loyalty.customer_by_card("7789257325967147", date(1953, 5, 30))
    assert nina is not None
    assert (nina.first_name, nina.phones) == ("Нина", ())


async def test_points_that_expire_come_with_their_date(loyalty: LoyaltySystem) -> None:
    lyudmila = await loyalty.customer_by_phone("+79160000014")
    assert lyudmila is not None
    (card,) = lyudmila.cards
    assert (card.points, card.points_pending, card.points_expiring) == (2410, 120, 410)
    assert card.expires_on == TODAY + timedelta(days=20)


async def test_many_lookups_at_once_are_not_mixed_up(loyalty: LoyaltySystem) -> None:
    phones = [person.phones[0] for person in sample_people().people if person.phones]
    found = await asyncio.gather(*(loyalty.customer_by_phone(phone) for phone in phones))
    assert [customer and customer.phones[0] for customer in found] == phones


@pytest.mark.parametrize(
    ("mode", "error", "is_worth_a_later_try"),
    [("down", LoyaltyUnavailable, True), ("hang", LoyaltyTimeout, True), ("wrong", LoyaltyGarbage, False)],
)
async def test_each_failure_has_its_error_and_passes(
    subject: Subject, mode: str, error: type[LoyaltyError], is_worth_a_later_try: bool
) -> None:
    await subject.fall_ill(mode)
    loyalty = subject.impatient if mode == "hang" else subject.loyalty
    with pytest.raises(error) as caught:
        await loyalty.customer_by_phone("+79160000001")
    assert type(caught.value) is error
    assert caught.value.retryable is is_worth_a_later_try
    with pytest.raises(error):
        await loyalty.customer_by_card("7789001245700364", ANNAS_BIRTHDAY)
    await subject.fall_ill("ok")
    assert await subject.loyalty.customer_by_phone("+79160000001") == ANNA
