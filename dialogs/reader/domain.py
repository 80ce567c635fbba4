"""Slots, actions, queues and responses: what flows refer to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dialogs.engine.bundle import (
    ENGINE_SLOTS,
    ActionContract,
    Field,
    Response,
    Slot,
    SlotKind,
    SlotOption,
    Variant,
)
from dialogs.engine.vocabulary import Value as Plain
from dialogs.grammar.checks import Check
from dialogs.reader.domain_keys import ACTION, FIELD, OPTION, QUEUE, SLOT, SLOT_KINDS, VARIANT
from dialogs.reader.expressions import Names
from dialogs.reader.keys import QUESTION
from dialogs.reader.problems import Place, meant
from dialogs.reader.source import Section, Value
from dialogs.reader.tables import SourceTable, listed_options
from dialogs.reader.texts import read_template

ASKABLE = (SlotKind.CHOICE, SlotKind.YES_NO, SlotKind.NUMBER_STRING)
KEYS = re.compile("[1-9]{1,12}")
"""What may be pressed for an option: one key, or the keys that bear a word's letters."""
DATE_GROUPS = (2, 2, 4)
MAX_GROUP_DIGITS = 5
CHANGE_LIMIT_SECONDS = 6.0
"""A changing action is written down before it is sent; when time is too short for that, it is not begun at all."""


@dataclass
class Domain:
    """What has been read so far."""

    facts: Mapping[str, Plain]
    tables: Mapping[str, SourceTable] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)
    slot_sections: dict[str, Section] = field(default_factory=dict)
    responses: dict[str, Response] = field(default_factory=dict)
    response_places: dict[str, Place] = field(default_factory=dict)
    actions: dict[str, ActionContract] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    default_queue: str = ""

    def names(self, result: Mapping[str, Field] | None = None) -> Names:
        """Return what may be named in expressions and texts."""
        slots = {name: Field(slot.kind, tuple(o.value for o in slot.options)) for name, slot in self.slots.items()}
        settings = {name: Field(_kind_of(value)) for name, value in self.facts.items()}
        names: dict[str, Mapping[str, Field]] = {"slots": slots, "settings": settings}
        if result is not None:
            names["result"] = {**result, "error": Field(SlotKind.TEXT, optional=True)}
        return names

    def text_names(self) -> Names:
        """Return what may be named in a response."""
        return {**self.names(), "answer": {"value": Field(SlotKind.TEXT), "groups": Field(SlotKind.TEXT)}}


def _kind_of(value: Plain) -> SlotKind:
    match value:
        case bool():
            return SlotKind.FLAG
        case int() | float():
            return SlotKind.NUMBER
        case tuple():
            return SlotKind.LIST
        case _:
            return SlotKind.TEXT


def engine_slots() -> dict[str, Slot]:
    """Return the slots that are always there."""
    return {name: Slot(name, SlotKind.TEXT) for name in ENGINE_SLOTS}


def read_slots(section: Section, domain: Domain) -> None:
    """Read `slots:`."""
    for name, key, value in section.entries():
        if name in domain.slots:
            key.tell(f"слот «{name}» уже есть", "Дайте другое имя: это занято системой или другим файлом")
            continue
        if not name.isidentifier():
            key.tell(f"имя слота «{name}» не годится", "Латинские буквы, цифры и подчёркивания, например card_number")
            continue
        slot = value.section("type: choice и другие свойства слота")
        if slot is not None:
            domain.slots[name] = _slot(name, slot, domain)
            domain.slot_sections[name] = slot


def _kind(section: Section, kinds: tuple[SlotKind, ...] | Mapping[SlotKind, object]) -> SlotKind:
    written = section.maybe("type")
    if written in [kind.value for kind in kinds]:
        return SlotKind(written)
    if "type" not in section:
        section.tell("не указан тип (type)", meant("", [kind.value for kind in kinds]))
    elif written is not None:
        place = section.value("type")
        if place is not None:
            place.tell(f"неизвестный тип «{written}»", meant(written, [kind.value for kind in kinds]))
    return SlotKind.TEXT


def _slot(name: str, section: Section, domain: Domain) -> Slot:
    kind = _kind(section, SLOT_KINDS)
    section.only((*SLOT, *SLOT_KINDS[kind]))
    asked = section.section("collect")
    if asked is not None:
        asked.only(QUESTION)
    options: tuple[SlotOption, ...] = ()
    if kind is SlotKind.CHOICE:
        options = _choice_options(name, section, domain)
    initial = section.value("initial_value")
    return Slot(
        name,
        kind,
        section.get("sensitive", bool, False),
        initial.scalar() if initial is not None else None,
        options,
        section.texts("yes") if kind is SlotKind.YES_NO else (),
        section.texts("no") if kind is SlotKind.YES_NO else (),
        _groups(section) if kind is SlotKind.NUMBER_STRING else (),
    )


def _groups(section: Section) -> tuple[int, ...]:
    """Read in which groups a number is told when the caller has not grouped it."""
    value = section.value("groups")
    if value is None:
        return DATE_GROUPS if section.maybe("check") == Check.BIRTH_DATE else ()
    groups: list[int] = []
    for item in value.items():
        length = item.of(int)
        if length is not None and not 1 <= length <= MAX_GROUP_DIGITS:
            item.tell(f"группа из {length} цифр не годится", f"В группе от одной до {MAX_GROUP_DIGITS} цифр")
        elif length is not None:
            groups.append(length)
    return tuple(groups)


def _choice_options(name: str, section: Section, domain: Domain) -> tuple[SlotOption, ...]:
    if "options" in section and "options_from" in section:
        section.tell(f"у выбора «{name}» и options, и options_from", "Оставьте одно: список здесь или в таблице")
        return ()
    if "options_from" in section:
        source = section.section("options_from")
        return _options_of_table(source, domain) if source is not None else ()
    if "options" not in section:
        section.tell(f"у выбора «{name}» нет вариантов", "Добавьте options: с вариантами, их клавишами и фразами")
    listed = section.section("options")
    return _options(listed) if listed is not None else ()


def _options_of_table(section: Section, domain: Domain) -> tuple[SlotOption, ...]:
    options: list[SlotOption] = []
    taken: dict[str, str] = {}
    for each in listed_options(section, domain.tables):
        pressed = each.key.of(str) if each.key is not None else None
        phrases = tuple(text for text, _ in each.phrases)
        _told_apart(each.place, each.value, pressed, phrases, taken)
        options.append(SlotOption(each.value, phrases, pressed))
    return tuple(options)


def _told_apart(place: Value, name: str, pressed: str | None, phrases: tuple[str, ...], taken: dict[str, str]) -> None:
    """Tell of a key or a phrase that another option has already."""
    if pressed is not None and not KEYS.fullmatch(pressed):
        place.tell(f"клавиша «{pressed}» не годится", "Клавиша варианта — цифра от 1 до 9 (или несколько) в кавычках")
    for mark in (pressed, *phrases):
        if mark is not None and taken.setdefault(mark, name) != name:
            place.tell(f"«{mark}» значит и «{taken[mark]}», и «{name}»", "Оставьте это у одного из вариантов")


def _options(section: Section) -> tuple[SlotOption, ...]:
    options: list[SlotOption] = []
    taken: dict[str, str] = {}
    for name, key, value in section.entries():
        option = value.section("key: клавиша, phrases: список фраз")
        if option is None:
            continue
        option.only(OPTION)
        phrases = option.texts("phrases")
        if not phrases and "phrases" not in option:
            key.tell(f"у варианта «{name}» нет фраз", "Добавьте phrases: как это говорят")
        pressed = option.maybe("key")
        _told_apart(key, name, pressed, phrases, taken)
        options.append(SlotOption(name, phrases, pressed))
    return tuple(options)


def read_actions(section: Section, domain: Domain) -> None:
    """Read `actions:`."""
    for name, key, value in section.entries():
        if name in domain.actions:
            key.tell(f"действие «{name}» уже есть в другом файле", "Оставьте одно из двух")
            continue
        action = value.section("arguments, result и limit_seconds")
        if action is None:
            continue
        action.only(ACTION)
        arguments = action.section("arguments")
        kinds: dict[str, SlotKind] = {}
        for argument, _, kind in arguments.entries() if arguments is not None else ():
            written = kind.of(str)
            if written is not None and written not in [each.value for each in SlotKind]:
                kind.tell(f"неизвестный тип «{written}»", meant(written, [each.value for each in SlotKind]))
            elif written is not None:
                kinds[argument] = SlotKind(written)
        limit = action.get("limit_seconds", float, 5.0)
        if not 0 < limit <= 30:
            action.tell("предел ожидания (limit_seconds) не годится", "От 0 до 30 секунд: дольше не ждут на линии")
        changes = action.get("changes", bool, False)
        if changes and limit < CHANGE_LIMIT_SECONDS:
            action.tell(
                f"на изменение (changes) мало {limit:g} секунд",
                f"limit_seconds не меньше {CHANGE_LIMIT_SECONDS:g}: его надо записать и попробовать выполнить",
            )
        result = action.section("result")
        fields = _fields(result) if result is not None else {}
        domain.actions[name] = ActionContract(name, kinds, fields, limit, changes)


def _fields(section: Section) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for name, _, value in section.entries():
        described = value.section("type: text")
        if described is None:
            continue
        described.only(FIELD)
        items = described.section("items")
        fields[name] = Field(
            _kind(described, tuple(SlotKind)),
            described.texts("values"),
            described.get("optional", bool, False),
            _fields(items) if items is not None else None,
        )
    return fields


def read_queues(section: Section, domain: Domain) -> None:
    """Read `queues:`; the first one is where callers without a topic go."""
    for name, key, value in section.entries():
        if name in domain.queues:
            key.tell(f"очередь «{name}» уже есть в другом файле", "Оставьте одну из двух")
        queue = value.section("name: название очереди")
        if queue is not None:
            queue.only(QUEUE)
            domain.queues[name] = queue.maybe("name") or name
            domain.default_queue = domain.default_queue or name


def read_responses(section: Section, domain: Domain) -> None:
    """Read `responses:` (Rasa's format, `recorded` beside `text`)."""
    names = domain.text_names()
    for response_id, key, value in section.entries():
        if response_id in domain.responses:
            key.tell(f"реплика «{response_id}» уже есть в другом файле", "Оставьте одну из двух")
            continue
        variants = [found for item in value.items() if (found := _variant(item, names, domain)) is not None]
        if value.is_list and not value.node.value:
            value.tell(f"у реплики «{response_id}» нет ни одного текста", "Добавьте: - text: …")
        domain.response_places[response_id] = key.place
        domain.responses[response_id] = Response(response_id, tuple(variants))


def _variant(value: Value, names: Names, domain: Domain) -> Variant | None:
    section = value.section("- text: что сказать")
    if section is None:
        return None
    section.only(VARIANT)
    text = section.value("text")
    if text is None:
        section.tell("у реплики нет текста (text)", "Добавьте text: … — он нужен и там, где есть запись")
        return None
    template = read_template(text, names, domain.slots, domain.facts)
    return Variant(template, section.maybe("recorded")) if template is not None else None
