from __future__ import annotations

import pytest

from dialogs.grammar import yes_no


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("да это моя карта", "[unk] это моя карта"),
        ("[unk] нет", "[unk]"),
        ("не верно сорок", "[unk] сорок"),
        ("да нет не надо", "[unk] [unk]"),
        ("не", "[unk]"),
        ("вторая группа", "вторая группа"),
        ("[unk] не сорок", "[unk] не сорок"),
        ("", ""),
    ],
)
def test_without_its_yes_and_no_a_text_is_unknown_speech_there(text: str, rest: str) -> None:
    assert yes_no.without(text) == rest
    assert yes_no.parse(yes_no.without(text)) is None
