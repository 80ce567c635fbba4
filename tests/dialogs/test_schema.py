"""The JSON Schema of a dialogue's files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from dialogs.commands import app
from dialogs.reader.schema import schemas
from dialogs.schema_command import SCHEMA_FOLDER, schema_files
from dialogs.settings import BUNDLED_FOLDER

BASE = Path(__file__).parent / "broken" / "base"
TUTORIAL = Path(__file__).parent / "tutorial"
CASES = yaml.safe_load((BASE.parent / "cases.yml").read_text(encoding="utf-8"))


class Plain(yaml.SafeLoader):
    """Reads keys as they are written: `yes:` and `no:` are names here."""


def _pairs(loader: Plain, node: yaml.MappingNode) -> dict[str, Any]:
    return {str(key.value): loader.construct_object(value, deep=True) for key, value in node.value}


Plain.add_constructor("tag:yaml.org,2002:map", _pairs)


def validator(path: Path) -> Draft202012Validator:
    kind = path.parent.name if path.parent.parent.name == "domain" else path.stem
    kind = {"tables": "table"}.get(kind, kind)
    return Draft202012Validator(schemas()["flows" if path.parent.name == "flows" else kind])


def faults(path: Path, text: str | None = None) -> list[str]:
    whole = yaml.load(path.read_text(encoding="utf-8") if text is None else text, Plain)
    return [error.message for error in validator(path).iter_errors(whole)]


def files(folder: Path) -> Iterator[Path]:
    yield from (folder / "flows").glob("*.yml")
    yield from (folder / "domain").rglob("*.yml")


def test_the_committed_files_are_what_the_code_says() -> None:
    """Mend it by `yulia flows schema`."""
    assert {path.name: path.read_text(encoding="utf-8") for path in SCHEMA_FOLDER.glob("*.json")} == schema_files()


def test_the_command_writes_them(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["schema", "--out", str(tmp_path / "new")])
    assert result.exit_code == 0
    written = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "new").iterdir()}
    assert written == {f"{name}.json": schema for name, schema in schemas().items()}


@pytest.mark.parametrize("name", list(schemas()))
def test_each_is_a_schema_whose_keys_are_explained_in_russian(name: str) -> None:
    schema = schemas()[name]
    Draft202012Validator.check_schema(schema)
    explained = [each["description"] for each in _properties(schema) if "description" in each]
    assert explained
    assert all(any("а" <= letter <= "я" for letter in text.lower()) for text in explained)


def _properties(schema: Any) -> Iterator[dict[str, Any]]:
    match schema:
        case dict():
            yield from schema.get("properties", {}).values() if isinstance(schema.get("properties"), dict) else ()
            for each in schema.values():
                yield from _properties(each)
        case list():
            for each in schema:
                yield from _properties(each)


@pytest.mark.parametrize("path", [*files(BUNDLED_FOLDER), *files(BASE), *files(TUTORIAL)], ids=str)
def test_every_sound_file_is_valid(path: Path) -> None:
    assert faults(path) == []


@pytest.mark.parametrize("folder", [BUNDLED_FOLDER, TUTORIAL], ids=["shipped", "tutorial"])
def test_every_file_tells_an_editor_its_schema(folder: Path) -> None:
    for path in files(folder):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first.startswith("# yaml-language-server: $schema="), path
        named = (path.parent / first.partition("=")[2]).resolve()
        beside = BUNDLED_FOLDER / named.relative_to(folder.resolve())  # the tutorial lies over the shipped dialogue
        assert json.loads(beside.read_text(encoding="utf-8")) == validator(path).schema, path


UNKNOWN_KEYS = [case for case in CASES if case["case"].startswith("unknown key")]


@pytest.mark.parametrize("case", UNKNOWN_KEYS, ids=[case["case"] for case in UNKNOWN_KEYS])
def test_an_unknown_key_is_no_more_valid_than_the_reader_finds_it(case: dict[str, Any]) -> None:
    path = BASE / case["in"]
    whole = path.read_text(encoding="utf-8").replace(case["instead_of"], case["write"], 1)
    assert faults(path, whole) != []


@pytest.mark.parametrize(
    "text",
    [
        "flows: {a: {name: Без шагов}}",
        "flows: {a: {steps: []}}",
        "flows: {a: {steps: [{say: utter_a, collect: b}]}}",
        "flows: {a: {steps: [{handoff: {}, next: END}]}}",
        "flows: {a: {steps: [{noop: true, next: [{if: slots.a}]}]}}",
        "flows: {a: {steps: [{look_up: b}]}}",
        "flows: {a: {steps: [{collect: b, listen: {start_seconds: долго}}]}}",
        "flow: {}",
        "- a",
    ],
)
def test_what_is_no_flow_is_not_valid(text: str) -> None:
    assert faults(BASE / "flows" / "shop.yml", text) != []
