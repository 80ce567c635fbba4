from __future__ import annotations

import ast

import pytest

from dialogs.engine.expressions import Expression
from dialogs.engine.vocabulary import Value

CARDS: Value = ({"last4": "2222", "state": "active"}, {"last4": "0005", "state": "blocked"})


def value(text: str, **slots: Value) -> Value:
    return Expression(text, ast.parse(text, mode="eval").body).value({"slots": slots})


@pytest.mark.parametrize(("said", "known"), [("2222", True), ("0005", True), ("222", False), ("", False)])
def test_a_card_is_among_those_of_the_customer(said: str, known: bool) -> None:
    assert value("slots.said in endings(slots.cards)", said=said, cards=CARDS) is known


@pytest.mark.parametrize("cards", [None, "2222", 3, ("2222",)])
def test_what_is_no_list_of_cards_holds_no_card(cards: Value) -> None:
    assert not value("slots.said in endings(slots.cards)", said="2222", cards=cards)
