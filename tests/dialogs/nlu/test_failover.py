"""One engine stands in for the other, both ways."""

from __future__ import annotations

import pytest

from dialogs.nlu.failover import FailoverUnderstanding, ParseTried
from dialogs.nlu.port import Parsed, UnderstandingTimeout, UnderstandingUnavailable


class Engine:
    """An engine that a test switches off and on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_up = True
        self.asked = 0
        self.is_closed = False

    async def parse(self, text: str) -> Parsed:
        self.asked += 1
        if not self.is_up:
            raise UnderstandingTimeout("late")
        return Parsed(text, self.name, 1.0)

    async def check(self) -> None:
        if not self.is_up:
            raise UnderstandingUnavailable("down")

    async def close(self) -> None:
        self.is_closed = True


class Pair:
    """Both engines, and what was counted."""

    def __init__(self) -> None:
        self.rasa, self.embedded = Engine("rasa"), Engine("embedded")
        self.tried: list[ParseTried] = []
        self.both = FailoverUnderstanding(self.rasa, self.embedded, failures_to_leave=2, on_tried=self.tried.append)

    async def by(self) -> str | None:
        return (await self.both.parse("баланс")).intent


@pytest.fixture
def pair() -> Pair:
    return Pair()


async def test_the_preferred_engine_answers(pair: Pair) -> None:
    assert await pair.by() == "rasa"
    assert pair.embedded.asked == 0


async def test_the_other_answers_the_phrase_that_the_preferred_could_not(pair: Pair) -> None:
    pair.rasa.is_up = False
    assert await pair.by() == "embedded"


async def test_an_engine_that_keeps_failing_is_not_asked(pair: Pair) -> None:
    pair.rasa.is_up = False
    for _ in range(5):
        assert await pair.by() == "embedded"
    assert pair.rasa.asked == 2
    assert pair.both.name == "embedded"


async def test_failures_far_apart_do_not_add_up(pair: Pair) -> None:
    for is_up in (False, True, False, True):
        pair.rasa.is_up = is_up
        await pair.by()
    assert pair.both.preferred_is_up


async def test_it_goes_back_when_health_returns(pair: Pair) -> None:
    pair.rasa.is_up = False
    await pair.by()
    await pair.by()
    pair.rasa.is_up = True
    assert await pair.by() == "embedded"
    await pair.both.look_after()
    assert await pair.by() == "rasa"


async def test_a_sick_engine_is_left_before_a_caller_waits_for_it(pair: Pair) -> None:
    pair.rasa.is_up = False
    await pair.both.look_after()
    assert await pair.by() == "embedded"
    assert pair.rasa.asked == 0


async def test_the_left_engine_is_the_last_resort(pair: Pair) -> None:
    pair.rasa.is_up = False
    await pair.both.look_after()
    pair.rasa.is_up, pair.embedded.is_up = True, False
    assert await pair.by() == "rasa"
    assert pair.both.preferred_is_up


async def test_two_failures_are_one_error(pair: Pair) -> None:
    pair.rasa.is_up = pair.embedded.is_up = False
    with pytest.raises(UnderstandingUnavailable):
        await pair.both.parse("баланс")


async def test_every_try_is_counted(pair: Pair) -> None:
    pair.rasa.is_up = False
    await pair.by()
    assert [(each.engine, each.error, each.stood_in) for each in pair.tried] == [
        ("rasa", "UnderstandingTimeout", False),
        ("embedded", None, True),
    ]


async def test_closing_closes_both(pair: Pair) -> None:
    await pair.both.close()
    assert pair.rasa.is_closed and pair.embedded.is_closed


async def test_it_is_healthy_while_either_engine_is(pair: Pair) -> None:
    pair.rasa.is_up = False
    await pair.both.check()
    pair.embedded.is_up = False
    with pytest.raises(UnderstandingUnavailable):
        await pair.both.check()
