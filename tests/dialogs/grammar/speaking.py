"""How people say numbers: strategies for the property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from dialogs.grammar.number_phrases import spoken_number
from tts.spoken import number_words

ONES = ["нолик", "единица", "двойка", "тройка", "четвёрка", "пятёрка", "шестёрка", "семёрка", "восьмёрка", "девятка"]
MANY = ["нулей", "единиц", "двоек", "троек", "четвёрок", "пятёрок", "шестёрок", "семёрок", "восьмёрок", "девяток"]
OBLIQUE = ["нуля", "одна", "две", "трёх", "четырёх", "пяти", "шести", "семи", "восьми", "девяти"]
FILLERS = ["так", "[unk]", "э", "дальше", ",", "значит", "сейчас", "ну", "потом", "и", "плюс", "номер карты", ", ну"]
MEAN_WORDS = [
    *["двадцать", "сто", "тысяч", "тысяча", "пять", "ноль", "нуля", "нулей", "три", "раза", "раз", "пара", "двойной"],
    *["дважды", "семёрка", "семёрки", "мая", "первого", "двухтысячного", "пятого", "девятьсот", "одиннадцать", "два"],
    *[
        "две",
        "не",
        "а",
        "нет",
        "группа",
        "вторая",
        "последние",
        "цифры",
        "12",
        "0",
        "7789000000002222",
        ",",
        "[unk]",
        "э",
    ],
]
"""What can be strung together to a parser's harm."""
UNITS = [spoken_number(number) for number in range(10)]
FEW = ["нуля", "единицы", "двойки", "тройки", "четвёрки", "пятёрки", "шестёрки", "семёрки", "восьмёрки", "девятки"]


def thousands(number: int) -> str:
    """Say 1000..9999 with «тысяча»."""
    count, rest = divmod(number, 1000)
    word = {1: "тысяча", 2: "две тысячи", 3: "три тысячи", 4: "четыре тысячи"}.get(count, f"{UNITS[count]} тысяч")
    return f"{word} {spoken_number(rest)}" if rest else word


@st.composite
def said_group(draw: st.DrawFn, digits: str) -> str:
    """Say one group of one to four digits in one of the ways that people use."""
    ways = [" ".join(UNITS[int(digit)] for digit in digits)]
    significant = digits.lstrip("0")
    zeros = len(digits) - len(significant)
    if significant and len(significant) <= 3:
        ways.append(" ".join([UNITS[0]] * zeros + [spoken_number(int(significant))]))
        if zeros in (2, 3):
            ways.append(" ".join(["два нуля" if zeros == 2 else "три нуля", spoken_number(int(significant))]))
    if zeros == 0 and len(digits) == 4:
        ways.append(thousands(int(digits)))
        ways.append(f"{said_pair(digits[:2])} {said_pair(digits[2:])}")
    if len(digits) > 1 and len(set(digits)) == 1:
        count = {2: "два", 3: "три", 4: "четыре", 5: "пять", 6: "шесть"}[len(digits)]
        ways.append(f"{count} {(FEW if len(digits) < 5 else MANY)[int(digits[0])]}")
        ways.append(f"{count} раза {UNITS[int(digits[0])]}")
        if digits[0] == "0":
            ways.append("-".join(["ноль"] * len(digits)))
        if len(digits) == 2:
            ways.append(f"пара {MANY[int(digits[0])]}")
    if len(digits) == 1:
        ways += [ONES[int(digits)], OBLIQUE[int(digits)]]
    if zeros == 0 and len(digits) > 4:
        ways.append(number_words(int(digits)))  # «двенадцать тысяч триста»
    return draw(st.sampled_from(ways))


def said_pair(digits: str) -> str:
    """Say two digits as one number, with «ноль» for a leading zero."""
    return f"ноль {UNITS[int(digits[1])]}" if digits[0] == "0" else spoken_number(int(digits))


@st.composite
def dictated(draw: st.DrawFn, digits: str) -> str:
    """Say a number in groups of any size, with fillers between them."""
    groups: list[str] = []
    start = 0
    while start < len(digits):
        size = draw(st.sampled_from([1, 2, 2, 3, 4, 4, 5, 6]))
        groups.append(draw(said_group(digits[start : start + size])))
        start += size
        if draw(st.integers(0, 5)) == 0:
            groups.append(draw(st.sampled_from(FILLERS)))
    return " ".join(groups)


numbers = st.integers(10, 19).flatmap(lambda length: st.text("0123456789", min_size=length, max_size=length))


def with_check_digit(stem: str) -> str:
    """Append the Luhn digit."""
    total = 0
    for place, digit in enumerate(reversed(stem)):
        doubled = int(digit) * 2 if place % 2 == 0 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return stem + str(-total % 10)


card_numbers = st.text("0123456789", min_size=11, max_size=11).map(lambda tail: with_check_digit("7789" + tail))
