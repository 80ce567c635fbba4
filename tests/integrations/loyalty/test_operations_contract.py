"""What every `LoyaltySystem` does with a change: over the fake, and over HTTP against the sandbox on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from integrations.loyalty.port import (
    Activation,
    CardBlock,
    CardState,
    Change,
    Done,
    LoyaltyError,
    LoyaltyGarbage,
    LoyaltyKeyConflict,
    LoyaltySystem,
    LoyaltyTimeout,
    LoyaltyUnavailable,
    PhoneBlock,
    PhoneTie,
    Refusal,
    Refused,
)
from tests.integrations.loyalty.conftest import Subject
from tests.integrations.loyalty.operation_examples import (
    ANNAS_BIRTHDAY,
    ANNAS_CARD,
    ANNAS_PHONE,
    DMITRYS_MERGE,
    NEW_CARD,
    NEW_PHONE,
    NEWCOMER,
    OTHER_NEW_CARD,
    PAVEL,
    TIE_TO_PAVEL,
    cards_of,
    done,
    key,
)


async def test_a_newcomer_with_a_card_from_a_shop_becomes_a_customer(loyalty: LoyaltySystem) -> None:
    outcome = await done(loyalty, NEWCOMER)
    customer = await loyalty.customer_by_phone(NEW_PHONE)
    assert customer is not None
    assert (customer.first_name, customer.patronymic, customer.last_name) == ("Пётр", "Ильич", "Новосёлов")
    assert (customer.id, customer.cards) == (outcome.customer_id, outcome.cards)
    assert [(card.number, card.state, card.points) for card in customer.cards] == [(NEW_CARD, CardState.ACTIVE, 0)]
    assert await loyalty.customer_by_card(NEW_CARD, NEWCOMER.birth_date) == customer


async def test_a_newcomer_may_leave_their_last_name_out(loyalty: LoyaltySystem) -> None:
    await done(loyalty, replace(NEWCOMER, patronymic=None, last_name=None))
    customer = await loyalty.customer_by_phone(NEW_PHONE)
    assert customer is not None
    assert (customer.first_name, customer.last_name) == ("Пётр", None)


async def test_the_holder_of_an_issued_card_activates_it(loyalty: LoyaltySystem) -> None:
    outcome = await done(loyalty, PAVEL)
    assert (outcome.customer_id, outcome.cards[0].state) == ("c-0004", CardState.ACTIVE)


async def test_a_customer_adds_a_card_from_a_shop_to_their_profile(loyalty: LoyaltySystem) -> None:
    outcome = await done(loyalty, replace(NEWCOMER, phone=ANNAS_PHONE, birth_date=ANNAS_BIRTHDAY))
    assert outcome.customer_id == "c-0001"
    anna = await loyalty.customer_by_id("c-0001")
    assert anna is not None
    assert {card.number for card in anna.cards} == {ANNAS_CARD, NEW_CARD}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (replace(NEWCOMER, card_number="7789001245700372"), Refusal.UNKNOWN_CARD),
        (
            replace(NEWCOMER, card_number=ANNAS_CARD, phone=ANNAS_PHONE, birth_date=ANNAS_BIRTHDAY),
            Refusal.ALREADY_ACTIVE,
        ),
        (replace(NEWCOMER, card_number=ANNAS_CARD), Refusal.CARD_OF_ANOTHER),
        (replace(PAVEL, phone=ANNAS_PHONE), Refusal.CARD_OF_ANOTHER),
        (replace(PAVEL, phone=NEW_PHONE, birth_date=date(1999, 9, 9)), Refusal.CARD_OF_ANOTHER),
        (replace(PAVEL, phone=NEW_PHONE), Refusal.KNOWN_BY_OTHER_PHONE),
        (
            replace(NEWCOMER, first_name="АННА", last_name="Белова", birth_date=ANNAS_BIRTHDAY),
            Refusal.KNOWN_BY_OTHER_PHONE,
        ),
        (replace(NEWCOMER, phone=ANNAS_PHONE), Refusal.PERSON_DIFFERS),
        (
            replace(NEWCOMER, card_number="7789540709949801", phone="+79160000003", birth_date=date(1990, 7, 21)),
            Refusal.CARD_BLOCKED,
        ),
        (
            replace(NEWCOMER, card_number="7789302351449360", phone="+79160000016", birth_date=date(1984, 11, 23)),
            Refusal.CARD_MERGED,
        ),
    ],
)
async def test_an_activation_is_refused_with_its_reason(
    loyalty: LoyaltySystem, change: Activation, reason: Refusal
) -> None:
    before = await loyalty.customer_by_phone(change.phone)
    assert await loyalty.carry_out(key(), change) == Refused(reason)
    assert await loyalty.customer_by_phone(change.phone) == before


async def test_somebody_known_by_another_number_activates_after_the_number_was_tied(loyalty: LoyaltySystem) -> None:
    change = replace(PAVEL, phone=NEW_PHONE)
    assert await loyalty.carry_out(key(), change) == Refused(Refusal.KNOWN_BY_OTHER_PHONE)
    await done(loyalty, TIE_TO_PAVEL)
    assert (await done(loyalty, change)).customer_id == "c-0004"
    pavel = await loyalty.customer_by_phone(NEW_PHONE)
    assert pavel is not None
    assert pavel.phones == ("+79160000004", NEW_PHONE)


async def test_a_tied_number_can_be_tied_again_and_a_number_of_another_cannot(loyalty: LoyaltySystem) -> None:
    await done(loyalty, TIE_TO_PAVEL)
    assert await done(loyalty, TIE_TO_PAVEL) == Done("c-0004", ())
    taken = PhoneTie("c-0004", ANNAS_PHONE)
    assert await loyalty.carry_out(key(), taken) == Refused(Refusal.PHONE_OF_ANOTHER)
    nobody = PhoneTie("c-0000", NEW_PHONE)
    assert await loyalty.carry_out(key(), nobody) == Refused(Refusal.UNKNOWN_CUSTOMER)


async def test_a_profile_takes_no_more_phones_than_an_answer_can_tell(loyalty: LoyaltySystem) -> None:
    for number in range(19):
        await done(loyalty, PhoneTie("c-0001", f"+791655502{number:02}"))
    assert await loyalty.carry_out(key(), PhoneTie("c-0001", NEW_PHONE)) == Refused(Refusal.TOO_MANY)
    anna = await loyalty.customer_by_phone(ANNAS_PHONE)
    assert anna is not None
    assert len(anna.phones) == 20


@pytest.mark.parametrize("birth_date", [None, ANNAS_BIRTHDAY])
async def test_a_blocked_card_keeps_its_points(loyalty: LoyaltySystem, birth_date: date | None) -> None:
    (card,) = (await done(loyalty, CardBlock(ANNAS_CARD, birth_date))).cards
    assert (card.state, card.points) == (CardState.BLOCKED, 1250)


async def test_a_wrong_proof_sounds_like_an_unknown_card_and_blocks_nothing(loyalty: LoyaltySystem) -> None:
    for number in (ANNAS_CARD, "7789001245700372", NEW_CARD):
        outcome = await loyalty.carry_out(key(), CardBlock(number, ANNAS_BIRTHDAY + timedelta(days=1)))
        assert outcome == Refused(Refusal.UNKNOWN_CARD)
    anna = await loyalty.customer_by_phone(ANNAS_PHONE)
    assert anna is not None
    assert anna.cards[0].state is CardState.ACTIVE


async def test_all_working_cards_of_a_phone_are_blocked_at_once(loyalty: LoyaltySystem) -> None:
    outcome = await done(loyalty, PhoneBlock("+79160000037"))
    assert {card.number for card in outcome.cards} == set(cards_of("c-0037")[:2])
    assert {card.state for card in outcome.cards} == {CardState.BLOCKED}
    assert await loyalty.carry_out(key(), PhoneBlock("+79160000037")) == Refused(Refusal.ALREADY_BLOCKED)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (CardBlock("7789540709949801"), Refusal.ALREADY_BLOCKED),
        (CardBlock("7789302351449360"), Refusal.CARD_MERGED),
        (CardBlock("7789001245700372"), Refusal.UNKNOWN_CARD),
        (CardBlock(NEW_CARD), Refusal.CARD_NOT_ACTIVE),
        (PhoneBlock(NEW_PHONE), Refusal.UNKNOWN_CUSTOMER),
        (PhoneBlock("+79160000025"), Refusal.NO_CARDS),
        (PhoneBlock("+79160000003"), Refusal.ALREADY_BLOCKED),
    ],
)
async def test_a_block_is_refused_with_its_reason(
    loyalty: LoyaltySystem, block: CardBlock | PhoneBlock, reason: Refusal
) -> None:
    assert await loyalty.carry_out(key(), block) == Refused(reason)


@pytest.mark.parametrize("change", [NEWCOMER, DMITRYS_MERGE, CardBlock(ANNAS_CARD), PhoneBlock(ANNAS_PHONE)])
async def test_the_same_key_and_change_give_the_same_answer_and_are_done_once(
    loyalty: LoyaltySystem, change: Change
) -> None:
    one = key()
    first = await done(loyalty, change, under=one)
    assert await loyalty.carry_out(one, change) == first
    again = await loyalty.carry_out(key(), change)
    assert isinstance(again, Refused), "under another key it is another operation, which comes too late"


async def test_a_refusal_is_for_ever_under_its_key(loyalty: LoyaltySystem) -> None:
    one, change = key(), replace(PAVEL, phone=NEW_PHONE)
    refused = await loyalty.carry_out(one, change)
    await done(loyalty, TIE_TO_PAVEL)
    assert await loyalty.carry_out(one, change) == refused == Refused(Refusal.KNOWN_BY_OTHER_PHONE)


async def test_the_same_key_with_another_change_is_a_conflict_and_does_nothing(loyalty: LoyaltySystem) -> None:
    one = key()
    await done(loyalty, CardBlock(cards_of("c-0037")[0]), under=one)
    with pytest.raises(LoyaltyKeyConflict) as caught:
        await loyalty.carry_out(one, CardBlock(ANNAS_CARD))
    assert not caught.value.retryable
    anna = await loyalty.customer_by_phone(ANNAS_PHONE)
    assert anna is not None
    assert anna.cards[0].state is CardState.ACTIVE


async def test_one_key_sent_many_times_at_once_is_done_once(loyalty: LoyaltySystem) -> None:
    one = key()
    outcomes = await asyncio.gather(*(loyalty.carry_out(one, DMITRYS_MERGE) for _ in range(10)))
    assert len(set(outcomes)) == 1
    dmitry = await loyalty.customer_by_id("c-0002")
    assert dmitry is not None
    assert sorted(card.points for card in dmitry.cards) == [0, 425]


async def test_an_answer_that_got_lost_is_given_when_asked_again(subject: Subject) -> None:
    one = key()
    await subject.fall_ill("lost")
    with pytest.raises(LoyaltyUnavailable):
        await subject.loyalty.carry_out(one, NEWCOMER)
    await subject.fall_ill("ok")
    assert await subject.loyalty.customer_by_phone(NEW_PHONE) is not None, "it had been carried out"
    assert isinstance(await subject.loyalty.carry_out(one, NEWCOMER), Done)
    second = replace(NEWCOMER, card_number=OTHER_NEW_CARD)
    assert isinstance(await subject.loyalty.carry_out(key(), second), Done)


@pytest.mark.parametrize(
    ("mode", "error", "is_worth_a_later_try"),
    [
        ("down", LoyaltyUnavailable, True),
        ("error", LoyaltyUnavailable, True),
        ("reset", LoyaltyUnavailable, True),
        ("hang", LoyaltyTimeout, True),
        ("wrong", LoyaltyGarbage, False),
    ],
)
async def test_each_failure_of_a_change_has_its_error_and_the_same_key_heals_it(
    subject: Subject, mode: str, error: type[LoyaltyError], is_worth_a_later_try: bool
) -> None:
    one = key()
    await subject.fall_ill(mode)
    loyalty = subject.impatient if mode == "hang" else subject.loyalty
    with pytest.raises(error) as caught:
        await loyalty.carry_out(one, CardBlock(ANNAS_CARD))
    assert type(caught.value) is error
    assert caught.value.retryable is is_worth_a_later_try
    with pytest.raises(error):
        await loyalty.preview_merge(DMITRYS_MERGE)
    await subject.fall_ill("ok")
    (card,) = (await done(subject.loyalty, CardBlock(ANNAS_CARD), under=one)).cards
    assert card.state is CardState.BLOCKED


async def test_a_customer_who_is_not_there_is_none(loyalty: LoyaltySystem) -> None:
    assert await loyalty.customer_by_id("c-0000") is None
