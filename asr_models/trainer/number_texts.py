"""Numbers and dates as callers dictate them, made up at random."""

from __future__ import annotations

from random import Random


def row(words: str) -> tuple[str, ...]:
    """Split a row of words."""
    return tuple(words.split())


DIGITS = row("ноль один два три четыре пять шесть семь восемь девять")
TEENS = row(
    "десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
)
TENS = row("двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто")
HUNDREDS = row("сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот")
MONTHS = row("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")
_MONTH_NAMES = row("январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь")
_MONTHS_IN = row("январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре")
_NOUNS = (  # one, of two to four, of five and more
    ("нолик", "нуля", "нулей"),
    ("единица", "единицы", "единиц"),
    ("двойка", "двойки", "двоек"),
    ("тройка", "тройки", "троек"),
    ("четвёрка", "четвёрки", "четвёрок"),
    ("пятёрка", "пятёрки", "пятёрок"),
    ("шестёрка", "шестёрки", "шестёрок"),
    ("семёрка", "семёрки", "семёрок"),
    ("восьмёрка", "восьмёрки", "восьмёрок"),
    ("девятка", "девятки", "девяток"),
)
_STEMS = {  # of ordinals with regular endings
    1: "перв",
    2: "втор",
    4: "четвёрт",
    5: "пят",
    6: "шест",
    7: "седьм",
    8: "восьм",
    9: "девят",
    40: "сороков",
    50: "пятидесят",
    60: "шестидесят",
    70: "семидесят",
    80: "восьмидесят",
    90: "девяност",
}
_STEMS |= {number: word[:-1] for number, word in enumerate(TEENS, start=10)}
_STEMS |= {20: "двадцат", 30: "тридцат"}
_THIRD = {"ый": "третий", "ое": "третье", "ого": "третьего", "ом": "третьем", "ая": "третья", "ую": "третью"}
_STRESSED_OY = frozenset({2, 6, 7, 8, 40})
_DATE_ENDINGS = ("ый", "ое", "ого", "ом")
_OTHER_FORMS = row(
    "нуль ноля нолика нули ноли нолики ноликов нулями одна одно одну одного одной одним две двух двумя трёх тремя"
    " четырёх пяти шести семи восьми девяти десяти одиннадцати двенадцати пятнадцати двадцати тридцати сорока"
    " пятидесяти шестидесяти семидесяти восьмидесяти девяноста ста двухсот трёхсот четырёхсот пятисот тысяча тысячи"
    " тысяч тысячу единицу единичка единичку двойку двоечка тройку троечка четвёрку пятёрку пятёрочка шестёрку семёрку"
    " семёрочка восьмёрку восьмёрочка девятку девяточка десятка десятку сотня сотни сотен пара пару дважды трижды раз"
    " раза двойной двойная тройной тройная третьей двухтысячный двухтысячного двухтысячном двухтысячные"
)


def ordinal(number: int, ending: str = "ого") -> str:
    """Say an ordinal of one word (1-20, 30, 40 … 90) with an ending in the masculine spelling of `_DATE_ENDINGS`."""
    if number == 3:
        return _THIRD[ending]
    if ending == "ый" and number in _STRESSED_OY:
        ending = "ой"
    return _STEMS[number] + ending


def number_vocabulary() -> tuple[str, ...]:
    """List every number word and month that the model is to know."""
    words = [*DIGITS, *TEENS, *TENS, *HUNDREDS, *_OTHER_FORMS, *MONTHS, *_MONTH_NAMES, *_MONTHS_IN]
    words += [form for forms in _NOUNS for form in forms]
    words += [ordinal(number, ending) for number in (*_STEMS, 3) for ending in _DATE_ENDINGS]
    words += [ordinal(number, ending) for number in range(1, 11) for ending in ("ая", "ую")]
    words += [_STEMS[number] + "ой" for number in _STEMS if number <= 10]
    return tuple(dict.fromkeys([*words, "года", "год", "году", "число", "числа"]))


def below_thousand(number: int) -> list[str]:
    """Say 1-999 as one number, 0 as «ноль»."""
    if number == 0:
        return [DIGITS[0]]
    said = [HUNDREDS[number // 100 - 1]] if number >= 100 else []
    rest = number % 100
    if 10 <= rest < 20:
        return [*said, TEENS[rest - 10]]
    if rest >= 20:
        said.append(TENS[rest // 10 - 2])
    return [*said, DIGITS[rest % 10]] if rest % 10 else said


def amount(number: int) -> list[str]:
    """Say 1-999 999 with thousands in their right form."""
    thousands, rest = divmod(number, 1000)
    said: list[str] = []
    if thousands:
        said = below_thousand(thousands) if thousands > 1 else []
        last = thousands % 10 if thousands % 100 // 10 != 1 else 0
        if said and last in (1, 2):
            said[-1] = {1: "одна", 2: "две"}[last]
        said.append("тысяча" if last == 1 else "тысячи" if last in (2, 3, 4) else "тысяч")
    return said + (below_thousand(rest) if rest or not thousands else [])


def digit(value: int, random: Random) -> str:
    """Name one digit, now and then by another of its names."""
    if random.random() < 0.93:
        return DIGITS[value] if value or random.random() < 0.8 else "нуль"
    return {0: "нуль", 1: "одна", 2: "две"}.get(value, _NOUNS[value][0])


def digit_string(random: Random, most: int = 7) -> list[str]:
    """Say two to `most` digits one by one."""
    return [digit(random.randrange(10), random) for _ in range(random.randint(2, most))]


def group(digits: str, random: Random) -> list[str]:
    """Read a group of one to four digits as people do: by digits, as a number, by pairs, «три семёрки»."""
    if len(set(digits)) == 1 and len(digits) in (2, 3, 4) and random.random() < 0.7:
        return _repeated(int(digits[0]), len(digits), random)
    if len(digits) == 4:
        if random.random() < 0.2 and digits[0] != "0":
            return amount(int(digits))
        return group(digits[:2], random) + group(digits[2:], random)
    if random.random() < 0.25 or len(digits) == 1:
        return [digit(int(value), random) for value in digits]
    zeros = len(digits) - len(digits.lstrip("0"))
    said = (
        [digit(0, random) for _ in range(zeros)] if zeros < 2 or random.random() < 0.5 else _repeated(0, zeros, random)
    )
    return said + (below_thousand(int(digits)) if digits[zeros:] else [])


def _repeated(value: int, count: int, random: Random) -> list[str]:
    forms = _NOUNS[value]
    if random.random() < 0.15:
        name = DIGITS[value]
        return [{2: "дважды", 3: "трижды"}.get(count, "четыре"), *(["раза"] if count == 4 else []), name]
    if count == 2 and random.random() < 0.2:
        return ["двойной" if value == 0 else "двойная", forms[0]]
    zero = random.choice(["нуля", "нуля", "ноля", "нолика"]) if value == 0 else forms[1]
    counted = {2: "две" if value else "два", 3: "три", 4: "четыре"}[count]
    return [counted, zero]


def dictated_number(random: Random) -> list[list[str]]:
    """Make up a piece of a dictated number: one to four groups of words."""
    style = random.random()
    sizes = [2] if style < 0.35 else [3] if style < 0.6 else [4] if style < 0.75 else [1, 2, 3]
    repeating = random.random() < 0.22
    groups = []
    for _ in range(random.choice([1, 1, 2, 2, 2, 3, 4])):
        size = random.choice(sizes)
        if repeating and size > 1 and random.random() < 0.6:
            digits = str(random.randrange(10)) * size
        else:
            digits = "".join(str(random.randrange(10)) for _ in range(size))
            if random.random() < 0.12:
                digits = "0" + digits[1:]
        groups.append(group(digits, random))
    return groups


def sum_of_points(random: Random) -> list[str]:
    """Say a sum of up to six digits, sometimes with what is counted."""
    number = random.choice([random.randint(1, 99), random.randint(100, 999), random.randint(1000, 99_999)])
    number = number if random.random() < 0.8 else number // 100 * 100 + 100
    counted = random.choice([[], [], [], ["рублей"], ["баллов"]])
    return amount(number) + counted


def date(random: Random) -> list[list[str]]:
    """Make up a date of birth or one of its parts: day, month and year, each a group."""
    day = _up_to_99(random.randint(1, 31), random.choice(["ое", "ое", "ого"]))
    month_index = random.randrange(12)
    month = (
        [MONTHS[month_index]] if random.random() < 0.75 else [ordinal(month_index + 1, random.choice(["ое", "ого"]))]
    )
    whole = [day, month, _year(random)]
    kind = random.random()
    if kind < 0.55:
        return whole
    if kind < 0.7:
        return [day, month]
    if kind < 0.85:
        return [_year(random)]
    if kind < 0.95:  # 05 03 1991 by numbers
        day_number, month_number = random.randint(1, 31), month_index + 1
        said = [below_thousand(day_number), below_thousand(month_number)]
        said = [["ноль", *words] if words[0] in DIGITS else words for words in said]  # «ноль пять ноль три»
        return [*said, _bare_year(random)]
    return [["в", random.choice(_MONTHS_IN)], _year(random)]


def _up_to_99(number: int, ending: str) -> list[str]:
    if number <= 20 or number % 10 == 0:
        return [ordinal(number, ending)]
    return [TENS[number // 10 - 2], ordinal(number % 10, ending)]


def _year(random: Random) -> list[str]:
    tail = random.choice([["года"], ["года"], [], ["год"]])
    ending = "ый" if tail == ["год"] else random.choice(["ого", "ого", "ого", "ый"] if not tail else ["ого"])
    style = random.random()
    year = random.choice([random.randint(1940, 1999), random.randint(1955, 1999), random.randint(2000, 2015)])
    if year == 2000:
        return ["двухтысячный" if ending == "ый" else "двухтысячного", *tail]
    if style < 0.15:
        return _bare_year(random)
    short = _up_to_99(year % 100, ending)
    if style < 0.5:
        return [*short, *tail]
    return [*(["тысяча", "девятьсот"] if year < 2000 else ["две", "тысячи"]), *short, *tail]


def _bare_year(random: Random) -> list[str]:
    year = random.randint(1940, 2015)
    style = random.random()
    if year < 2000 and style < 0.4:
        return ["девятнадцать", *below_thousand(year % 100)]
    if year < 2000 and style < 0.6:
        return below_thousand(year % 100)
    if year >= 2000 and style < 0.3:
        return ["двадцать", *(["ноль"] if year % 100 < 10 else []), *below_thousand(year % 100)]
    return amount(year)
