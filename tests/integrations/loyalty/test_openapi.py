"""The description in `openapi.yml` is valid, and what the sandbox really answers fits it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from integrations.loyalty.sandbox.people import sample_people
from tests.integrations.loyalty.sandbox_under_test import (
    Answer,
    SandboxUnderTest,
    never_ending_body,
    sandbox_under_test,
)

BY_PHONE, BY_CARD, SWITCHES = "/v1/customers/by-phone", "/v1/customers/by-card", "/sandbox/switches"
BY_ID, PREVIEW, OPERATIONS = "/v1/customers/by-id", "/v1/merges/preview", "/v1/operations"
ASKED_PATHS = (BY_PHONE, BY_CARD, BY_ID, PREVIEW, OPERATIONS)
KEY = "0b9f7c1e-6d5a-4f35-9a44-3a1a9d6c2f10"
ANNA = "+79160000001"
OLEGS_CARDS = [card.number for person in sample_people().people if person.id == "c-0033" for card in person.cards]


class Description:
    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        resource = DRAFT202012.create_resource(spec)
        self._registry: Registry[Any] = Registry().with_resource("urn:spec", resource)

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in node:
            return node
        found = self.spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return found

    def check(self, schema: dict[str, Any], value: object) -> None:
        within_spec = {"$id": "urn:spec", "components": self.spec["components"], **schema}
        validator = OAS31Validator(within_spec, registry=self._registry, format_checker=OAS31Validator.FORMAT_CHECKER)
        validator.validate(value)

    def check_answer(self, method: str, path: str, answer: Answer) -> None:
        described = self.spec["paths"][path][method.lower()]["responses"]
        assert str(answer.status) in described, f"{method} {path} answers {answer.status}, which is not described"
        content = self.resolve(described[str(answer.status)]).get("content")
        if content is None:
            assert answer.body == ""
        else:
            assert answer.headers["Content-Type"].split(";")[0] == "application/json"
            self.check(content["application/json"]["schema"], answer.body)


@pytest.fixture
async def description(sandbox: SandboxUnderTest) -> Description:
    return Description((await sandbox.ask("GET", "/openapi.json")).body)


async def test_the_description_is_valid_openapi(description: Description) -> None:
    validate(description.spec)
    assert description.spec["openapi"].startswith("3.1")


async def test_every_described_operation_is_there(sandbox: SandboxUnderTest, description: Description) -> None:
    for path, operations in description.spec["paths"].items():
        for method in operations:
            status = (await sandbox.ask(method.upper(), path, raw=b"{}")).status
            assert status not in (404, 405), (method, path)


async def test_every_sample_person_is_told_as_described(sandbox: SandboxUnderTest, description: Description) -> None:
    for person in sample_people().people:
        for phone in person.phones:
            answer = await sandbox.ask("POST", BY_PHONE, {"phone": phone})
            assert answer.status == 200
            description.check_answer("POST", BY_PHONE, answer)


async def test_answers_of_every_status_are_as_described(
    sandbox: SandboxUnderTest, description: Description, tmp_path: Path
) -> None:
    card = {"card_number": "7789001245700364", "birth_date": "1985-03-14"}
    merge = {
        "kind": "merge",
        "customer_id": "c-0033",
        "kept_card": OLEGS_CARDS[0],
        "merged_card": OLEGS_CARDS[1],
    }
    block = {"kind": "card_block", **card}
    asked: list[tuple[str, str, int, dict[str, Any]]] = [
        ("POST", BY_PHONE, 404, {"json": {"phone": "+79165550000"}}),
        ("POST", BY_CARD, 200, {"json": card}),
        ("POST", BY_CARD, 404, {"json": card | {"birth_date": "1985-03-15"}}),
        ("POST", BY_ID, 200, {"json": {"customer_id": "c-0036"}}),
        ("POST", BY_ID, 404, {"json": {"customer_id": "c-0000"}}),
        ("POST", PREVIEW, 200, {"json": merge}),
        ("POST", PREVIEW, 200, {"json": merge | {"customer_id": "c-0001"}}),
        ("POST", OPERATIONS, 200, {"json": merge, "Idempotency_Key": KEY}),
        ("POST", OPERATIONS, 200, {"json": {"kind": "merge_undo", "merge_key": KEY}, "Idempotency_Key": KEY[::-1]}),
        ("POST", OPERATIONS, 200, {"json": block, "Idempotency_Key": f"{KEY}-2"}),
        ("POST", OPERATIONS, 200, {"json": block, "Idempotency_Key": f"{KEY}-3"}),
        ("POST", OPERATIONS, 422, {"json": block, "Idempotency_Key": KEY}),
        ("POST", OPERATIONS, 400, {"json": block}),
        ("POST", OPERATIONS, 400, {"json": block, "Idempotency_Key": "short"}),
        ("GET", "/healthz", 200, {}),
        ("GET", "/openapi.json", 200, {}),
        ("GET", "/openapi.json", 401, {"Authorization": ""}),
        ("GET", SWITCHES, 401, {"Authorization": ""}),
        ("POST", "/sandbox/reset", 401, {"Authorization": ""}),
        ("PUT", SWITCHES, 200, {"json": {"switches": [{"mode": "down", "only_phone": ANNA, "times": 9}]}}),
        ("POST", BY_PHONE, 503, {"json": {"phone": ANNA}}),
        ("PUT", SWITCHES, 200, {"json": {"switches": [{"mode": "error", "only_phone": ANNA, "times": 9}]}}),
        ("POST", BY_PHONE, 500, {"json": {"phone": ANNA}}),
        ("PUT", SWITCHES, 200, {"json": {"switches": [{"mode": "lost", "only_phone": ANNA, "times": 9}]}}),
        ("PUT", SWITCHES, 200, {"json": {"switches": [{"mode": "slow", "seconds": 0.5, "only_card": "77890000"}]}}),
        ("PUT", SWITCHES, 200, {"json": {"switches": [{"mode": "wrong", "answer": "oversize"}]}}),
        ("GET", SWITCHES, 200, {}),
        ("POST", "/sandbox/reset", 204, {}),
    ]
    keyed = {"Idempotency_Key": KEY}
    for method, path in [("PUT", SWITCHES), *(("POST", path) for path in ASKED_PATHS)]:
        asked += [
            (method, path, 400, {"json": {}, **keyed}),
            (method, path, 401, {"json": {}, "Authorization": "Bearer another"}),
            (method, path, 413, {"raw": b" " * 100_000, **keyed}),
            (method, path, 415, {"raw": b"{}", "Content_Type": "text/plain", **keyed}),
        ]
    for method, path, status, request in asked:
        answer = await sandbox.ask(method, path, **request)
        assert answer.status == status, (method, path, answer.body)
        description.check_answer(method, path, answer)
    with sqlite3.connect(tmp_path / "sandbox.db") as database:
        database.execute("DROP TABLE loyalty_sandbox_phones")
    database.close()
    tie = {"kind": "phone_tie", "customer_id": "c-0001", "phone": "+79160000999"}
    for path, body in [(BY_PHONE, {"phone": ANNA}), (BY_CARD, card), (OPERATIONS, tie), ("/sandbox/reset", None)]:
        answer = await sandbox.ask("POST", path, body, Idempotency_Key=f"{KEY}-4")
        assert answer.status == 503
        description.check_answer("POST", path, answer)


async def test_rare_refusals_are_as_described_too(description: Description, database_url: str) -> None:
    async with sandbox_under_test(database_url, body_limit_seconds=0.2) as sandbox:
        for path in ASKED_PATHS:
            answer = await sandbox.ask("POST", path, raw=never_ending_body(), Idempotency_Key=KEY)
            assert answer.status == 408
            description.check_answer("POST", path, answer)
        for block in range(6):
            switches = [{"mode": "down", "only_card": f"{block:04}{number:04}"} for number in range(100)]
            answer = await sandbox.ask("PUT", SWITCHES, {"switches": switches})
        assert answer.status == 409
        description.check_answer("PUT", SWITCHES, answer)


async def test_the_examples_fit_their_schemas(description: Description) -> None:
    bodies = [
        operation["requestBody"]
        for operations in description.spec["paths"].values()
        for operation in operations.values()
        if "requestBody" in operation
    ]
    bodies += [body for body in description.spec["components"]["responses"].values() if "example" in str(body)]
    assert len(bodies) == 8
    for body in bodies:
        content = body["content"]["application/json"]
        description.check(content["schema"], content["example"])


async def test_the_description_is_tight_enough_to_notice_a_wrong_answer(
    sandbox: SandboxUnderTest, description: Description
) -> None:
    await sandbox.switch(mode="wrong", answer="wrong_shape")
    answer = await sandbox.ask("POST", BY_PHONE, {"phone": ANNA})
    with pytest.raises(ValidationError):
        description.check_answer("POST", BY_PHONE, answer)
