from __future__ import annotations

import pytest

from ivr.observability.masking import mask_long_numbers
from ivr.session.journal import HIDDEN, TURNS_LIMIT, CallJournal


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("7789000011112222", "••••2222"),
        ("7789 0000 1111 2222", "••••2222"),
        ("+79160000001", "+••••0001"),
        ("карта 7789-0000-1111-2222 моя", "карта ••••2222 моя"),
        ("1250 баллов", "1250 баллов"),
        ("12 34 5 баллов", "12 34 5 баллов"),
    ],
)
def test_long_numbers_keep_only_their_last_four_digits(text: str, masked: str) -> None:
    assert mask_long_numbers(text) == masked


def test_a_sensitive_turn_leaves_no_text() -> None:
    journal = CallJournal(lambda: 12.5, 10.0)
    journal.add("caller", "speech", "семьдесят семь", sensitive=True)
    assert [(turn.at_seconds, turn.text) for turn in journal.turns] == [(2.5, HIDDEN)]


def test_a_call_that_never_ends_keeps_its_first_and_newest_turns() -> None:
    journal = CallJournal(lambda: 0.0, 0.0)
    for number in range(TURNS_LIMIT + 100):
        journal.add("yulia", "prompt", f"№{number}")
    assert len(journal.turns) == TURNS_LIMIT
    assert journal.dropped == 100
    assert journal.turns[0].text == "№0"
    assert journal.turns[-1].text == f"№{TURNS_LIMIT + 99}"


def test_the_agent_gets_the_newest_turns() -> None:
    journal = CallJournal(lambda: 0.0, 0.0)
    for number in range(60):
        journal.add("yulia", "prompt", f"№{number}")
    entries = journal.for_agent(limit=50)
    assert (len(entries), entries[-1].text) == (50, "№59")


def test_of_a_prompt_that_was_cut_off_only_what_was_heard_stays() -> None:
    journal = CallJournal(lambda: 12.5, 10.0)
    first, second = (journal.add("yulia", "prompt", text, step="menu/ask") for text in ("Здравствуйте!", "Чем помочь?"))
    journal.add("caller", "keys", "1")

    journal.heard_of(first, "Здравствуйте!")
    journal.heard_of(second, "Чем…")

    assert [turn.text for turn in journal.turns] == ["Здравствуйте!", "Чем…", "1"]
    assert (journal.turns[1].at_seconds, journal.turns[1].step) == (2.5, "menu/ask")


def test_a_prompt_of_which_nothing_was_heard_was_not_said() -> None:
    journal = CallJournal(lambda: 0.0, 0.0)
    noted = journal.add("yulia", "prompt", "Чем помочь?")
    journal.heard_of(noted, "")
    assert journal.turns == []


def test_what_was_heard_of_a_sensitive_prompt_is_not_kept_either() -> None:
    journal = CallJournal(lambda: 0.0, 0.0)
    noted = journal.add("yulia", "prompt", "семьдесят семь", sensitive=True)
    journal.heard_of(noted, "семьдесят…")
    assert [turn.text for turn in journal.turns] == [HIDDEN]


def test_a_prompt_that_the_journal_has_dropped_is_no_fault() -> None:
    journal = CallJournal(lambda: 0.0, 0.0)
    noted = journal.add("yulia", "prompt", "№0")
    journal.turns.clear()
    journal.heard_of(noted, "№")
    assert journal.turns == []
