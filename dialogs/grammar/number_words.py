"""Russian number words in the forms that people use when they dictate: cases, genders, ordinals, «семёрка», «нуля»."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

MAX_DIGITS = 24
"""No number is longer."""


class Kind(Enum):
    """How a word behaves when numbers are put together."""

    UNIT = auto()  # 0..9
    TEEN = auto()  # 10..19
    TENS = auto()  # 20, 30 .. 90
    HUNDREDS = auto()  # 100 .. 900
    THOUSAND = auto()  # «тысяча»: alone or counted
    THOUSANDS = auto()  # «тысяч», «тысячи»: only counted
    NOUN = auto()  # «семёрка»: the digit
    NOUNS = auto()  # «семёрки», «нулей»: the digit, as many times as the word before says
    PAIR = auto()  # «двойной», «пара»: count for NOUN and NOUNS
    TIMES = auto()  # «раза» in «три раза семь»
    MONTH = auto()  # «мая»; no digits but in dates
    LITERAL = auto()  # digits already written as digits


@dataclass(frozen=True, slots=True)
class NumberWord:
    """One word's part in a number."""

    kind: Kind
    value: int
    digits: str = ""  # of a literal
    ordinal: bool = False  # closes a number: nothing may follow inside it
    masculine: bool = False  # «один», «два»: not said before «тысяча»
    after_pause: bool = False  # the caller stopped before it: rather another number than the end of this one


def _forms(*stems: str) -> str:
    """List the singular of nouns like «двойка»."""
    return " ".join(stem + ending for stem in stems for ending in ("а", "у", "е", "ой"))


_UNITS = {
    0: "ноль нуль нолик зеро",
    1: "один одна одну одно одного одной одним одному одною адин",
    2: "два две двух двум двумя",
    3: "три трех трем тремя",
    4: "четыре четырех четырем четырьмя",
    5: "пять пяти пятью",
    6: "шесть шести шестью",
    7: "семь семи семью",
    8: "восемь восьми восемью",
    9: "девять девяти девятью",
}
_MASCULINE = ("один", "два")
_TEENS = {
    10: "десять десяти десятью",
    11: "одиннадцать одиннадцати",
    12: "двенадцать двенадцати",
    13: "тринадцать тринадцати",
    14: "четырнадцать четырнадцати",
    15: "пятнадцать пятнадцати",
    16: "шестнадцать шестнадцати",
    17: "семнадцать семнадцати",
    18: "восемнадцать восемнадцати",
    19: "девятнадцать девятнадцати",
}
_TENS = {
    20: "двадцать двадцати",
    30: "тридцать тридцати",
    40: "сорок сорока",
    50: "пятьдесят пятидесяти пятьюдесятью пийсят писят пиисят",
    60: "шестьдесят шестидесяти шестьюдесятью шийсят шисят шесят",
    70: "семьдесят семидесяти семьюдесятью семьсят семисят",
    80: "восемьдесят восьмидесяти восемьюдесятью восемьсят восемисят",
    90: "девяносто девяноста",
}
_HUNDREDS = {
    100: "сто ста",
    200: "двести двухсот двумстам двумястами двухстах",
    300: "триста трехсот тремстам тремястами трехстах",
    400: "четыреста четырехсот четыремстам четырьмястами четырехстах",
    500: "пятьсот пятисот пятистам пятьюстами пятистах пицот",
    600: "шестьсот шестисот шестистам шестьюстами шестистах шисот",
    700: "семьсот семисот семистам семьюстами семистах",
    800: "восемьсот восьмисот восьмистам восемьюстами восьмистах",
    900: "девятьсот девятисот девятистам девятьюстами девятистах",
}
_ORDINAL_STEMS = {
    0: "нулев",
    1: "перв",
    2: "втор",
    4: "четверт",
    5: "пят",
    6: "шест",
    7: "седьм",
    8: "восьм",
    9: "девят",
    10: "десят",
    11: "одиннадцат",
    12: "двенадцат",
    13: "тринадцат",
    14: "четырнадцат",
    15: "пятнадцат",
    16: "шестнадцат",
    17: "семнадцат",
    18: "восемнадцат",
    19: "девятнадцат",
    20: "двадцат",
    30: "тридцат",
    40: "сороков",
    50: "пятидесят",
    60: "шестидесят",
    70: "семидесят",
    80: "восьмидесят",
    90: "девяност",
}
_ORDINAL_ENDINGS = ["ый", "ой", "ое", "ая", "ого", "ому", "ом", "ую", "ым"]
_THIRD = "третий третье третья третьего третьему третьем третью третьей третьим"
_NOUNS = {
    0: ("нолика ноля нуля нулю нулем нулик", "нули ноли нолики нулей нолей ноликов нулика нолика ноля нуля нулями"),
    1: (_forms("единиц", "единичк") + " единицей кол", "единицы единиц единички единичек кола колов"),
    2: (_forms("двойк", "двоечк"), "двойки двоек двоечки двоечек"),
    3: (_forms("тройк", "троечк"), "тройки троек троечки троечек"),
    4: (_forms("четверк", "четверочк"), "четверки четверок четверочки четверочек"),
    5: (_forms("пятерк", "пятерочк"), "пятерки пятерок пятерочки пятерочек"),
    6: (_forms("шестерк", "шестерочк"), "шестерки шестерок шестерочки шестерочек"),
    7: (_forms("семерк", "семерочк"), "семерки семерок семерочки семерочек"),
    8: (_forms("восьмерк", "восьмерочк"), "восьмерки восьмерок восьмерочки восьмерочек"),
    9: (_forms("девятк", "девяточк"), "девятки девяток девяточки девяточек"),
}
"""Each digit as a noun: alone, and as it is counted."""
_MONTHS = (
    "январь января январе",
    "февраль февраля феврале",
    "март марта марте",
    "апрель апреля апреле",
    "май мая мае",
    "июнь июня июне",
    "июль июля июле",
    "август августа августе",
    "сентябрь сентября сентябре",
    "октябрь октября октябре",
    "ноябрь ноября ноябре",
    "декабрь декабря декабре",
)
MONTHS_OF_DATES = tuple(forms.split()[1] for forms in _MONTHS)
"""As they stand in a date: «января»."""


_OTHERS = (
    (NumberWord(Kind.THOUSAND, 1000), "тысяча тысячу тысяче тысячей тыща тыщу"),
    (NumberWord(Kind.THOUSANDS, 1000), "тысячи тысяч тысячам тысячами тыщи тыщ"),
    (NumberWord(Kind.PAIR, 2), "двойной двойная двойную двойное пара пару парочка дважды"),
    (NumberWord(Kind.PAIR, 3), "тройной тройная тройную тройное трижды"),
    (NumberWord(Kind.TIMES, 0), "раза раз"),
)


def _kind_of(value: int) -> Kind:
    return Kind.UNIT if value < 10 else Kind.TEEN if value < 20 else Kind.TENS


def _table() -> dict[str, NumberWord]:
    table: dict[str, NumberWord] = {}
    for value, (single, several) in _NOUNS.items():
        table |= {form: NumberWord(Kind.NOUN, value) for form in single.split()}
        table |= {form: NumberWord(Kind.NOUNS, value) for form in several.split()}
    for value, stem in _ORDINAL_STEMS.items():
        table |= {stem + ending: NumberWord(_kind_of(value), value, ordinal=True) for ending in _ORDINAL_ENDINGS}
    table |= {form: NumberWord(Kind.UNIT, 3, ordinal=True) for form in _THIRD.split()}
    for kind, numbers in (
        (Kind.UNIT, _UNITS),
        (Kind.TEEN, _TEENS),
        (Kind.TENS, _TENS),
        (Kind.HUNDREDS, _HUNDREDS),
    ):
        for value, forms in numbers.items():
            table |= {form: NumberWord(kind, value, masculine=form in _MASCULINE) for form in forms.split()}
    for month, forms in enumerate(_MONTHS, start=1):
        table |= {form: NumberWord(Kind.MONTH, month) for form in forms.split()}
    for word, forms in _OTHERS:
        table |= dict.fromkeys(forms.split(), word)
    for ending in _ORDINAL_ENDINGS:
        table["двухтысячн" + ending] = NumberWord(Kind.LITERAL, 2000, digits="2000", ordinal=True)
    return table


_WORDS = _table()


def ordinal(value: int, ending: str) -> str:
    """Say 1..20, or a ten, as an ordinal with the ending «ого» or «ое»; spelled as recognisers do, with «ё»."""
    if value == 3:
        return {"ого": "третьего", "ое": "третье"}[ending]
    return ("четвёрт" if value == 4 else _ORDINAL_STEMS[value]) + ending


def number_word(word: str) -> NumberWord | None:
    """Look a word up (lower case, «е» for «ё»); digits count as themselves."""
    if word.isascii() and word.isdigit():
        return NumberWord(Kind.LITERAL, 0, digits=word[: MAX_DIGITS + 1])
    return _WORDS.get(word)
