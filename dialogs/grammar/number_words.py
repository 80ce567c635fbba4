"""Russian number words in the forms that people use when they dictate: cases, genders, ordinals, «семёрка», «нуля»."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


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
    MONTH = auto()  # «мая»; only dates use it
    LITERAL = auto()  # digits already written as digits


@dataclass(frozen=True, slots=True)
class NumberWord:
    """One word's part in a number."""

    kind: Kind
    value: int
    digits: str = ""  # of a literal
    ordinal: bool = False  # closes a number: nothing may follow inside it
    masculine: bool = False  # «один», «два»: not said before «тысяча»


_UNITS = {
    0: "ноль нуль нолик зеро",
    1: "один одна одну одно одного одной одним одному",
    2: "два две двух двум двумя",
    3: "три трех трем тремя",
    4: "четыре четырех четырем",
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
    50: "пятьдесят пятидесяти пийсят писят",
    60: "шестьдесят шестидесяти шийсят шисят",
    70: "семьдесят семидесяти семьсят",
    80: "восемьдесят восьмидесяти",
    90: "девяносто девяноста",
}
_HUNDREDS = {
    100: "сто ста",
    200: "двести двухсот",
    300: "триста трехсот",
    400: "четыреста четырехсот",
    500: "пятьсот пятисот",
    600: "шестьсот шестисот",
    700: "семьсот семисот",
    800: "восемьсот восьмисот",
    900: "девятьсот девятисот",
}
_ORDINAL_STEMS = {
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
_ORDINAL_ENDINGS = ["ый", "ой", "ое", "ая", "ого", "ому", "ом", "ую"]
_THIRD = "третий третье третья третьего третьему третьем третью"
_NOUNS = {
    0: ("нолика ноля нуля", "нули ноли нулей нолей нулика ноликов нолика ноля нуля нолики"),
    1: ("единица единицу единичка единичку кол", "единицы единиц единички единичек кола колов"),
    2: ("двойка двойку двоечка", "двойки двоек двоечки"),
    3: ("тройка тройку троечка", "тройки троек троечки"),
    4: ("четверка четверку четверочка", "четверки четверок"),
    5: ("пятерка пятерку пятерочка", "пятерки пятерок"),
    6: ("шестерка шестерку шестерочка", "шестерки шестерок"),
    7: ("семерка семерку семерочка", "семерки семерок"),
    8: ("восьмерка восьмерку восьмерочка", "восьмерки восьмерок"),
    9: ("девятка девятку девяточка", "девятки девяток"),
}
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
    table |= {form: NumberWord(Kind.THOUSAND, 1000) for form in ["тысяча", "тысячу", "тыща", "тыщу"]}
    table |= {form: NumberWord(Kind.THOUSANDS, 1000) for form in ["тысячи", "тысяч", "тыщи", "тыщ"]}
    table |= {form: NumberWord(Kind.PAIR, 2) for form in ["двойной", "двойная", "пара", "пару", "дважды"]}
    table |= {form: NumberWord(Kind.PAIR, 3) for form in ["тройной", "тройная", "трижды"]}
    table |= {form: NumberWord(Kind.TIMES, 0) for form in ["раза", "раз"]}
    for ending in _ORDINAL_ENDINGS:
        table["двухтысячн" + ending] = NumberWord(Kind.LITERAL, 2000, digits="2000", ordinal=True)
    return table


_WORDS = _table()


def number_word(word: str) -> NumberWord | None:
    """Look a word up (lower case, «е» for «ё»); digits count as themselves."""
    if word.isascii() and word.isdigit():
        return NumberWord(Kind.LITERAL, 0, digits=word)
    return _WORDS.get(word)
