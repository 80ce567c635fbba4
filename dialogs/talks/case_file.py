"""Conversations written in YAML, in the manner of Rasa's end-to-end tests: docs/conversation-tests.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dialogs.engine.vocabulary import Value as Plain
from dialogs.reader.problems import Place, Problems, meant
from dialogs.reader.source import Section, SourceFiles, Value
from dialogs.talks.case_steps import STEPS, health, plain_data
from integrations.loyalty.sandbox.in_process import Health

CASES_FOLDER = "tests/conversations"  # of a dialogue's folder
CASE_KEYS = ("test_case", "caller", "facts", "loyalty", "now", "steps")
USUAL_CALLER = "+79160000001"
USUAL_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One line of a conversation: something that happens, or something that must hold now."""

    kind: str  # one of `STEPS`
    value: Plain
    place: Place


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation."""

    name: str
    place: Place  # the file is relative to the dialogue's folder
    steps: tuple[CaseStep, ...]
    caller: str | None = USUAL_CALLER  # E.164; None: hidden
    facts: Mapping[str, Plain] = field(default_factory=dict)  # slots known from the start
    loyalty: Health | None = None  # None: results of actions are given by hand
    now: datetime = USUAL_NOW

    @property
    def title(self) -> str:
        """Name the case among all: «menu: operator by key»."""
        return f"{Path(self.place.file).stem}: {self.name}"


def read_cases(dialogue: Path) -> tuple[Case, ...]:
    """Read `tests/conversations/*.yml` of a dialogue, in order of files; none at all is no fault.

    Raises:
        FlowErrors: everything that is wrong, with file and line.
    """
    problems = Problems()
    files = SourceFiles(dialogue, problems)
    cases: list[Case] = []
    for path in sorted((dialogue / CASES_FOLDER).rglob("*.yml")):
        listed = files.value(path, "test_cases")
        known: dict[str, int] = {}
        for item in listed.items() if listed is not None else ():
            section = item.section("- test_case: название")
            case = _case(section) if section is not None else None
            if case is None:
                continue
            if case.name in known:
                item.tell(f"«{case.name}» уже есть в строке {known[case.name]}", "Дайте разговору другое название")
            known.setdefault(case.name, case.place.line)
            cases.append(case)
    problems.raise_if_any()
    return tuple(cases)


def _case(section: Section) -> Case | None:
    section.only(CASE_KEYS)
    name, steps = section.maybe("test_case"), section.value("steps")
    if name is None or steps is None:
        section.tell("у разговора должны быть test_case и steps", "Добавьте test_case: название и steps: по шагам")
        return None
    return Case(
        name,
        section.place,
        tuple(step for item in steps.items() for step in _steps(item)),
        caller=_caller(section.value("caller")),
        facts=_facts(section.section("facts")),
        loyalty=_loyalty(section.value("loyalty")),
        now=_now(section.value("now")),
    )


def _caller(value: Value | None) -> str | None:
    if value is None:
        return USUAL_CALLER
    return None if value.scalar() is None else value.of(str)


def _facts(section: Section | None) -> Mapping[str, Plain]:
    return {name: plain_data(value) for name, _, value in section.entries()} if section is not None else {}


def _loyalty(value: Value | None) -> Health | None:
    written = health(value) if value is not None else None
    return Health(written) if written in list(Health) else None


def _now(value: Value | None) -> datetime:
    if value is None:
        return USUAL_NOW
    try:
        return datetime.fromisoformat(value.of(str) or str(value.scalar())).replace(tzinfo=UTC)
    except ValueError:
        value.tell("это не день и время", 'Должно быть так: now: "2026-03-01 12:00" (UTC)')
        return USUAL_NOW


def _steps(item: Value) -> Iterator[CaseStep]:
    section = item.section("- user: что сказал звонящий")
    if section is None:
        return
    if set(section.keys) == {"user", "understood"}:
        order: tuple[str, ...] = ("understood", "user")
    elif len(section.keys) == 1:
        order = section.keys
    else:
        section.tell(f"в одном шаге сразу {' и '.join(section.keys)}", "Сделайте из них несколько шагов")
        return
    for kind in order:
        value = section.value(kind)
        if kind not in STEPS:
            section.key(kind).tell(f"неизвестный шаг «{kind}»", meant(kind, STEPS))
        elif value is not None:
            yield CaseStep(kind, STEPS[kind](value), section.key(kind).place)
