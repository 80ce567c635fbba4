"""Rasa understands a caller, dies in the middle of the call, and the caller notices nothing.

Run by `make test-rasa`, which installs and trains Rasa, starts it, and names it in YULIA_TEST_RASA_URL and _PID.
"""

from __future__ import annotations

import os
import re
import signal

import pytest

from integrations.call_records.port import CallOutcome
from ivr.softphone.phone import SoftPhones
from tests.calls.caller import prompts
from tests.calls.running_line import LineAddresses, own_line
from tests.calls.talk import Talk

RASA_URL = os.environ.get("YULIA_TEST_RASA_URL")
RASA_PID = os.environ.get("YULIA_TEST_RASA_PID")
FREE_PHRASE = "проверьте сколько у меня накоплено"
"""Not among the menu's own answers."""

pytestmark = pytest.mark.skipif(not (RASA_URL and RASA_PID), reason="make test-rasa starts a Rasa and runs this")


def understood_by(metrics: str, engine: str) -> int:
    """Count the phrases that an engine answered."""
    row = rf'^yulia_understanding_seconds_count{{engine="{engine}",result="ok",stood_in="\w+"}} ([\d.]+)$'
    return sum(int(float(count)) for count in re.findall(row, metrics, re.MULTILINE))


async def test_a_phrase_is_understood_by_rasa_and_the_next_without_it(phones: SoftPhones) -> None:
    # a busy machine needs longer than the line grants; the limit itself has a test of its own
    environment = {
        "YULIA_UNDERSTANDING__ENGINE": "rasa",
        "YULIA_UNDERSTANDING__RASA_URL": str(RASA_URL),
        "YULIA_UNDERSTANDING__LIMIT_SECONDS": "10",
    }
    async with own_line(**environment) as running:
        line = LineAddresses.of(running)
        talk = await Talk.begin(phones, line, "+79160000009")
        await talk.say(FREE_PHRASE)
        metrics = await line.metrics()
        by_rasa = understood_by(metrics, "rasa")
        assert (by_rasa >= 1, understood_by(metrics, "embedded")) == (True, 0)

        os.kill(int(RASA_PID or 0), signal.SIGKILL)
        await talk.press("1")  # something else: the open question again
        await talk.say(FREE_PHRASE)
        metrics = await line.metrics()
        assert (understood_by(metrics, "rasa"), understood_by(metrics, "embedded") >= 1) == (by_rasa, True)
        record = await talk.take_leave()
    assert record.end is not None
    assert record.end.outcome is CallOutcome.CONTAINED
    said = prompts(record)
    assert said.count("Ваш баланс: пять баллов.") == 2, said
    assert not any("ошиб" in prompt for prompt in said)
