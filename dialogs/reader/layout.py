"""Steps of a flow laid flat: nested branches become steps with names of their own."""

from __future__ import annotations

from dataclasses import dataclass, field

from dialogs.engine.steps.step import END
from dialogs.reader.keys import BRANCH, BRANCH_ELSE, ENDING, STEP_KINDS
from dialogs.reader.problems import meant
from dialogs.reader.source import Section, Value


@dataclass(frozen=True, slots=True)
class Way:
    """One way on from a step, its condition not yet read."""

    target: Value | str  # a name to be checked, or a step that is known
    condition: Value | None = None


@dataclass(slots=True)
class LaidStep:
    """One step in its place."""

    id: str
    kind: str
    section: Section
    ways: list[Way] = field(default_factory=list)
    failed: Value | str | None = None  # of an action


class Layout:
    """All steps of one flow, in order, nested ones included."""

    def __init__(self, steps: Value) -> None:
        self.steps: dict[str, LaidStep] = {}
        self.first: str | None = self._list(steps, nested=False)

    def target(self, value: Value | str) -> str | None:
        """Return the step that is named; None when there is none (and told)."""
        if isinstance(value, str):
            return value
        name = value.of(str)
        if name is None or name == END or name in self.steps:
            return name
        value.tell(f"нет шага «{name}»", meant(name, (*self._named(), END)))
        return None

    def _named(self) -> list[str]:
        return [step.id for step in self.steps.values() if "id" in step.section]

    def _list(self, steps: Value, *, nested: bool) -> str | None:
        """Lay a list of steps; return the id of its first."""
        laid = [step for item in steps.items() if (step := self._step(item)) is not None]
        if steps.is_list and not steps.node.value:
            steps.tell("пустой список шагов", "Добавьте хотя бы один шаг или уберите ветку")
        for number, step in enumerate(laid):
            following = laid[number + 1].id if number + 1 < len(laid) else None
            self._ways(step, following, nested=nested)
        return laid[0].id if laid else None

    def _step(self, item: Value) -> LaidStep | None:
        section = item.section("- say: реплика")
        if section is None:
            return None
        kinds = [kind for kind in STEP_KINDS if kind in section]
        if len(kinds) != 1:
            if kinds:
                section.tell(f"в одном шаге сразу {' и '.join(kinds)}", "Сделайте из них два шага")
            else:
                unknown = next(iter(section.keys), "")
                section.tell("непонятно, что делает этот шаг", meant(unknown, STEP_KINDS))
            return None
        step = LaidStep(self._id(section, kinds[0]), kinds[0], section)
        self.steps[step.id] = step
        return step

    def _id(self, section: Section, kind: str) -> str:
        written = section.value("id")
        if written is not None:
            name = written.of(str) or kind
            if name == END or "/" in name:
                written.tell(f"имя шага «{name}» не годится", "Дайте другое имя без косой черты")
            elif name in self.steps:
                line = self.steps[name].section.place.line
                written.tell(f"шаг «{name}» уже есть в строке {line}", "Дайте одному из них другое имя")
            else:
                return name
        about = section.value(kind)
        name = kind
        if about is not None and not about.is_list and not about.is_section and kind != "noop":
            name = f"{kind}_{about.node.value}".replace(".", "_").replace("/", "_")
        number = 2
        free = name
        while free in self.steps:
            free, number = f"{name}_{number}", number + 1
        return free

    def _ways(self, step: LaidStep, following: str | None, *, nested: bool) -> None:
        written = step.section.value("next")
        failed = step.section.value("failed")
        if failed is not None:
            step.failed = self._list(failed, nested=True) if failed.is_list else failed
        if step.kind in ENDING:
            if written is not None:
                step.section.key("next").tell(
                    f"next после {step.kind} никогда не сработает", "Уберите next: этот шаг — последний в сценарии"
                )
        elif written is None:
            if following is None and nested:
                step.section.tell(
                    "тупик: у последнего шага ветки нет next", "Добавьте next: с именем шага или next: END"
                )
            step.ways.append(Way(following or END))
        elif written.is_list:
            self._branches(step, written)
        else:
            step.ways.append(Way(written))

    def _branches(self, step: LaidStep, written: Value) -> None:
        ended = False
        for item in written.items():
            branch = item.section("- if: условие и под ним then: шаг")
            if branch is None:
                continue
            if ended:
                branch.tell("ветка после else никогда не сработает", "Поставьте else последней")
            condition = branch.value("if")
            if condition is not None:
                branch.only(BRANCH)
                target = branch.value("then")
            else:
                branch.only(BRANCH_ELSE)
                target, ended = branch.value("else"), True
            if target is None:
                branch.tell("у ветки нет then", "Добавьте then: имя шага, END или список шагов")
                continue
            first = self._list(target, nested=True) if target.is_list else target
            if first is not None:
                step.ways.append(Way(first, condition))
        if not ended:
            written.tell("нет ветки else", "Добавьте - else: … — иначе при других значениях разговор зайдёт в тупик")
