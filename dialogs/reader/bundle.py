"""A dialogue folder read into a bundle, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dialogs.engine import bundle as names
from dialogs.engine.bundle import Bundle, Field, Flow, Trigger
from dialogs.engine.steps.step import Step
from dialogs.reader.content import content_hash, dialogue_files
from dialogs.reader.domain import (
    Domain,
    engine_slots,
    read_actions,
    read_queues,
    read_responses,
    read_slots,
)
from dialogs.reader.flow_checks import check_flows, resets
from dialogs.reader.folder import domain_files
from dialogs.reader.intents import FOLDER as PHRASES
from dialogs.reader.intents import taught_intents
from dialogs.reader.keys import FLOW, TRIGGER
from dialogs.reader.layout import LaidStep, Layout
from dialogs.reader.problems import FlowProblem, Place, Problems, meant
from dialogs.reader.prompt_checks import check_prompts
from dialogs.reader.questions import response_id
from dialogs.reader.source import Section, SourceFiles, Value
from dialogs.reader.steps import StepReader
from dialogs.reader.tables import read_tables
from dialogs.reader.warnings import warn
from dialogs.settings import DialogueSettings

USUAL_CONFIDENCE = 0.6


@dataclass(frozen=True, slots=True)
class CheckedFolder:
    """A dialogue without faults."""

    bundle: Bundle
    warnings: tuple[FlowProblem, ...]  # what is hardly meant, but does no harm


def load_bundle(folder: Path, settings: DialogueSettings | None = None) -> Bundle:
    """Read a folder as `check_folder` does.

    Raises:
        FlowErrors: everything that is wrong, with file and line.
    """
    return check_folder(folder, settings).bundle


def check_folder(folder: Path, settings: DialogueSettings | None = None) -> CheckedFolder:
    """Read `flows/*.yml`, `domain/*.yml` and `domain/*/*.yml` of a folder; settings give the facts that texts name.

    The hash covers every file of the dialogue, phrases and tests too, and no settings.

    Raises:
        FlowErrors: everything that is wrong, with file and line.
    """
    problems = Problems()
    files = SourceFiles(folder, problems)
    settings = settings or DialogueSettings()
    domain = Domain(settings.facts(), read_tables(files), engine_slots())
    for kind, read in (
        ("slots", read_slots),
        ("actions", read_actions),
        ("queues", read_queues),
        ("responses", read_responses),
    ):
        main, *by_topic = domain_files(folder, kind)
        if not main.is_file():
            problems.add(Place(f"domain/{kind}.yml", 1), "нет этого файла", f"Создайте его; первая строка — «{kind}:»")
            continue
        for path in (main, *by_topic):
            section = files.section(path, kind)
            if section is not None:
                read(section, domain)
    _engine_needs(domain, problems)
    flows = _Flows(domain, files)
    flows.read(folder)
    check_flows(flows.flows, flows.places, problems)
    check_prompts(flows.flows.values(), domain.responses, domain.response_places, settings, problems)
    content = dialogue_files(folder, problems) | files.contents
    problems.raise_if_any()
    warnings = Problems()
    warn(domain, flows.flows, flows.places, warnings)
    bundle = Bundle(
        content_hash(content),
        {flow.id: replace(flow, resets=resets(flow, flows.flows, flows.persisted)) for flow in flows.flows.values()},
        domain.slots,
        domain.responses,
        domain.actions,
        domain.queues,
        domain.default_queue,
        domain.facts,
        {name: source.table for name, source in domain.tables.items()},
    )
    return CheckedFolder(bundle, warnings.found)


def _engine_needs(domain: Domain, problems: Problems) -> None:
    if not domain.queues:
        problems.add(
            Place("domain/queues.yml", 1), "нет ни одной очереди", "Добавьте очередь: без неё некуда переводить"
        )
    for said in names.ENGINE_RESPONSES:
        place = Place("domain/responses.yml", 1)
        response = domain.responses.get(said)
        if response is None:
            problems.add(place, f"нет реплики «{said}»", "Добавьте её: система говорит её сама")
        elif not all(variant.text.is_static for variant in response.variants):
            problems.add(place, f"в реплике «{said}» есть подстановки", "Она звучит при сбоях: уберите их")


class _Flows:
    def __init__(self, domain: Domain, files: SourceFiles) -> None:
        self._domain = domain
        self._files = files
        self.flows: dict[str, Flow] = {}
        self.places: dict[tuple[str, str], Place] = {}
        self.persisted: dict[str, tuple[str, ...]] = {}
        self._intents: frozenset[str] | None = None  # that have phrases
        self._triggered: dict[str, str] = {}  # intent -> name of the flow it starts

    def read(self, folder: Path) -> None:
        self._intents = taught_intents(folder)
        sections = list(self._sections(folder))
        for flow_id, section in sections:
            self._flow(flow_id, section, tuple(name for name, _ in sections))
        for pattern in names.PATTERNS:
            if pattern not in {flow_id for flow_id, _ in sections}:
                self._files.problems.add(
                    Place("flows/patterns.yml", 1),
                    f"нет сценария «{pattern}»",
                    "Добавьте его: система начинает его сама",
                )

    def _sections(self, folder: Path) -> Iterator[tuple[str, Section]]:
        seen: dict[str, Place] = {}
        for path in sorted((folder / "flows").glob("*.yml")):
            section = self._files.section(path, "flows")
            for flow_id, key, value in section.entries() if section is not None else ():
                if flow_id in seen:
                    there = f"{seen[flow_id].file}:{seen[flow_id].line}"
                    key.tell(f"сценарий «{flow_id}» уже есть в {there}", "Дайте одному из них другое имя")
                    continue
                seen[flow_id] = key.place
                flow = value.section("name, description и steps")
                if flow is not None:
                    self.places[flow_id, ""] = key.place
                    yield flow_id, flow

    def _flow(self, flow_id: str, section: Section, flow_ids: tuple[str, ...]) -> None:
        section.only(FLOW)
        listed = section.value("steps")
        if listed is None:
            section.tell(f"в сценарии «{flow_id}» нет шагов (steps)", "Добавьте steps: и список шагов под ним")
            return
        layout = Layout(listed)
        if layout.first is None:
            return
        reader = StepReader(flow_id, self._domain, flow_ids, layout, self._results(layout))
        steps: dict[str, Step] = {}
        for laid in layout.steps.values():
            self.places[flow_id, laid.id] = laid.section.place
            step = reader.read(laid)
            if step is not None:
                steps[laid.id] = step
        self._persisted(flow_id, section)
        if len(steps) == len(layout.steps):  # else the checks of the whole would only echo what is told already
            self.flows[flow_id] = Flow(
                flow_id,
                section.get("name", str, flow_id),
                steps,
                layout.first,
                section.maybe("task"),
                self._queue(section.value("queue")),
                triggers=self._triggers(section),
                confirm=self._confirm(section),
                is_digression=section.get("digression", bool, True),
            )

    def _triggers(self, section: Section) -> tuple[Trigger, ...]:
        value = section.value("nlu_trigger")
        triggers: list[Trigger] = []
        for item in value.items() if value is not None else ():
            listed = item.section("- intent: имя_намерения")
            intent = listed.maybe("intent") if listed is not None else None
            if listed is None or intent is None:
                item.tell("не сказано, какое намерение начинает сценарий", "Напишите - intent: имя из data/nlu")
                continue
            listed.only(TRIGGER)
            confidence = listed.get("confidence_threshold", float, USUAL_CONFIDENCE)
            if not 0 < confidence <= 1:
                listed.tell("порог уверенности — от 0 до 1", f"Обычно {USUAL_CONFIDENCE}")
            if self._intents is not None and intent not in self._intents:
                listed.tell(f"у намерения «{intent}» нет фраз в {PHRASES}", meant(intent, self._intents))
            if intent in self._triggered:
                listed.tell(
                    f"намерение «{intent}» уже начинает сценарий «{self._triggered[intent]}»", "Оставьте одно из двух"
                )
            self._triggered[intent] = section.get("name", str, "")
            triggers.append(Trigger(intent, confidence))
        return tuple(triggers)

    def _confirm(self, section: Section) -> str | None:
        value = section.value("confirm")
        if value is not None:
            return response_id(value, self._domain)
        if "nlu_trigger" in section and "task" in section:
            section.tell(
                "не сказано, как переспросить, нужен ли этот сценарий (confirm)",
                "Добавьте confirm: реплика вроде «Вы хотите узнать баланс?»",
            )
        return None

    def _results(self, layout: Layout) -> dict[str, Field]:
        fields: dict[str, Field] = {}
        for laid in layout.steps.values():
            for name, each in self._result(laid).items():
                known = fields.get(name)
                fields[name] = replace(each, values=tuple(dict.fromkeys((known.values if known else ()) + each.values)))
        return fields

    def _result(self, laid: LaidStep) -> Mapping[str, Field]:
        """Return what a step leaves in `result`; its name is checked where the step is read."""
        if laid.kind == "action":
            contract = self._domain.actions.get(laid.section.maybe("action") or "")
            return contract.result if contract is not None else {}
        if laid.kind == "look_up":
            source = self._domain.tables.get(laid.section.maybe("look_up") or "")
            return source.result() if source is not None else {}
        return {}

    def _queue(self, value: Value | None) -> str | None:
        name = value.of(str) if value is not None else None
        if value is not None and name is not None and name not in self._domain.queues:
            value.tell(f"нет очереди «{name}»", meant(name, self._domain.queues))
        return name

    def _persisted(self, flow_id: str, section: Section) -> None:
        value = section.value("persisted_slots")
        kept: list[str] = []
        for item in value.items() if value is not None else ():
            name = item.of(str)
            if name is not None and name not in self._domain.slots:
                item.tell(f"нет слота «{name}»", meant(name, self._domain.slots))
            elif name is not None:
                kept.append(name)
        self.persisted[flow_id] = tuple(kept)
