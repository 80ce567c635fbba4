"""Training phrases in Rasa's open-source format 3.1, with the faults told to their author."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from yaml.nodes import ScalarNode

from dialogs.reader.problems import Place, Problems
from dialogs.reader.source import Section, SourceFiles, Value

TRAINING_FOLDER = "data"  # of a dialogue's folder
TEST_FOLDER = "tests/nlu"
INTENT_KEYS = ("intent", "examples", "metadata")
OTHER_KINDS = ("synonym", "lookup", "regex")
"""What else Rasa's files may hold; Rasa learns from it, the embedded engine does not."""

_MARKED_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
_NOT_A_WORD = re.compile(r"[^\w\s-]+")


@dataclass(frozen=True, slots=True)
class Example:
    """A phrase that somebody may say, and what it means."""

    text: str  # without Rasa's marks of entities
    intent: str
    place: Place


def same_when_heard(text: str) -> str:
    """Return the phrase as engines see it: lower case, «е» for «ё», no punctuation."""
    return " ".join(_NOT_A_WORD.sub(" ", text.lower().replace("ё", "е")).split())


def read_examples(folder: Path) -> tuple[Example, ...]:
    """Read all phrases of a folder (`data` or `tests/nlu` of a dialogue), in order of files.

    Raises:
        FlowErrors: all faults at once, each with file (relative to the folder) and line.
    """
    problems = Problems()
    source = SourceFiles(folder, problems)
    paths = sorted(path for path in folder.rglob("*.yml") if path.is_file())
    if not paths:
        problems.add(
            Place(".", 1), f"в папке {folder} нет файлов .yml с фразами", "Положите их сюда, по файлу на намерение"
        )
    examples = [example for path in paths for example in _file(source, path)]
    _refuse_contradictions(examples, problems)
    problems.raise_if_any()
    return tuple(examples)


def by_intent(examples: Sequence[Example]) -> dict[str, list[Example]]:
    """Group phrases by intent."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.intent].append(example)
    return dict(groups)


def _file(source: SourceFiles, path: Path) -> Iterator[Example]:
    items = source.value(path, "nlu")
    if items is None:
        if not source.problems:
            place = Place(path.relative_to(source.folder).as_posix(), 1)
            source.problems.add(place, "нет ключа «nlu:»", 'Файл должен начинаться так: «version: "3.1"», затем «nlu:»')
        return
    for item in items.items():
        section = item.section("- intent: имя")
        if section is None or any(kind in section for kind in OTHER_KINDS):
            continue
        yield from _intent(section)


def _intent(section: Section) -> Iterator[Example]:
    section.only(INTENT_KEYS)
    if "intent" not in section:
        section.tell("не сказано, что это за намерение", "Добавьте «intent: имя»")
        return
    intent = section.maybe("intent")
    examples = section.value("examples")
    if intent is None:
        return
    if examples is None:
        section.tell(f"у намерения «{intent}» нет фраз", "Добавьте «examples: |» и под ним фразы, каждую с дефиса")
        return
    blocks = (part for item in examples.items() for part in _long_form(item)) if examples.is_list else (examples,)
    for block in blocks:
        yield from _phrases(intent, block)


def _long_form(item: Value) -> Iterator[Value]:
    section = item.section("- text: фраза")
    text = section.value("text") if section is not None else None
    if text is not None:
        yield text


def _phrases(intent: str, block: Value) -> Iterator[Example]:
    written = block.of(str)
    if written is None:
        return
    is_block = isinstance(block.node, ScalarNode) and block.node.style in ("|", ">")
    first = block.place.line + (1 if is_block else 0)
    for number, line in enumerate(written.splitlines()):
        place = Place(block.file, first + number)
        said = line.strip()
        if not said:
            continue
        if is_block and not said.startswith("-"):
            block.problems.add(place, f"фраза «{said[:60]}» без дефиса", "Начните строку с «- »")
            continue
        text = _MARKED_ENTITY.sub(r"\1", said.removeprefix("-")).strip()
        if not same_when_heard(text):
            block.problems.add(place, "пустая фраза", "Допишите её или уберите строку")
            continue
        yield Example(text, intent, place)


def _refuse_contradictions(examples: Sequence[Example], problems: Problems) -> None:
    known: dict[str, Example] = {}
    for example in examples:
        first = known.setdefault(same_when_heard(example.text), example)
        if first is example:
            continue
        where = f"{first.place.file}:{first.place.line}"
        if first.intent == example.intent:
            problems.add(example.place, f"фраза «{example.text}» уже есть ({where})", "Уберите одну из двух")
        else:
            problems.add(
                example.place,
                f"фраза «{example.text}» уже значит «{first.intent}» ({where})",
                "Оставьте её у одного намерения: одна фраза не может значить два",
            )
