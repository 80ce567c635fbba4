"""Check expressions before a call ever meets them: names, types, and nothing but comparisons."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.engine.bundle import Field, SlotKind
from dialogs.engine.expressions import FUNCTIONS, OPERATORS, Expression
from dialogs.engine.vocabulary import Scalar
from dialogs.reader.problems import meant
from dialogs.reader.source import Value

MAX_CHARACTERS = 300
ROOTS = ("slots", "result", "settings", "answer")

_ALLOWED = (
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.BinOp,
    ast.Compare,
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Tuple,
    ast.List,
    ast.Load,
    ast.Call,
    *OPERATORS,
)

Names = Mapping[str, Mapping[str, Field]]
"""What may stand after `slots.`, `result.`, `settings.` and `answer.` at one place of a flow."""


@dataclass(frozen=True, slots=True)
class Known:
    """A thing whose kind is known before the call; `values` limits a choice."""

    kind: SlotKind
    values: tuple[str, ...] = ()


def read_expression(value: Value, text: str, names: Names) -> Expression | None:
    """Parse and check; faults are told at `value`."""
    if len(text) > MAX_CHARACTERS:
        value.tell(f"выражение длиннее {MAX_CHARACTERS} знаков", "Разбейте его на несколько шагов")
        return None
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        value.tell(f"выражение не читается: «{text}»", 'Пишите так: slots.topic == "balance" and slots.points > 0')
        return None
    return Expression(text.strip(), tree) if _Checker(value, names).check(tree) else None


def read_path(value: Value, text: str, names: Names) -> tuple[str, ...] | None:
    """Check a dotted name of a placeholder; a bare name is a slot."""
    path = tuple(text.strip().split("."))
    if len(path) == 1:
        path = ("slots", *path)
    return path if _field(value, path, names) is not None else None


def is_expression(text: str) -> bool:
    """Say whether a text value is meant to be computed."""
    return text.startswith(("=", *(f"{root}." for root in ROOTS)))


def read_operand(value: Value, names: Names) -> Expression | Scalar:
    """Read a value that may be computed: `slots.x`, `= slots.x + 1`, or itself."""
    found = value.scalar()
    if isinstance(found, str) and is_expression(found):
        return read_expression(value, found.removeprefix("="), names)
    return found


class _Checker:
    def __init__(self, value: Value, names: Names) -> None:
        self._value = value
        self._names = names

    def check(self, tree: ast.expr) -> bool:
        for node in ast.walk(tree):
            if not isinstance(node, _ALLOWED):
                return self._refuse(f"в выражении нельзя: {type(node).__name__}")
            if isinstance(node, ast.Call) and not self._call(node):
                return False
            if isinstance(node, ast.Constant) and not isinstance(node.value, str | int | float | bool | None):
                return self._refuse("в выражении нельзя такое значение")
        return self._names_exist(tree) and all(
            self._comparable(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)
        )

    def _refuse(self, message: str) -> bool:
        self._value.tell(
            message, "Можно: and, or, not, ==, !=, <, <=, >, >=, in, +, −, len(…), endings(…), имена и значения"
        )
        return False

    def _call(self, node: ast.Call) -> bool:
        if isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and len(node.args) == 1 and not node.keywords:
            return True
        return self._refuse("такой функции в выражениях нет")

    def _names_exist(self, tree: ast.expr) -> bool:
        """Check every dotted name once, from its outermost attribute."""
        match tree:
            case ast.Attribute():
                return self._path(tree) is not None and self.known(tree) is not None
            case ast.Name():
                self._value.tell(f"неизвестное имя «{tree.id}»", f"Пишите slots.{tree.id} или result.{tree.id}")
                return False
            case ast.Call():
                return all(self._names_exist(argument) for argument in tree.args)
        return all(self._names_exist(child) for child in ast.iter_child_nodes(tree) if isinstance(child, ast.expr))

    def _path(self, node: ast.expr) -> tuple[str, ...] | None:
        match node:
            case ast.Name(name):
                return (name,)
            case ast.Attribute(inner, name):
                before = self._path(inner)
                return (*before, name) if before is not None else None
        self._refuse("точка может стоять только между именами")
        return None

    def known(self, node: ast.expr) -> Known | None:
        """Return what is known of a value before the call; None when nothing is (or a fault was told)."""
        match node:
            case ast.Attribute():
                path = self._path(node)
                field = _field(self._value, path, self._names) if path is not None else None
                return Known(field.kind, field.values) if field is not None else None
            case ast.Constant(bool()):
                return Known(SlotKind.FLAG)
            case ast.Constant(int() | float()):
                return Known(SlotKind.NUMBER)
            case ast.Constant(str(text)):
                return Known(SlotKind.TEXT, (text,))
            case ast.Call() | ast.BinOp():
                return Known(SlotKind.NUMBER)
        return None

    def _comparable(self, node: ast.Compare) -> bool:
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn):
                options = right.elts if isinstance(right, ast.Tuple | ast.List) else []
                pairs = [(left, option) for option in options]
            else:
                pairs = [(left, right)]
            if not all(self._pair(one, other) for one, other in pairs):
                return False
            left = right
        return True

    def _pair(self, one: ast.expr, other: ast.expr) -> bool:
        first, second = self.known(one), self.known(other)
        if first is None or second is None:
            return True
        if _family(first.kind) != _family(second.kind):
            self._value.tell(
                f"сравниваются разные вещи: {KIND_NAMES[first.kind]} и {KIND_NAMES[second.kind]}",
                'Тексты пишите в кавычках ("balance"), числа и true/false — без них (True, False)',
            )
            return False
        for choice, constant in ((first, second), (second, first)):
            if choice.kind is SlotKind.CHOICE and constant.kind is SlotKind.TEXT and constant.values:
                wrong = [text for text in constant.values if text not in choice.values]
                if wrong:
                    self._value.tell(f"такого значения не бывает: «{wrong[0]}»", meant(wrong[0], choice.values))
                    return False
        return True


KIND_NAMES = {
    SlotKind.CHOICE: "выбор",
    SlotKind.YES_NO: "да/нет",
    SlotKind.NUMBER_STRING: "строка цифр",
    SlotKind.TEXT: "текст",
    SlotKind.NUMBER: "число",
    SlotKind.FLAG: "да/нет",
    SlotKind.LIST: "список",
}


def _family(kind: SlotKind) -> str:
    match kind:
        case SlotKind.CHOICE | SlotKind.TEXT | SlotKind.NUMBER_STRING:
            return "text"
        case SlotKind.YES_NO | SlotKind.FLAG:
            return "flag"
        case _:
            return kind.value


def _field(value: Value, path: tuple[str, ...], names: Names) -> Field | None:
    root, *rest = path
    if root not in names or not rest:
        value.tell(f"неизвестное имя «{'.'.join(path)}»", f"Имена начинаются с {', '.join(f'{r}.' for r in names)}")
        return None
    if len(rest) > 1:
        value.tell(f"слишком глубокое имя «{'.'.join(path)}»", "Возьмите имя из двух частей, например slots.points")
        return None
    known = names[root]
    if rest[0] not in known:
        what = {"slots": "слот", "result": "поле результата", "settings": "настройка"}.get(root, "имя")
        advice = meant(rest[0], known)
        if root == "result" and set(known) <= {"error"}:
            advice = "Перед этим местом в сценарии нет действия (action), которое дало бы результат"
        value.tell(f"неизвестное имя ({what}): «{'.'.join(path)}»", advice)
        return None
    return known[rest[0]]
