"""How people say numbers: strategies for the property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from dialogs.grammar.number_phrases import spoken_number

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
        if zeros >= 2:
            ways.append(" ".join(["два нуля" if zeros == 2 else "три нуля", spoken_number(int(significant))]))
    if len(significant) == 4:
        ways.append(thousands(int(digits)))
        ways.append(f"{said_pair(digits[:2])} {said_pair(digits[2:])}")
    if len(digits) > 1 and len(set(digits)) == 1:
        count = {2: "два", 3: "три", 4: "четыре"}[len(digits)]
        ways.append(f"{count} {FEW[int(digits[0])]}")
        if digits[0] == "0":
            ways.append("-".join(["ноль"] * len(digits)))
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
        size = draw(st.integers(1, 4))
        groups.append(draw(said_group(digits[start : start + size])))
        start += size
        if draw(st.integers(0, 5)) == 0:
            groups.append(draw(st.sampled_from(["так", "[unk]", "э", "дальше", ","])))
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
