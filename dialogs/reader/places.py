"""Where the steps of a dialogue and their branches stand, for who tells of them by file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dialogs.reader.layout import LaidStep, Layout, Way
from dialogs.reader.problems import Place, Problems
from dialogs.reader.source import SourceFiles, Value


@dataclass(frozen=True, slots=True)
class StepPlaces:
    """Where one step stands."""

    step: Place
    branches: tuple[Place, ...]  # in the order of `Step.branches`


def step_places(folder: Path) -> Mapping[tuple[str, str], StepPlaces]:
    """Return the places of all steps by (flow, step); what is wrong with the folder is `load_bundle`'s business."""
    files = SourceFiles(folder, Problems())
    places: dict[tuple[str, str], StepPlaces] = {}
    for path in sorted((folder / "flows").glob("*.yml")):
        section = files.section(path, "flows")
        for flow_id, _, value in section.entries() if section is not None else ():
            flow = value.section("steps")
            steps = flow.value("steps") if flow is not None else None
            if steps is None:
                continue
            laid = Layout(steps).steps
            for step in laid.values():
                branches = tuple(_place(way, step, laid) for way in step.ways)
                places[flow_id, step.id] = StepPlaces(step.section.place, branches)
    return places


def _place(way: Way, step: LaidStep, laid: Mapping[str, LaidStep]) -> Place:
    if way.condition is not None:
        return way.condition.place
    if isinstance(way.target, Value):
        return way.target.place
    return laid[way.target].section.place if "next" in step.section and way.target in laid else step.section.place
