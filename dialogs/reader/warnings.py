"""What is no fault, but hardly meant: things that nothing refers to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from dialogs.engine import bundle as names
from dialogs.engine.bundle import Flow
from dialogs.engine.expressions import Expression
from dialogs.engine.steps.call import Call
from dialogs.engine.steps.link import Link
from dialogs.reader.domain import Domain
from dialogs.reader.problems import Place, Problems


def warn(
    domain: Domain, flows: Mapping[str, Flow], places: Mapping[tuple[str, str], Place], warnings: Problems
) -> None:
    """Tell of responses, slots and tables that are never used, and of tasks that nothing starts.

    `places`: where each flow stands, under an empty step.
    """
    by_flows = set(_mentioned(tuple(flows.values())))
    used = by_flows | set(_mentioned(tuple(domain.responses.values())))
    for response, place in domain.response_places.items():
        if response not in by_flows and response not in names.ENGINE_RESPONSES:
            warnings.add(place, f"реплика «{response}» нигде не звучит", "Удалите её или сошлитесь на неё в сценарии")
    for slot, section in domain.slot_sections.items():
        if slot not in used:
            warnings.add(
                section.place, f"слот «{slot}» нигде не используется", "Удалите его или спросите о нём в сценарии"
            )
    sources = (section.section("options_from") for section in domain.slot_sections.values())
    listed = {source.maybe("table") for source in sources if source is not None}
    for table in domain.tables.keys() - used - listed:
        warnings.add(
            Place(f"domain/tables/{table}.yml", 1),
            f"в таблицу «{table}» никто не смотрит",
            "Удалите её или возьмите из неё данные: look_up в сценарии, options_from у слота",
        )
    steps = [step for flow in flows.values() for step in flow.steps.values()]
    started = {step.flow for step in steps if isinstance(step, Link | Call)}
    for flow in flows.values():
        if flow.task is not None and not flow.triggers and flow.id not in started:
            warnings.add(
                places[flow.id, ""],
                f"сценарий «{flow.id}» никто не начинает",
                "Добавьте nlu_trigger с намерением или link на него из другого сценария",
            )


def _mentioned(value: object) -> Iterator[str]:
    """Return every name and text in a definition, those inside expressions included."""
    match value:
        case str():
            yield value
        case Expression():
            yield from (node.attr for node in ast.walk(value.tree) if isinstance(node, ast.Attribute))
        case tuple():
            for item in value:
                yield from _mentioned(item)
        case Mapping():
            for item in value.values():
                yield from _mentioned(item)
        case _ if is_dataclass(value):
            for field in fields(value):
                yield from _mentioned(getattr(value, field.name))
