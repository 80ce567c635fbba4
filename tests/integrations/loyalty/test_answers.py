from __future__ import annotations

import json
from typing import Any

import pytest

from integrations.loyalty.answers import read_customer
from integrations.loyalty.port import LoyaltyGarbage

ANSWER: dict[str, Any] = {
    "id": "c-1",
    "first_name": "Анна",
    "patronymic": None,
    "last_name": "Белова",
    "phones": ["+79160000001"],
    "cards": [
        {
            "number": "7789001245700364",
            "state": "active",
            "points": 10,
            "points_pending": 0,
            "points_expiring": 0,
            "expires_on": None,
        }
    ],
}


def changed(**card: object) -> dict[str, Any]:
    return ANSWER | {"cards": [ANSWER["cards"][0] | card]}


@pytest.mark.parametrize(
    "answer",
    [
        changed(points="10"),
        changed(points=10.5),
        changed(points=-1),
        changed(points=True),
        changed(points=10**12),
        changed(state="lost"),
        changed(number="7789 0012 4570 0364"),
        changed(points_expiring=11, expires_on="2026-03-08"),
        changed(points_expiring=5),
        changed(points_expiring=5, expires_on="479606400"),
        changed(points_expiring=5, expires_on="2026-02-30"),
        changed(expires_on="2026-03-08"),
        ANSWER | {"first_name": ""},
        ANSWER | {"first_name": "Анна\r\nX: y"},
        ANSWER | {"last_name": ""},
        ANSWER | {"phones": ["89160000001"]},
        ANSWER | {"cards": ANSWER["cards"] * 2},
        [ANSWER],
        {},
        None,
    ],
)
def test_one_wrong_field_makes_an_answer_garbage_without_telling_its_value(answer: object) -> None:
    with pytest.raises(LoyaltyGarbage) as caught:
        read_customer(json.dumps(answer).encode())
    assert not any(value in str(caught.value) for value in ("479606400", "Анна", "7789", "89160000001"))


def test_a_right_answer_is_read() -> None:
    card = read_customer(json.dumps(changed(points_expiring=5, expires_on="2026-03-08")).encode()).cards[0]
    assert (card.points, card.points_expiring, card.expires_on and card.expires_on.isoformat()) == (10, 5, "2026-03-08")


def test_fields_that_the_line_does_not_know_are_let_through() -> None:
    """The loyalty system may grow."""
    customer = read_customer(json.dumps(changed(colour="green") | {"email": "a@example.org"}).encode())
    assert customer.cards[0].points == 10
