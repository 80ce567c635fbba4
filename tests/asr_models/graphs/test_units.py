from __future__ import annotations

from pathlib import Path

import pytest

from asr_models.graphs.errors import GraphError
from asr_models.graphs.letters import PHONES
from asr_models.graphs.lexicon import read_lexicon
from asr_models.graphs.phone_table import phone_table
from asr_models.graphs.units import GARBAGE, SILENCE, Units, core_words, inventory, read_units


def test_silence_comes_first_garbage_last_and_core_words_have_phones_of_their_own() -> None:
    units = inventory(("да",), read_lexicon())
    assert units.names == (SILENCE, *PHONES, "d@да", "a@да", GARBAGE)
    assert [units.names[unit] for unit in units.of_word("да", ["d", "a"])] == ["d@да", "a@да"]
    assert [units.names[unit] for unit in units.of_word("дата", ["d", "a", "t", "@"])] == ["d", "a", "t", "@"]


def test_a_phone_that_comes_again_in_a_core_word_is_another_unit() -> None:
    units = inventory(("семьдесят",), read_lexicon())
    assert "s'@семьдесят" in units.names and "s'2@семьдесят" in units.names


def test_each_unit_has_two_rows_of_the_output_and_garbage_one() -> None:
    units = inventory(core_words(), read_lexicon())
    rows = [units.forward_pdf(unit) for unit in range(len(units))]
    rows += [units.selfloop_pdf(unit) for unit in range(len(units) - 1)]
    assert sorted(rows) == list(range(units.pdf_count))
    garbage = units.index(GARBAGE)
    assert units.forward_pdf(garbage) == units.selfloop_pdf(garbage) == units.pdf_count - 1


def test_every_way_to_say_a_core_word_has_its_units() -> None:
    lexicon = read_lexicon()
    units = inventory(core_words(), lexicon)
    for word in core_words():
        for said in lexicon.pronunciations(word):
            assert len(units.of_word(word, said.phones)) == len(said.phones)


def test_a_core_word_said_in_an_untrained_way_is_refused() -> None:
    with pytest.raises(GraphError, match="x@да"):
        inventory(("да",), read_lexicon()).of_word("да", ["x", "a"])


def test_an_inventory_reads_back_as_it_was_written(tmp_path: Path) -> None:
    units = inventory(core_words(), read_lexicon())
    file = tmp_path / "units.json"
    file.write_text(units.as_json(), encoding="utf-8")
    assert read_units(file) == units


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"names": ["a"], "core_words": []}', '{"names": 1, "core_words": []}']
)
def test_a_damaged_inventory_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "units.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(GraphError):
        read_units(file)


def test_an_inventory_names_each_unit_once() -> None:
    with pytest.raises(GraphError):
        Units((SILENCE, "a", "a", GARBAGE), ())


def test_phones_of_one_unit_share_its_rows_wherever_they_stand_in_a_word() -> None:
    units = inventory(("да",), read_lexicon())
    phones = phone_table(units)
    assert phones.names[:5] == ("SIL", "@_B", "@_E", "@_I", "@_S")
    rows = {name: (phones.forward_pdfs[at], phones.selfloop_pdfs[at]) for at, name in enumerate(phones.names)}
    assert rows["SIL"] == (0, 1)
    assert rows["a_B"] == rows["a_S"] == (2 * units.index("a"), 2 * units.index("a") + 1)
    assert rows["GBG_I"] == (units.pdf_count - 1, units.pdf_count - 1)
    # the tuples of a transition model must come in order
    assert [phones.entry(name) for name in phones.names] == [2 * number for number in range(1, len(phones.names) + 1)]
