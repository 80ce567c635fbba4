from __future__ import annotations

from datetime import date

import pytest

from dialogs.customer_facts import birth_date_of, found, nobody
from integrations.loyalty.port import Card, CardState, Customer

DECEMBER, JANUARY = date(2026, 12, 1), date(2027, 1, 15)


def customer(*cards: Card) -> Customer:
    return Customer("c-1", "Анна", "Сергеевна", "Иванова", (), cards)


def active(number: str, points: int, expiring: int = 0, expires_on: date | None = None) -> Card:
    return Card(number, CardState.ACTIVE, points, 5, expiring, expires_on)


def test_points_of_active_cards_are_summed_up() -> None:
    result = found(customer(active("7789000000002222", 100), active("7789000000002206", 20)))
    assert (result["active_cards"], result["points"], result["points_pending"]) == (2, 120, 10)
    assert result["card_last4"] == "2222"


def test_of_several_expiries_the_first_is_told_with_its_sum() -> None:
    result = found(
        customer(
            active("7789000000000001", 100, 40, JANUARY),
            active("7789000000000002", 100, 30, DECEMBER),
            active("7789000000000003", 100, 20, DECEMBER),
            active("7789000000000004", 100, 0, date(2026, 11, 1)),
        )
    )
    assert (result["points_expiring"], result["expires_on"]) == (50, "2026-12-01")


def test_points_without_a_day_of_expiry_are_not_told_as_expiring() -> None:
    result = found(customer(active("7789000000000001", 100, 40, None)))
    assert (result["points_expiring"], result["expires_on"]) == (0, None)


def test_a_merged_card_is_none_and_a_blocked_one_has_no_points_to_spend() -> None:
    cards = (
        Card("7789000000000001", CardState.MERGED, 9, 0, 0, None),
        Card("77890004", CardState.BLOCKED, 7, 0, 0, None),
    )
    result = found(customer(*cards))
    assert (result["active_cards"], result["points"], result["card_state"], result["card_last4"]) == (
        0,
        0,
        "blocked",
        "0004",
    )


def test_no_full_card_number_leaves_the_loyalty_system() -> None:
    assert "7789000000002222" not in str(found(customer(active("7789000000002222", 100))))


def test_a_person_without_patronymic_is_named_by_first_name() -> None:
    person = Customer("c-1", "Ким", None, "Ли", (), ())
    assert found(person)["customer_name"] == "Ким"


def test_nobody_has_the_same_fields_as_somebody() -> None:
    assert set(nobody("not_found")) == set(found(customer()))


def test_a_birth_date_is_read_and_an_impossible_one_refused() -> None:
    assert birth_date_of("12051985") == date(1985, 5, 12)
    with pytest.raises(ValueError, match="day"):
        birth_date_of("31021985")
