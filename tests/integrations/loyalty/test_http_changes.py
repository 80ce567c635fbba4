"""Changes over HTTP: sent once, under their key, bounded, masked; and what the sandbox remembers of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
from structlog.testing import capture_logs

from integrations.loyalty.change_json import ChangeGarbage, change_from_json, change_to_json, summary_of
from integrations.loyalty.http_client import HttpLoyaltySystem
from integrations.loyalty.port import (
    CardBlock,
    Change,
    Done,
    LoyaltyError,
    LoyaltyGarbage,
    LoyaltyTimeout,
    LoyaltyUnavailable,
    MergeUndo,
    PhoneBlock,
    Refusal,
    Refused,
)
from tests.integrations.loyalty.operation_examples import (
    ANNAS_BIRTHDAY,
    ANNAS_CARD,
    ANNAS_PHONE,
    DMITRYS_MERGE,
    NEWCOMER,
    TIE_TO_PAVEL,
    key,
)
from tests.integrations.loyalty.sandbox_under_test import PATIENT, TOKEN, SandboxUnderTest, sandbox_under_test
from tests.integrations.loyalty.scripted_server import CLOSE, STALL, http_answer, scripted_server

EVERY_KIND: list[Change] = [
    NEWCOMER,
    DMITRYS_MERGE,
    MergeUndo("0b9f7c1e-6d5a-4f35-9a44-3a1a9d6c2f10"),
    CardBlock(ANNAS_CARD, ANNAS_BIRTHDAY),
    CardBlock(ANNAS_CARD),
    PhoneBlock(ANNAS_PHONE),
    TIE_TO_PAVEL,
]
STRANGERS = (
    b'{"outcome": "done", "customer_id": "c-9999", "undo_until": null, "cards": [{"number": "7789999999999992", '
    b'"state": "active", "points": 1, "points_pending": 0, "points_expiring": 0, "expires_on": null}]}'
)

MakeClient = Callable[..., HttpLoyaltySystem]


@pytest.fixture
async def make_client() -> AsyncIterator[MakeClient]:
    """Build clients of a base address, closed after the test; keywords change settings."""
    made: list[HttpLoyaltySystem] = []

    def make(url: str, **changes: object) -> HttpLoyaltySystem:
        made.append(HttpLoyaltySystem(url, TOKEN, PATIENT.model_copy(update=changes)))
        return made[-1]

    yield make
    for client in made:
        await client.close()


@pytest.mark.parametrize("change", EVERY_KIND)
async def test_a_change_travels_with_its_key_and_personal_data_in_the_body_only(
    make_client: MakeClient, change: Change
) -> None:
    one = key()
    async with scripted_server(http_answer("200 OK", b'{"outcome": "refused", "reason": "no_cards"}')) as server:
        assert await make_client(server.url).carry_out(one, change) == Refused(Refusal.NO_CARDS)
    head, body = server.requests[0].split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /v1/operations HTTP/1.1")
    assert f"Idempotency-Key: {one}".encode() in head
    assert b"7789" not in head
    assert change_from_json(body) == change


@pytest.mark.parametrize("mode", ["down", "reset", "error", "lost", "wrong", "hang"])
async def test_a_change_is_sent_once_and_not_again_by_itself(
    sandbox: SandboxUnderTest, make_client: MakeClient, mode: str
) -> None:
    await sandbox.switch(mode=mode, only_card=ANNAS_CARD)
    client = make_client(sandbox.url, change_limit_seconds=0.3 if mode == "hang" else 20.0, read_retries=5)
    with pytest.raises(LoyaltyError):
        await client.carry_out(key(), CardBlock(ANNAS_CARD))
    assert await sandbox.used() == [1]


@pytest.mark.parametrize("switched", [{"only_card": DMITRYS_MERGE.kept_card}, {"only_card": DMITRYS_MERGE.merged_card}])
async def test_a_merge_feels_the_switches_of_both_cards(
    sandbox: SandboxUnderTest, make_client: MakeClient, switched: dict[str, str]
) -> None:
    await sandbox.switch(mode="down", **switched)
    with pytest.raises(LoyaltyUnavailable):
        await make_client(sandbox.url).carry_out(key(), DMITRYS_MERGE)


async def test_a_slow_change_within_its_own_limit_is_taken(sandbox: SandboxUnderTest, make_client: MakeClient) -> None:
    await sandbox.switch(mode="slow", seconds=0.5)
    client = make_client(sandbox.url, limit_seconds=0.1)
    assert isinstance(await client.carry_out(key(), CardBlock(ANNAS_CARD)), Done)


async def test_whoever_gives_up_during_a_change_finds_it_whole_or_not_at_all(
    sandbox: SandboxUnderTest, make_client: MakeClient
) -> None:
    """Clients leave at every moment; in the end the one key has been carried out once."""
    one, client = key(), make_client(sandbox.url)
    for milliseconds in range(0, 40, 2):
        attempt = asyncio.create_task(client.carry_out(one, DMITRYS_MERGE))
        await asyncio.sleep(milliseconds / 1000)
        attempt.cancel()
        await asyncio.wait({attempt})
    outcome = await client.carry_out(one, DMITRYS_MERGE)
    assert isinstance(outcome, Done)
    assert [card.points for card in outcome.cards] == [425, 0]


@pytest.mark.parametrize("change", [NEWCOMER, DMITRYS_MERGE, CardBlock(ANNAS_CARD), TIE_TO_PAVEL])
async def test_an_answer_about_somebody_else_is_garbage(make_client: MakeClient, change: Change) -> None:
    async with scripted_server(http_answer("200 OK", STRANGERS)) as server:
        with pytest.raises(LoyaltyGarbage, match="somebody else"):
            await make_client(server.url).carry_out(key(), change)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (CLOSE, LoyaltyUnavailable),
        (http_answer("200 OK", b"{"), LoyaltyGarbage),
        (http_answer("200 OK", b'{"outcome": "perhaps"}'), LoyaltyGarbage),
        (http_answer("200 OK", b'{"outcome": "refused", "reason": "a whim"}'), LoyaltyGarbage),
        (http_answer("200 OK", b" " * 100_000), LoyaltyGarbage),
        (http_answer("404 Not Found", b'{"error": {"code": "no_such_path", "message": ""}}'), LoyaltyGarbage),
        (http_answer("400 Bad Request", b"{}"), LoyaltyGarbage),
        (http_answer("422 Unprocessable Entity", b'{"error": {"code": "else", "message": ""}}'), LoyaltyGarbage),
        (http_answer("429 Too Many Requests"), LoyaltyUnavailable),
        (http_answer("502 Bad Gateway", b"<html>"), LoyaltyUnavailable),
        (http_answer("200 OK", b"{", content_length=50) + STALL, LoyaltyTimeout),
    ],
)
async def test_every_bad_answer_to_a_change_is_an_error_of_the_port_and_masked(
    make_client: MakeClient, answer: bytes, error: type[LoyaltyError]
) -> None:
    async with scripted_server(answer) as server:
        with capture_logs() as logs, pytest.raises(error) as caught:
            limit_seconds = 0.5 if answer.endswith(STALL) else 20.0
            await make_client(server.url, change_limit_seconds=limit_seconds).carry_out(key(), NEWCOMER)
    assert type(caught.value) is error
    assert server.connections == 1
    told = json.dumps(logs, default=str, ensure_ascii=False) + str(caught.value)
    for secret in (NEWCOMER.card_number, NEWCOMER.phone, "Новосёлов", "1990-04-01"):
        assert secret not in told
    assert logs[-1]["call"] == "activation"


@pytest.mark.parametrize("bad_key", ["", "short", "x" * 65, "a b c d e f g h i j", "ключ-ключ-ключ-ключ"])
async def test_what_is_no_operation_key_is_not_sent(make_client: MakeClient, bad_key: str) -> None:
    with pytest.raises(ValueError, match="operation key"):
        await make_client("http://127.0.0.1:9").carry_out(bad_key, NEWCOMER)


async def test_keys_outlive_a_restart_of_the_sandbox(database_url: str, make_client: MakeClient) -> None:
    one = key()
    async with sandbox_under_test(database_url) as sandbox:
        first = await make_client(sandbox.url).carry_out(one, CardBlock(ANNAS_CARD))
    async with sandbox_under_test(database_url) as sandbox:
        client = make_client(sandbox.url)
        assert await client.carry_out(one, CardBlock(ANNAS_CARD)) == first
        assert await client.carry_out(key(), CardBlock(ANNAS_CARD)) == Refused(Refusal.ALREADY_BLOCKED)


async def test_a_reset_forgets_keys_and_merges(sandbox: SandboxUnderTest, make_client: MakeClient) -> None:
    one, client = key(), make_client(sandbox.url)
    await client.carry_out(one, DMITRYS_MERGE)
    await sandbox.ask("POST", "/sandbox/reset")
    assert await client.carry_out(key(), MergeUndo(one)) == Refused(Refusal.UNKNOWN_MERGE)
    assert isinstance(await client.carry_out(one, DMITRYS_MERGE), Done)


@pytest.mark.parametrize("change", EVERY_KIND)
def test_a_change_survives_json_and_tells_nothing_personal_of_itself(change: Change) -> None:
    assert change_from_json(change_to_json(change)) == change
    for shown in (repr(change), summary_of(change)):
        for secret in (ANNAS_CARD, ANNAS_PHONE, "Новосёлов", "1985", "1990", NEWCOMER.phone, DMITRYS_MERGE.kept_card):
            assert secret not in shown


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"kind": "gift"}', b'{"kind": "card_block", "card_number": 7789001245700364}']
)
def test_what_is_no_change_is_told_without_its_values(body: bytes) -> None:
    with pytest.raises(ChangeGarbage) as caught:
        change_from_json(body)
    assert "7789" not in str(caught.value)
