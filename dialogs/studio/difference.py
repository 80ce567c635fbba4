"""What changed between two dialogues, told by meaning: flows, steps, texts, slots, phrases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

import yaml

from dialogs.reader.keys import STEP_KINDS


class Kind(StrEnum):
    """What became of a thing."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Detail:
    """One difference within a thing."""

    where: str  # e.g. "collect: card → no_match"; empty: the thing itself
    old: str | None  # None: it was not there
    new: str | None  # None: it is there no more


@dataclass(frozen=True, slots=True)
class Change:
    """A flow, response, slot, action, queue, intent or other file that changed."""

    section: str  # "flows", "responses", …; "files" for what has no meaning of its own
    name: str
    kind: Kind
    details: tuple[Detail, ...] = ()


class NotYaml(Exception):
    """A file cannot be read as YAML: only the raw difference can be told."""


SECTIONS = ("flows", "responses", "slots", "tables", "actions", "queues", "nlu", "files")
"""In the order in which they are told."""
_MERGED = ("flows", "domain", "data")
"""Folders whose files are one whole, however they are split."""

Plain = Any  # what YAML is made of
Things = dict[tuple[str, str], Plain]  # (section, name) -> content


def difference(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> tuple[Change, ...]:
    """Compare the files of two dialogues.

    Raises:
        NotYaml
    """
    before, after = _things(old), _things(new)
    changes = []
    for key in {**before, **after}:
        section, name = key
        if key not in before:
            changes.append(Change(section, name, Kind.ADDED, tuple(_whole(after[key], added=True))))
        elif key not in after:
            changes.append(Change(section, name, Kind.REMOVED, tuple(_whole(before[key], added=False))))
        elif before[key] != after[key]:
            changes.append(Change(section, name, Kind.CHANGED, tuple(_compare("", before[key], after[key]))))
    return tuple(sorted(changes, key=lambda change: (_order(change.section), change.name)))


def raw_difference(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the lines of a unified diff, without their ends."""
    for file in sorted({*old, *new}):
        if old.get(file) != new.get(file):
            before, after = (side.get(file, b"").decode(errors="replace").splitlines() for side in (old, new))
            yield from unified_diff(before, after, f"a/{file}", f"b/{file}", lineterm="")


def _order(section: str) -> tuple[int, str]:
    return SECTIONS.index(section) if section in SECTIONS else len(SECTIONS), section


def _things(files: Mapping[str, bytes]) -> Things:
    things: Things = {}
    for file, content in files.items():
        if PurePosixPath(file).parts[0] not in _MERGED:
            things["files", file] = content.decode(errors="replace")
            continue
        try:
            top = yaml.load(content, _Loader)
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
            raise NotYaml(f"{file}: {type(error).__name__}") from None
        for section, entries in top.items() if isinstance(top, dict) else ():
            if section == "table":  # it is named for its file
                things["tables", PurePosixPath(file).stem] = entries
            elif isinstance(entries, dict):
                things.update({(str(section), str(name)): content for name, content in entries.items()})
            elif section == "nlu" and isinstance(entries, list):
                for intent, phrases in _phrases(entries):  # an intent may lie in several files
                    things.setdefault(("nlu", intent), []).extend(phrases)
            elif section != "version":
                things[str(section), file] = entries
    return things


class _Loader(yaml.SafeLoader):
    """Plain texts stay texts: a date in a phrase is what was written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _phrases(items: Sequence[Plain]) -> Iterator[tuple[str, list[str]]]:
    for item in items:
        kind = next(iter(item), "") if isinstance(item, dict) else ""
        if kind:
            examples = str(item.get("examples", "")).splitlines()
            name = str(item[kind]) if kind == "intent" else f"{kind}: {item[kind]}"
            yield name, [line.removeprefix("- ").strip() for line in examples if line.strip()]


def _whole(content: Plain, *, added: bool) -> Iterator[Detail]:
    """Tell of a thing that is new, or gone: its texts, or its steps."""
    if isinstance(content, dict) and isinstance(content.get("steps"), list):
        content = content["steps"]
    if not isinstance(content, list):
        return
    for item in content:
        text = _label(item)
        yield Detail("", None, text) if added else Detail("", text, None)


def _compare(where: str, old: Plain, new: Plain) -> Iterator[Detail]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            if old.get(key) != new.get(key) or (key in old) != (key in new):
                yield from _compare_entry(_join(where, str(key)), old, new, key)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _compare_lists(where, old, new)
    elif isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        yield from _compare_lists(where, old.splitlines(), new.splitlines())
    elif old != new:
        yield Detail(where, _text(old), _text(new))


def _compare_entry(where: str, old: Mapping[Any, Plain], new: Mapping[Any, Plain], key: Plain) -> Iterator[Detail]:
    if key not in old:
        yield Detail(where, None, _text(new[key]))
    elif key not in new:
        yield Detail(where, _text(old[key]), None)
    else:
        yield from _compare(where, old[key], new[key])


def _compare_lists(where: str, old: Sequence[Plain], new: Sequence[Plain]) -> Iterator[Detail]:
    matcher = SequenceMatcher(None, [_text(item) for item in old], [_text(item) for item in new], autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag != "equal":
            yield from _compare_stretch(where, old[old_from:old_to], list(new[new_from:new_to]))


def _compare_stretch(where: str, old: Sequence[Plain], new: list[Plain]) -> Iterator[Detail]:
    """Tell of neighbours that all differ; the same step on both sides is one that changed."""
    for item in old:
        partner = next((number for number, other in enumerate(new) if _alike(item, other)), None)
        if partner is None:
            yield Detail(where, _label(item), None)
            continue
        for other in new[:partner]:
            yield Detail(where, None, _label(other))
        other = new[partner]
        del new[: partner + 1]
        name = _label(other) if isinstance(other, dict) and "text" not in other else ""
        yield from _compare(_join(where, name), item, other)
    for other in new:
        yield Detail(where, None, _label(other))


def _alike(one: Plain, other: Plain) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return ("text" in one and "text" in other) or _name(one) == _name(other)
    return False


def _name(item: Mapping[Any, Plain]) -> str:
    """Name a step: by its id, else by what it does and to what; other mappings by their first entry."""
    kind = next((kind for kind in STEP_KINDS if kind in item), None) or next(iter(item), "")
    about = item.get(kind)
    if "id" in item:
        return f"{item['id']}"
    return f"{kind}: {about}" if isinstance(about, str | int | float) else str(kind)


def _label(item: Plain) -> str:
    if isinstance(item, dict):
        return str(item["text"]) if "text" in item else _name(item)
    return _text(item)


def _text(content: Plain) -> str:
    if isinstance(content, str):
        return content
    return json.dumps(content, ensure_ascii=False, default=str)


def _join(where: str, name: str) -> str:
    return " → ".join(part for part in (where, name) if part and part != "steps")
