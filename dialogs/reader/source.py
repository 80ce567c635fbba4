"""YAML files as nodes that know where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dialogs.engine.vocabulary import Scalar
from dialogs.reader.problems import Place, Problems, meant

MAX_FILE_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_NESTING = 100

KINDS = {"str": "текст", "int": "целое число", "float": "число", "bool": "да/нет (true, false)", "null": "пусто"}

Kind = TypeVar("Kind", str, int, float, bool)


class SourceFiles:
    """The files of one dialogue folder, read once."""

    def __init__(self, folder: Path, problems: Problems) -> None:
        self.folder = folder
        self.problems = problems
        self.contents: dict[str, bytes] = {}

    def section(self, path: Path, key: str) -> Section | None:
        """Read a file whose only top-level key is `key`, a mapping; None when it is broken (and told)."""
        top = self._top(path, key)
        return top.section(key) if top is not None else None

    def value(self, path: Path, key: str) -> Value | None:
        """Read a file whose only top-level key is `key`, whatever is under it; None when it is broken (and told)."""
        top = self._top(path, key)
        return top.value(key) if top is not None else None

    def _top(self, path: Path, key: str) -> Section | None:
        file = path.relative_to(self.folder).as_posix()
        node = self._node(path, file)
        if node is None:
            return None
        top = Value(node, file, self.problems).section(f"файл начинается с ключа «{key}:»")
        if top is not None:
            top.only((key, "version"))
        return top

    def _node(self, path: Path, file: str) -> Node | None:
        try:
            content = path.read_bytes()
        except OSError:
            self.problems.add(Place(file, 1), "файл не читается", "Проверьте, что он есть и доступен для чтения")
            return None
        self.contents[file] = content
        if len(content) > MAX_FILE_BYTES:
            self.problems.add(Place(file, 1), "файл больше мегабайта", "Разделите его на несколько")
            return None
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            self.problems.add(Place(file, line), "это не UTF-8", "Сохраните файл в кодировке UTF-8")
            return None
        if any(self._tab(line, Place(file, number)) for number, line in enumerate(text.splitlines(), start=1)):
            return None
        try:
            node = _composed(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.problems.add(
                Place(file, mark.line + 1 if mark else 1),
                f"это не YAML ({error.problem or error.context})",
                "Проверьте отступы, двоеточия и кавычки в этой строке и в строке над ней;"
                " текст с двоеточием или фигурной скобкой в начале берите в кавычки",
            )
            return None
        except (yaml.YAMLError, RecursionError) as error:
            self.problems.add(Place(file, 1), f"это не YAML ({type(error).__name__})", "Проверьте файл целиком")
            return None
        except _NestedTooDeeply as error:
            self.problems.add(Place(file, error.line), "слишком много вложенных уровней", "Сделайте список проще")
            return None
        if node is None:
            self.problems.add(Place(file, 1), "файл пуст", "Заполните его или удалите")
        elif _size(node, {}, set()) > MAX_NODES:
            self.problems.add(Place(file, 1), "псевдонимы YAML (&, *) разрастаются без предела", "Распишите их")
            return None
        return node

    def _tab(self, line: str, place: Place) -> bool:
        if "\t" not in line[: len(line) - len(line.lstrip())]:
            return False
        self.problems.add(place, "отступ сделан табуляцией", "Замените табуляцию пробелами: YAML её не понимает")
        return True


class _NestedTooDeeply(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _composed(text: str) -> Node | None:
    """Compose a document by libyaml, which is some ten times faster than the loader in Python.

    Raises:
        yaml.YAMLError: by the loader in Python, whose words and places our advice goes by.
        _NestedTooDeeply: libyaml composes by recursion without a limit.
    """
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_NESTING:
                raise _NestedTooDeeply(event.start_mark.line + 1 if event.start_mark else 1)
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


def _size(node: Node, known: dict[int, float], open_nodes: set[int]) -> float:
    """Count the nodes of a tree with its aliases written out; a tree inside itself is infinite."""
    if id(node) in open_nodes:
        return float("inf")
    if id(node) not in known:
        open_nodes.add(id(node))
        children = []
        if isinstance(node, SequenceNode):
            children = node.value
        elif isinstance(node, MappingNode):
            children = [each for pair in node.value for each in pair]
        known[id(node)] = 1 + sum(_size(child, known, open_nodes) for child in children)
        open_nodes.discard(id(node))
    return known[id(node)]


@dataclass(frozen=True, slots=True)
class Value:
    """A node of a file."""

    node: Node
    file: str
    problems: Problems

    @property
    def place(self) -> Place:
        """Where the node begins."""
        return Place(self.file, self.node.start_mark.line + 1)

    def tell(self, message: str, advice: str) -> None:
        """Note a fault here."""
        self.problems.add(self.place, message, advice)

    @property
    def is_section(self) -> bool:
        """Say whether it is a mapping."""
        return isinstance(self.node, MappingNode)

    @property
    def is_list(self) -> bool:
        """Say whether it is a sequence."""
        return isinstance(self.node, SequenceNode)

    def section(self, advice: str) -> Section | None:
        """Read as a mapping."""
        if not isinstance(self.node, MappingNode):
            self.tell("здесь нужны пары «ключ: значение»", f"Должно быть так: {advice}")
            return None
        return Section(self, self.node)

    def items(self) -> Iterator[Value]:
        """Read as a list."""
        if not isinstance(self.node, SequenceNode):
            self.tell("здесь нужен список", "Начните каждый пункт с новой строки и дефиса: «- …»")
            return
        for node in self.node.value:
            yield Value(node, self.file, self.problems)

    def scalar(self) -> Scalar:
        """Read as a plain value; None for null and for what is none."""
        if not isinstance(self.node, ScalarNode):
            self.tell("здесь нужно одно значение", "Уберите вложенные строки")
            return None
        try:
            found = SafeConstructor().construct_object(self.node)
        except (ValueError, IndexError, yaml.YAMLError):  # an IndexError for «!!int» with nothing behind it
            self.tell("значение не подходит к своей метке YAML", "Уберите метку с восклицательными знаками")
            return None
        # YAML makes dates and times out of some plain texts; nobody means them here
        return found if isinstance(found, str | int | float | bool) or found is None else str(self.node.value)

    def of(self, kind: type[Kind]) -> Kind | None:
        """Read as a plain value of one kind; None when it is another (and told)."""
        found = self.scalar()
        if kind is float and type(found) is int:
            return kind(found)
        if isinstance(found, kind) and (kind is bool or not isinstance(found, bool)):
            return found
        if isinstance(self.node, ScalarNode):
            advice = "Возьмите значение в кавычки" if kind is str else f"Сейчас здесь «{self.node.value}»"
            self.tell(f"здесь нужно: {KINDS[kind.__name__]}", advice)
        return None

    def texts(self) -> tuple[str, ...]:
        """Read as one text or a list of texts."""
        if isinstance(self.node, ScalarNode):
            found = self.of(str)
            return () if found is None else (found,)
        return tuple(text for item in self.items() if (text := item.of(str)) is not None)


class Section:
    """A mapping whose keys are read by name."""

    def __init__(self, whole: Value, node: MappingNode) -> None:
        self.whole = whole
        self._entries: dict[str, tuple[Value, Value]] = {}
        for key_node, value_node in node.value:
            key, value = (Value(each, whole.file, whole.problems) for each in (key_node, value_node))
            name = str(key_node.value) if isinstance(key_node, ScalarNode) else ""
            if name in self._entries:
                first = self._entries[name][0].place.line
                key.tell(f"«{name}» уже есть в строке {first}", "Оставьте одно из двух или дайте другое имя")
                continue
            self._entries[name] = key, value

    @property
    def place(self) -> Place:
        """Where the mapping begins."""
        return self.whole.place

    def tell(self, message: str, advice: str) -> None:
        """Note a fault of the whole mapping."""
        self.whole.tell(message, advice)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, in order."""
        return tuple(self._entries)

    def key(self, key: str) -> Value:
        """Return the node of a key itself."""
        return self._entries[key][0]

    def only(self, allowed: Iterable[str]) -> None:
        """Tell of keys that are not allowed."""
        for name, (key, _) in self._entries.items():
            if name not in allowed:
                key.tell(f"неизвестный ключ «{name}»", meant(name, allowed))

    def value(self, key: str) -> Value | None:
        """Return a key's value, None when absent."""
        entry = self._entries.get(key)
        return entry[1] if entry is not None else None

    def section(self, key: str) -> Section | None:
        """Return a key's mapping; None when absent or none (and told)."""
        value = self.value(key)
        return value.section(f"«{key}:» и под ним пары") if value is not None else None

    def entries(self) -> Iterator[tuple[str, Value, Value]]:
        """Return name, key and value of every entry."""
        for name, (key, value) in self._entries.items():
            yield name, key, value

    def get(self, key: str, kind: type[Kind], default: Kind) -> Kind:
        """Read a plain value; the default when absent or of another kind (and told)."""
        value = self.value(key)
        found = value.of(kind) if value is not None else None
        return default if found is None else found

    def maybe(self, key: str) -> str | None:
        """Read a text; None when absent."""
        value = self.value(key)
        return value.of(str) if value is not None else None

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a text or a list of texts; empty when absent."""
        value = self.value(key)
        return value.texts() if value is not None else ()
