from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_models.graphs.letters import PHONES, NotRussian, phones_of

RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"


@pytest.mark.parametrize(
    ("spelling", "phones"),
    [
        ("д+а", "d a"),
        ("н+ет", "n' e t"),
        ("р+убль", "r u b l'"),  # a soft l at the end stays soft
        ("г+од", "g o t"),  # voiceless at the end
        ("сд+ать", "z d a t'"),  # voiced before a voiced one
        ("обслуж+ить", "@ p s l u zh y t'"),
        ("тв+ой", "t v o j"),  # v voices nothing
        ("молок+о", "m @ l @ k o"),  # unstressed o
        ("язык+и", "j i z y k' i"),  # unstressed я
        ("+имя", "i m' @"),  # … at the end
        ("усл+овиях", "u s l o v' i j @ x"),
        ("жен+а", "zh y n a"),
        ("маш+ина", "m @ sh y n @"),
        ("реш+ётка", "r' i sh o t k @"),
        ("ещё", "j i sch o"),
        ("объедин+ить", "@ b j i d' i n' i t'"),
        ("семь+я", "s' i m' j a"),
        ("верн+уться", "v' i r n u c @"),
        ("чит+ается", "ch i t a j i c @"),
        ("п+ервого", "p' e r v @ v @"),
        ("ег+о", "j i v o"),
        ("мн+ого", "m n o g @"),
        ("дорог+ого", "d @ r @ g o v @"),
        ("сег+одня", "s' i v o d n' @"),
        ("чт+о", "sh t o"),
        ("чт+обы", "sh t o b y"),
        ("п+очта", "p o ch t @"),
        ("кон+ечно", "k @ n' e sh n @"),
        ("т+очно", "t o ch n @"),
        ("счёт", "sch o t"),
        ("мужч+ина", "m u sch i n @"),
        ("счастл+иво", "sch i s' l' i v @"),
        ("п+оздно", "p o z n @"),
        ("дв+адцать", "d v a c @ t'"),
        ("гор+одской", "g @ r o c k @ j"),
        ("соотв+етствие", "s @ @ t v' e c t v' i j i"),
        ("од+инна", "@ d' i n @"),
        ("в", "f"),
        ("въ", "v"),
    ],
)
def test_words_sound_as_people_say_them(spelling: str, phones: str) -> None:
    assert " ".join(phones_of(spelling)) == phones


@given(st.text(RUSSIAN, max_size=24), st.sampled_from("аеиоуя"))
def test_any_russian_letters_can_be_said_in_known_phones(word: str, vowel: str) -> None:
    assert set(phones_of(word + vowel)) <= set(PHONES)


@given(st.text(max_size=12))
def test_anything_else_is_refused_with_a_reason(text: str) -> None:
    try:
        said = phones_of(text)
    except NotRussian as reason:
        assert f"«{text}»" in str(reason)
    else:
        assert set(text) <= set(RUSSIAN + "+")
        assert said and set(said) <= set(PHONES)


@pytest.mark.parametrize("spelling", ["", "+", "ьъ", "hello", "Да", "мо+локо", "к+арт+а", "дв а"])
def test_a_spelling_that_makes_no_sense_is_refused(spelling: str) -> None:
    with pytest.raises(NotRussian):
        phones_of(spelling)
