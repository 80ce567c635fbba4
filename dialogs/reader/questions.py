"""Questions: a collect step together with the defaults of its slot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dialogs.engine.bundle import Slot, SlotKind
from dialogs.engine.commands import SPOKEN, SPOKEN_BRIEFLY
from dialogs.engine.steps.collect import Asking, Ladder
from dialogs.engine.vocabulary import AnswerKind, KeyEntry, ListenLimits, Question
from dialogs.engine.vocabulary import Value as Plain
from dialogs.grammar import yes_no
from dialogs.grammar.checks import Check
from dialogs.grammar.number_phrases import phrases_of
from dialogs.reader.domain import ASKABLE, Domain
from dialogs.reader.keys import ENTRY, LADDER_END, LISTEN
from dialogs.reader.problems import meant
from dialogs.reader.source import Section, Value

HANDOFF = "handoff"


@dataclass(frozen=True, slots=True)
class QuestionSource:
    """A step's own properties over the slot's."""

    slot: Slot
    step: Section | None
    defaults: Section | None  # the slot's `collect:`
    place: Value

    def value(self, key: str) -> Value | None:
        """Return a property: the step's, else the slot's."""
        own = self.step.value(key) if self.step is not None else None
        return own if own is not None else (self.defaults.value(key) if self.defaults is not None else None)

    def section(self, key: str) -> Section | None:
        """Return a property that is a mapping."""
        value = self.value(key)
        return value.section(f"«{key}:» и под ним пары") if value is not None else None


def source_for(domain: Domain, slot_name: str, step: Section | None, place: Value) -> QuestionSource | None:
    """Find the slot that is asked for; faults are told at `place`."""
    slot = domain.slots.get(slot_name)
    if slot is None:
        place.tell(f"нет слота «{slot_name}»", meant(slot_name, domain.slots))
        return None
    if slot.kind not in ASKABLE:
        place.tell(
            f"слот «{slot_name}» нельзя спросить: его тип — {slot.kind.value}",
            "Спрашивать можно choice, yes_no и number_string; остальные заполняет set_slots",
        )
        return None
    section = domain.slot_sections.get(slot_name)
    return QuestionSource(slot, step, section.section("collect") if section is not None else None, place)


def read_asking(
    source: QuestionSource, question_id: str, domain: Domain, target: Callable[[Value], str | None]
) -> Asking:
    """Build a question; `target` checks the name of a step."""
    slot = source.slot
    question = _question(source, question_id, domain)
    keys_question = Question(
        question.id,
        question.answer,
        (),
        question.limits,
        question.keys,
        digit_lengths=question.digit_lengths,
        digit_prefixes=question.digit_prefixes,
        digit_check=question.digit_check,
        barge_in=question.barge_in,
        sensitive=question.sensitive,
    )
    return Asking(
        slot.name,
        question,
        keys_question,
        _utterance(source, "utter", f"utter_ask_{slot.name}", domain),
        _utterance(source, "utter_keys", f"utter_ask_{slot.name}_keys", domain),
        _ladder(source, "no_input", domain, target),
        _ladder(source, "no_match", domain, target),
    )


def response_id(value: Value, domain: Domain) -> str:
    """Read the id of a response that exists."""
    name = value.of(str)
    if name is not None and name not in domain.responses:
        value.tell(f"нет реплики «{name}»", meant(name, domain.responses) + "; реплики живут в domain/responses.yml")
    return name or ""


def _utterance(source: QuestionSource, key: str, default: str, domain: Domain) -> str:
    value = source.value(key)
    if value is not None:
        return response_id(value, domain)
    if default not in domain.responses:
        what = "вопроса" if key == "utter" else "вопроса для ответа клавишами"
        source.place.tell(
            f"нет реплики «{default}» — {what} о «{source.slot.name}»",
            f"Добавьте её в domain/responses.yml или укажите другую: {key}: …",
        )
    return default


def _ladder(source: QuestionSource, key: str, domain: Domain, target: Callable[[Value], str | None]) -> Ladder:
    value = source.value(key)
    if value is None:
        when = "молчания" if key == "no_input" else "непонятного ответа"
        source.place.tell(
            f"у вопроса о «{source.slot.name}» нет лестницы на случай {when} ({key})",
            f"Добавьте {key}: [реплика, ещё реплика, handoff]",
        )
        return Ladder(())
    rungs: list[str] = []
    then: str | None = None
    ended = False
    for item in value.items():
        if ended:
            item.tell("после конца лестницы ничего не бывает", "Поставьте handoff или {next: …} последним")
        elif item.is_section:
            section = item.section("{next: шаг}")
            following = section.value("next") if section is not None else None
            if section is None or following is None:
                item.tell("на лестнице стоит непонятная ступень", "Бывают: реплика, handoff, {next: шаг}")
                continue
            section.only(LADDER_END)
            then, ended = target(following), True
        elif item.of(str) == HANDOFF:
            ended = True
        else:
            rungs.append(response_id(item, domain))
    if value.is_list and not ended:
        value.tell(f"лестница {key} никуда не ведёт", "Последняя ступень — handoff (оператор) или {next: шаг}")
    return Ladder(tuple(rungs), then)


def _question(source: QuestionSource, question_id: str, domain: Domain) -> Question:
    slot = source.slot
    listen = source.section("listen")
    if listen is not None:
        listen.only(LISTEN)
    digits = slot.kind is SlotKind.NUMBER_STRING
    lengths, prefixes, check = _number_rule(source, domain) if digits else ((), (), Check.NONE)
    phrases = _phrases(slot, check)
    return Question(
        question_id,
        {SlotKind.CHOICE: AnswerKind.CHOICE, SlotKind.YES_NO: AnswerKind.YES_NO}.get(slot.kind, AnswerKind.DIGITS),
        tuple(phrases),
        _limits(listen, digits),
        _keys(source, slot, lengths, prefixes),
        meanings=tuple(phrases.values()),
        digit_lengths=lengths,
        digit_prefixes=prefixes,
        digit_check=check.value,
        barge_in=listen.get("barge_in", bool, True) if listen is not None else True,
        sensitive=slot.sensitive,
        digressions=listen.get("digressions", bool, True) if listen is not None else True,
    )


def _phrases(slot: Slot, check: Check) -> dict[str, str]:
    """Return the phrase list with the meaning of each phrase; commands come last and give way to answers."""
    answers: dict[str, str] = {phrase: option.value for option in slot.options for phrase in option.phrases}
    if slot.kind is SlotKind.YES_NO:
        answers |= {phrase: "yes" if yes_no.parse(phrase) else "no" for phrase in yes_no.phrases()}
        answers |= dict.fromkeys(slot.yes, "yes") | dict.fromkeys(slot.no, "no")
    if slot.kind is SlotKind.NUMBER_STRING:
        answers |= dict.fromkeys(phrases_of(check), "")
    spoken = SPOKEN_BRIEFLY if slot.kind is SlotKind.NUMBER_STRING else SPOKEN
    commands = {phrase: command.value for command, phrases in spoken.items() for phrase in phrases}
    return answers | {phrase: meaning for phrase, meaning in commands.items() if phrase not in answers}


def _limits(listen: Section | None, digits: bool) -> ListenLimits:
    usual = ListenLimits(7.0, 0.2, 2.5, 40.0) if digits else ListenLimits()
    if listen is None:
        return usual
    return ListenLimits(
        listen.get("start_seconds", float, usual.start_seconds),
        listen.get("complete_seconds", float, usual.complete_seconds),
        listen.get("incomplete_seconds", float, usual.incomplete_seconds),
        listen.get("max_seconds", float, usual.max_seconds),
    )


def _keys(source: QuestionSource, slot: Slot, lengths: tuple[int, ...], prefixes: tuple[str, ...]) -> KeyEntry:
    section = source.section("keys")
    if section is not None:
        section.only(ENTRY)
    digits = slot.kind is SlotKind.NUMBER_STRING
    longest = max((len(option.key) for option in slot.options if option.key), default=1)
    if digits:
        usual = KeyEntry(max(lengths, default=1), "#", 4.0)
    else:
        usual = KeyEntry() if longest == 1 else KeyEntry(longest, "#")
    # a first 0 asks for the operator only where no answer begins with it
    zero_is_free = not digits or (bool(prefixes) and not any(prefix.startswith("0") for prefix in prefixes))
    lone = "0*" if zero_is_free else "*"
    if section is None:
        return KeyEntry(usual.max_keys, usual.end_key, usual.inter_key_seconds, lone_keys=lone)
    return KeyEntry(
        section.get("max", int, usual.max_keys),
        section.maybe("end") or usual.end_key,
        section.get("inter_key_seconds", float, usual.inter_key_seconds),
        lone_keys=lone,
    )


def _number_rule(source: QuestionSource, domain: Domain) -> tuple[tuple[int, ...], tuple[str, ...], Check]:
    section = domain.slot_sections[source.slot.name]
    lengths = tuple(
        length for length in _from_facts(section, "length", domain) if isinstance(length, int) and 1 < length <= 24
    )
    if not lengths:
        section.tell("неизвестна длина номера (length)", "Укажите length: [16] — сколько цифр, от 2 до 24")
    prefixes = tuple(str(prefix) for prefix in _from_facts(section, "prefixes", domain))
    written = section.maybe("check") or Check.NONE.value
    if written not in [check.value for check in Check]:
        place = section.value("check")
        if place is not None:
            place.tell(f"неизвестное правило «{written}»", meant(written, [check.value for check in Check]))
        written = Check.NONE.value
    return lengths, prefixes, Check(written)


def _from_facts(section: Section, key: str, domain: Domain) -> tuple[Plain, ...]:
    """Read a list, or `settings.name` that stands for one."""
    value = section.value(key)
    if value is None:
        return ()
    if value.is_list:
        return tuple(item.scalar() for item in value.items())
    written = value.scalar()
    if isinstance(written, str) and written.startswith("settings."):
        name = written.removeprefix("settings.")
        if name not in domain.facts:
            value.tell(f"нет настройки «{name}»", meant(name, domain.facts))
            return ()
        fact = domain.facts[name]
        return fact if isinstance(fact, tuple) else (fact,)
    return (written,)
