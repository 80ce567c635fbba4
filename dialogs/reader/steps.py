"""Steps of a flow, built from their laid-out source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypedDict

from dialogs.engine.bundle import Field, SlotKind
from dialogs.engine.expressions import Expression
from dialogs.engine.read_back import Repair
from dialogs.engine.steps.action import Action
from dialogs.engine.steps.call import Call
from dialogs.engine.steps.clarify import Clarify
from dialogs.engine.steps.collect import Asking, Collect, Ladder, Rejection
from dialogs.engine.steps.handoff import HandOffStep
from dialogs.engine.steps.hang_up import HangUpStep
from dialogs.engine.steps.link import Link
from dialogs.engine.steps.look_up import LookUp
from dialogs.engine.steps.noop import Noop
from dialogs.engine.steps.say import SayStep
from dialogs.engine.steps.set_slots import SetSlots
from dialogs.engine.steps.step import END, Branch, Step
from dialogs.engine.templates import Template
from dialogs.engine.vocabulary import Scalar
from dialogs.reader.domain import Domain
from dialogs.reader.expressions import Names, read_expression, read_operand
from dialogs.reader.keys import HANDOFF, HANG_UP, READ_BACK, REPAIR, step_keys
from dialogs.reader.layout import LaidStep, Layout
from dialogs.reader.look_ups import read_look_up
from dialogs.reader.problems import meant
from dialogs.reader.questions import QuestionSource, read_asking, response_id, source_for
from dialogs.reader.repairs import confirms_number, read_repair
from dialogs.reader.source import Section, Value
from dialogs.reader.texts import read_template


class Shared(TypedDict):
    """What every step has."""

    id: str
    branches: tuple[Branch, ...]
    done: Template | None


@dataclass
class StepReader:
    """Builds the steps of one flow."""

    flow: str
    domain: Domain
    flow_ids: tuple[str, ...]
    layout: Layout
    result: Mapping[str, Field]  # fields of the results of the flow's actions

    @property
    def names(self) -> Names:
        """What conditions of this flow may name."""
        return self.domain.names(self.result)

    def read(self, laid: LaidStep) -> Step | None:
        """Build one step; None when it is too broken (and told)."""
        build: dict[str, Callable[[LaidStep, Value, Shared], Step | None]] = {
            "say": self._say,
            "collect": self._collect,
            "clarify": self._clarify,
            "action": self._action,
            "set_slots": self._set_slots,
            "look_up": self._look_up,
            "call": self._call,
            "link": self._link,
            "noop": self._noop,
            "handoff": self._handoff,
            "hang_up": self._hang_up,
        }
        about = laid.section.value(laid.kind)
        assert about is not None  # the layout found the kind by this key
        laid.section.only((*step_keys(laid.kind), "next"))  # what `next` is wrong after, the layout tells
        shared = Shared(id=laid.id, branches=self._branches(laid), done=self._text(laid.section, "done"))
        return build[laid.kind](laid, about, shared)

    def _branches(self, laid: LaidStep) -> tuple[Branch, ...]:
        branches: list[Branch] = []
        for way in laid.ways:
            target = self.layout.target(way.target)
            condition: Expression | None = None
            if way.condition is not None:
                text = way.condition.of(str)
                condition = read_expression(way.condition, text, self.names) if text is not None else None
            if target is not None:
                branches.append(Branch(target, condition))
        return tuple(branches)

    def _text(self, section: Section, key: str) -> Template | None:
        value = section.value(key)
        return self._template(value) if value is not None else None

    def _template(self, value: Value) -> Template | None:
        return read_template(value, self.names, self.domain.slots, self.domain.facts)

    def _templates(self, section: Section, key: str) -> tuple[Template, ...]:
        value = section.value(key)
        if value is None:
            return ()
        items = value.items() if value.is_list else iter((value,))
        return tuple(text for item in items if (text := self._template(item)) is not None)

    # ---- one method per kind

    def _say(self, laid: LaidStep, about: Value, shared: Shared) -> Step:
        items = about.items() if about.is_list else iter((about,))
        return SayStep(
            **shared,
            responses=tuple(response_id(item, self.domain) for item in items),
            barge_in=laid.section.get("barge_in", bool, False),
            repeat=laid.section.get("repeat", bool, True),
        )

    def _noop(self, laid: LaidStep, about: Value, shared: Shared) -> Step:
        return Noop(**shared)

    def _flow(self, about: Value) -> str:
        name = about.of(str)
        if name is not None and name not in self.flow_ids:
            about.tell(f"нет сценария «{name}»", meant(name, self.flow_ids))
        return name or ""

    def _call(self, laid: LaidStep, about: Value, shared: Shared) -> Step:
        return Call(**shared, flow=self._flow(about))

    def _link(self, laid: LaidStep, about: Value, shared: Shared) -> Step:
        return Link(**shared, flow=self._flow(about))

    def _hang_up(self, laid: LaidStep, about: Value, shared: Shared) -> Step | None:
        section = about.section("contained: true, reason: completed")
        if section is None:
            return None
        section.only(HANG_UP)
        return HangUpStep(
            **shared,
            contained=section.get("contained", bool, True),
            reason=section.get("reason", str, "completed"),
        )

    def _handoff(self, laid: LaidStep, about: Value, shared: Shared) -> Step | None:
        section = about.section("queue: hotline, reason: asked")
        if section is None:
            return None
        section.only(HANDOFF)
        queue = section.value("queue")
        name = queue.of(str) if queue is not None else None
        if queue is not None and name is not None and name not in self.domain.queues:
            queue.tell(f"нет очереди «{name}»", meant(name, self.domain.queues))
        topic, reason = section.value("topic"), section.value("reason")
        return HandOffStep(
            **shared,
            queue=name,
            topic=read_operand(topic, self.names) if topic is not None else None,
            reason=read_operand(reason, self.names) if reason is not None else "asked",
            asked=self._templates(section, "asked"),
            left=self._templates(section, "left"),
        )

    def _set_slots(self, laid: LaidStep, about: Value, shared: Shared) -> Step:
        values: list[tuple[str, Expression | Scalar]] = []
        for item in about.items():
            section = item.section("- имя_слота: значение")
            for name, key, value in section.entries() if section is not None else ():
                if name not in self.domain.slots:
                    key.tell(f"нет слота «{name}»", meant(name, self.domain.slots))
                values.append((name, read_operand(value, self.names)))
        return SetSlots(**shared, values=tuple(values))

    def _look_up(self, laid: LaidStep, about: Value, shared: Shared) -> Step | None:
        found = read_look_up(about, laid.section, self.domain, self.names)
        return LookUp(**shared, table=found[0], where=found[1]) if found is not None else None

    def _action(self, laid: LaidStep, about: Value, shared: Shared) -> Step | None:
        contract = self.domain.actions.get(about.of(str) or "")
        if contract is None:
            about.tell(f"нет действия «{about.node.value}»", meant(str(about.node.value), self.domain.actions))
            return None
        given = laid.section.section("arguments")
        arguments = {name: (key, value) for name, key, value in given.entries()} if given is not None else {}
        for name, (key, _) in arguments.items():
            if name not in contract.arguments:
                key.tell(f"действие «{contract.name}» не берёт «{name}»", meant(name, contract.arguments))
        for name in contract.arguments:
            if name not in arguments:
                about.tell(f"действию «{contract.name}» не дано «{name}»", f"Добавьте arguments: {name}: …")
        waiting = laid.section.value("waiting")
        return Action(
            **shared,
            action=contract.name,
            arguments=tuple((name, read_operand(value, self.names)) for name, (_, value) in arguments.items()),
            waiting=response_id(waiting, self.domain) if waiting is not None else None,
            failed=self.layout.target(laid.failed) if laid.failed is not None else None,
        )

    def _collect(self, laid: LaidStep, about: Value, shared: Shared) -> Step | None:
        source = source_for(self.domain, about.of(str) or "", laid.section, about)
        if source is None:
            return None
        question_id = f"{self.flow}/{laid.id}"
        before, from_phrase = source.value("ask_before_filling"), source.value("from_phrase")
        asking = read_asking(source, question_id, self.domain, self.layout.target)
        read_back, repair = self._read_back(source, asking)
        return Collect(
            **shared,
            asking=asking,
            read_back=read_back,
            repair=repair,
            ask_before_filling=bool(before.of(bool)) if before is not None else False,
            from_phrase=bool(from_phrase.of(bool)) if from_phrase is not None else False,
            rejections=self._rejections(source),
        )

    def _clarify(self, laid: LaidStep, about: Value, shared: Shared) -> Step | None:
        source = source_for(self.domain, about.of(str) or "", laid.section, about)
        if source is None:
            return None
        if source.slot.kind is not SlotKind.YES_NO:
            about.tell("переспросить можно только вопросом на да или нет", "Укажите слот типа yes_no")
        return Clarify(**shared, asking=read_asking(source, f"{self.flow}/{laid.id}", self.domain, self.layout.target))

    def _read_back(self, source: QuestionSource, asking: Asking) -> tuple[Asking | None, Repair | None]:
        section = source.section("read_back")
        if section is None:
            return None, None
        is_number = source.slot.kind is SlotKind.NUMBER_STRING
        section.only({**READ_BACK, **REPAIR} if is_number else READ_BACK)
        ask = section.value("ask")
        if ask is None:
            section.tell("не сказано, чем подтверждать", "Добавьте ask: слот типа yes_no")
            return None, None
        confirming = source_for(self.domain, ask.of(str) or "", section, ask)
        if confirming is None:
            return None, None
        read_back = read_asking(confirming, f"{asking.question.id}/confirm", self.domain, self.layout.target)
        if not is_number:
            return read_back, None
        repair = read_repair(section, asking, self.domain)
        return replace(read_back, question=confirms_number(read_back.question, asking.question)), repair

    def _rejections(self, source: QuestionSource) -> tuple[Rejection, ...]:
        value = source.value("rejections")
        rejections: list[Rejection] = []
        for item in value.items() if value is not None else ():
            section = item.section("- if: условие, utter: реплика")
            condition, utter = (section.value("if"), section.value("utter")) if section is not None else (None, None)
            if condition is None or utter is None:
                item.tell("у отказа (rejections) должны быть if и utter", "Добавьте недостающее")
                continue
            expression = read_expression(condition, condition.of(str) or "", self.names)
            if expression is not None:
                rejections.append(Rejection(expression, response_id(utter, self.domain)))
        return tuple(rejections)


def targets(step: Step) -> tuple[str, ...]:
    """Return every step that may come after one."""
    ways = [branch.target for branch in step.branches]
    match step:
        case Action(failed=str(failed)):
            ways.append(failed)
        case Collect(asking=asking, read_back=read_back):
            ways += [end for each in (asking, read_back) if each is not None for end in _ends(each)]
        case _:
            pass
    return tuple(ways)


def _ends(asking: Asking) -> tuple[str, ...]:
    ladders: tuple[Ladder, ...] = (asking.no_input, asking.no_match)
    return tuple(ladder.then for ladder in ladders if ladder.then is not None)


__all__ = ["END", "StepReader", "targets"]
