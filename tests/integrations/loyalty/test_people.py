from __future__ import annotations

from collections import Counter

from integrations.loyalty.port import CardState
from integrations.loyalty.sandbox.people import SamplePerson, sample_people

PEOPLE = sample_people().people


def has_right_check_digit(number: str) -> bool:
    """Luhn's rule, ISO/IEC 7812-1 annex B."""
    doubled = [int(digit) * 2 for digit in number[-2::-2]]
    return (sum(map(int, number[-1::-2])) + sum(digit - 9 if digit > 9 else digit for digit in doubled)) % 10 == 0


def with_cards(*states: CardState) -> list[SamplePerson]:
    return [person for person in PEOPLE if Counter(card.state for card in person.cards) == Counter(states)]


def test_every_card_number_is_of_the_series_with_a_right_check_digit_and_unique() -> None:
    numbers = [card.number for person in PEOPLE for card in person.cards]
    numbers += sample_people().cards_without_owner
    assert len(set(numbers)) == len(numbers)
    for number in numbers:
        assert len(number) == 16
        assert number.startswith("7789")
        assert has_right_check_digit(number), number


def test_every_phone_and_id_leads_to_one_person() -> None:
    phones = [phone for person in PEOPLE for phone in person.phones]
    assert len(set(phones)) == len(phones)
    assert len({person.id for person in PEOPLE}) == len(PEOPLE) >= 30


def test_the_demonstration_caller_is_there() -> None:
    (anna,) = [person for person in PEOPLE if "+79160000001" in person.phones]
    assert (anna.first_name, anna.patronymic, anna.last_name) == ("Анна", "Сергеевна", "Белова")
    (card,) = anna.cards
    assert (card.state, card.points) == (CardState.ACTIVE, 1250)


def test_the_cases_of_life_that_dialogues_are_tried_on_are_there() -> None:
    assert with_cards(CardState.ACTIVE)
    assert with_cards(CardState.ACTIVE, CardState.ACTIVE)
    assert with_cards(CardState.BLOCKED)
    assert with_cards(CardState.ISSUED)
    assert with_cards(CardState.MERGED, CardState.ACTIVE)
    assert with_cards()
    assert any(not person.phones for person in PEOPLE)
    assert any(len(person.phones) > 1 for person in PEOPLE)
    assert any(card.expiring and card.expires_in_days for person in PEOPLE for card in person.cards)
    assert {0, 1, 2, 5, 21, 1234} <= {card.points for person in with_cards(CardState.ACTIVE) for card in person.cards}


def test_the_cases_of_changing_operations_are_there() -> None:
    by_id = {person.id: person for person in PEOPLE}
    marina, oleg, inna, other_inna, gleb, raisa = (by_id[f"c-00{number}"] for number in range(32, 38))
    assert {card.state for card in marina.cards} == {CardState.ACTIVE, CardState.ISSUED}
    assert "+79160000132" not in {phone for person in PEOPLE for phone in person.phones}
    assert len({card.expires_in_days for card in oleg.cards}) == 2
    assert (inna.first_name, inna.last_name, inna.birth_date) == (
        other_inna.first_name,
        other_inna.last_name,
        other_inna.birth_date,
    )
    assert gleb.last_name is None
    assert Counter(card.state for card in raisa.cards) == {CardState.ACTIVE: 2, CardState.BLOCKED: 1}
    assert with_cards(CardState.BLOCKED, CardState.ACTIVE), "points of a lost card to move to its successor"
    assert len(sample_people().cards_without_owner) >= 8
