"""The sandbox as a service: what it refuses, how it misbehaves on demand, and what it keeps."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from tests.integrations.loyalty.sandbox_under_test import TODAY, SandboxUnderTest, never_ending_body, sandbox_under_test

BY_PHONE, BY_CARD, SWITCHES = "/v1/customers/by-phone", "/v1/customers/by-card", "/sandbox/switches"
ANNA, DMITRY, EKATERINA = "+79160000001", "+79160000002", "+79160000012"
ANNAS_CARD = "7789001245700364"
SECRET = "5550001112223334"  # stands for a value that must not come back


async def points_of(sandbox: SandboxUnderTest, phone: str) -> int:
    answer = await sandbox.ask("POST", BY_PHONE, {"phone": phone})
    points = answer.body["cards"][0]["points"]
    assert isinstance(points, int)
    return points


async def test_another_birth_date_cannot_be_told_from_an_unknown_card(sandbox: SandboxUnderTest) -> None:
    hers = {"card_number": ANNAS_CARD, "birth_date": "1985-03-14"}
    assert (await sandbox.ask("POST", BY_CARD, hers)).status == 200
    not_hers = await sandbox.ask("POST", BY_CARD, hers | {"birth_date": "1985-03-15"})
    unknown = await sandbox.ask("POST", BY_CARD, hers | {"card_number": "7789001245700372"})
    assert not_hers.status == unknown.status == 404
    assert not_hers.body == unknown.body
    assert set(not_hers.headers) == set(unknown.headers)
    assert not_hers.headers["Content-Length"] == unknown.headers["Content-Length"]


@pytest.mark.parametrize("path", [BY_PHONE, BY_CARD, SWITCHES, "/sandbox/reset", "/openapi.json", "/nowhere"])
@pytest.mark.parametrize("token", ["", "Bearer", "Bearer another-token", "Basic YTpi", "Bearer жетон"])
async def test_nothing_is_told_without_the_token(sandbox: SandboxUnderTest, path: str, token: str) -> None:
    answer = await sandbox.ask("POST", path, {"phone": ANNA}, Authorization=token)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_health_is_told_to_everybody(sandbox: SandboxUnderTest) -> None:
    answer = await sandbox.ask("GET", "/healthz", Authorization="")
    assert (answer.status, answer.body) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("path", "body", "advice"),
    [
        (BY_PHONE, {}, "phone: Field required (expected: E.164, for example +79160000001)"),
        (BY_PHONE, {"phone": SECRET}, "phone: String should match pattern"),
        (BY_PHONE, {"phone": 79160000001}, "phone: Input should be a valid string"),
        (BY_PHONE, {"phone": ANNA, "fone": SECRET}, "fone: Extra inputs are not permitted"),
        (BY_PHONE, [], "body: "),
        (BY_CARD, {"card_number": ANNAS_CARD}, "birth_date: Field required (expected: for example 1985-03-14)"),
        (BY_CARD, {"card_number": ANNAS_CARD, "birth_date": "14.03.1985"}, "must be written YYYY-MM-DD"),
        (BY_CARD, {"card_number": ANNAS_CARD, "birth_date": "479606400"}, "must be written YYYY-MM-DD"),
        (BY_CARD, {"card_number": ANNAS_CARD, "birth_date": 479606400}, "birth_date: "),
        (BY_CARD, {"card_number": ANNAS_CARD, "birth_date": "1985-02-30"}, "birth_date: "),
        (BY_CARD, {"card_number": f"{SECRET} ", "birth_date": "1985-03-14"}, "8 to 19 digits without spaces"),
        (BY_CARD, {"card_number": "٧٧٨٩٠٠١٢٤٥٧٠٠٣٦٤", "birth_date": "1985-03-14"}, "8 to 19 digits"),
    ],
)
async def test_a_bad_body_is_refused_with_advice_and_without_its_values(
    sandbox: SandboxUnderTest, path: str, body: object, advice: str
) -> None:
    answer = await sandbox.ask("POST", path, body)
    assert answer.status == 400
    assert answer.body["error"]["code"] == "bad_request"
    assert advice in answer.body["error"]["message"]
    assert SECRET not in str(answer.body)


@pytest.mark.parametrize("raw", [b"", b"{", b'{"phone": "+7916', b"\xff\xfe", b"null", b"[" * 5000])
async def test_a_body_that_is_no_json_is_refused(sandbox: SandboxUnderTest, raw: bytes) -> None:
    answer = await sandbox.ask("POST", BY_PHONE, raw=raw)
    assert (answer.status, answer.body["error"]["code"]) == (400, "bad_request")


async def test_a_body_of_another_type_is_refused(sandbox: SandboxUnderTest) -> None:
    answer = await sandbox.ask("POST", BY_PHONE, raw=b'{"phone": "+79160000001"}', Content_Type="text/plain")
    assert (answer.status, answer.body["error"]["code"]) == (415, "not_json")


async def test_a_body_over_the_limit_is_refused(sandbox: SandboxUnderTest) -> None:
    answer = await sandbox.ask("POST", BY_PHONE, {"phone": "1" * 100_000})
    assert (answer.status, answer.body["error"]["code"]) == (413, "too_large")


async def test_a_body_that_does_not_arrive_is_not_waited_for(database_url: str) -> None:
    async with sandbox_under_test(database_url, body_limit_seconds=0.2) as sandbox:
        answer = await sandbox.ask("POST", BY_PHONE, raw=never_ending_body())
    assert (answer.status, answer.body["error"]["code"]) == (408, "too_slow")


async def test_an_unknown_path_is_not_an_unknown_customer(sandbox: SandboxUnderTest) -> None:
    answer = await sandbox.ask("POST", "/v1/customers/by-name", {})
    assert (answer.status, answer.body["error"]["code"]) == (404, "no_such_path")


async def test_another_method_is_told_which_to_use(sandbox: SandboxUnderTest) -> None:
    answer = await sandbox.ask("GET", BY_PHONE)
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert answer.body["error"]["message"] == "use POST"


@pytest.mark.parametrize(
    ("switch", "advice"),
    [
        ({"mode": "asleep"}, "switches.1.mode: Input should be 'ok', 'slow'"),
        ({"mode": "slow"}, "'slow' needs it"),
        ({"mode": "slow", "seconds": 600}, "less than or equal to 60"),
        ({"mode": "down", "seconds": 1}, "'seconds' goes with mode 'slow'"),
        ({"mode": "down", "answer": "oversize"}, "'answer' goes with mode 'wrong'"),
        ({"mode": "down", "only_phone": ANNA, "only_card": ANNAS_CARD}, "not both"),
        ({"mode": "down", "times": 0}, "greater than or equal to 1"),
        ({"mode": "down", "only_fone": ANNA}, "only_fone: Extra inputs are not permitted"),
    ],
)
async def test_a_switch_that_makes_no_sense_is_refused_and_nothing_is_set(
    sandbox: SandboxUnderTest, switch: dict[str, object], advice: str
) -> None:
    answer = await sandbox.ask("PUT", SWITCHES, {"switches": [{"mode": "down"}, switch]})
    assert answer.status == 400
    assert advice in answer.body["error"]["message"]
    assert await sandbox.used() == []


async def test_switches_of_several_targets_are_set_and_taken_away_one_by_one(sandbox: SandboxUnderTest) -> None:
    await sandbox.ask("PUT", SWITCHES, {"switches": [{"mode": "down", "only_phone": ANNA}, {"mode": "wrong"}]})
    await sandbox.switch(mode="down", only_card=ANNAS_CARD)

    async def statuses() -> list[int]:
        card = {"card_number": ANNAS_CARD, "birth_date": "1985-03-14"}
        return [
            (await sandbox.ask("POST", BY_PHONE, {"phone": ANNA})).status,
            (await sandbox.ask("POST", BY_CARD, card)).status,
        ]

    assert await statuses() == [503, 503]
    await sandbox.switch(mode="ok")
    await sandbox.switch(mode="ok", only_phone=ANNA)
    assert await statuses() == [200, 503]
    await sandbox.switch(mode="ok", only_card=ANNAS_CARD)
    assert await statuses() == [200, 200]
    assert await sandbox.used() == []


async def test_a_phone_s_own_switch_goes_before_the_one_for_everybody(sandbox: SandboxUnderTest) -> None:
    await sandbox.switch(mode="down")
    await sandbox.switch(mode="slow", seconds=0.01, only_phone=ANNA)
    assert (await sandbox.ask("POST", BY_PHONE, {"phone": ANNA})).status == 200
    assert (await sandbox.ask("POST", BY_PHONE, {"phone": DMITRY})).status == 503


async def test_a_switch_for_some_times_is_used_up(sandbox: SandboxUnderTest) -> None:
    await sandbox.switch(mode="down", times=2)
    statuses = [(await sandbox.ask("POST", BY_PHONE, {"phone": ANNA})).status for _ in range(4)]
    assert statuses == [503, 503, 200, 200]
    assert await sandbox.used() == [2]


async def test_switches_do_not_touch_health_nor_themselves(sandbox: SandboxUnderTest) -> None:
    await sandbox.switch(mode="hang")
    assert (await sandbox.ask("GET", "/healthz")).status == 200
    assert await sandbox.used() == [0]


async def test_forgotten_switches_cannot_pile_up_for_ever(sandbox: SandboxUnderTest) -> None:
    statuses = []
    for block in range(6):
        phones = [f"+7999{block:03}{number:04}" for number in range(100)]
        wanted = {"switches": [{"mode": "down", "only_phone": phone} for phone in phones]}
        statuses.append((await sandbox.ask("PUT", SWITCHES, wanted)).status)
    assert statuses == [200] * 5 + [409]
    assert len(await sandbox.used()) == 500


async def test_reset_takes_switches_away_and_brings_points_back(sandbox: SandboxUnderTest, tmp_path: Path) -> None:
    await sandbox.switch(mode="down", only_phone=DMITRY)
    change(tmp_path, "UPDATE loyalty_sandbox_cards SET points = 7 WHERE points = 1250")
    assert await points_of(sandbox, ANNA) == 7
    assert (await sandbox.ask("POST", "/sandbox/reset")).status == 204
    assert await points_of(sandbox, ANNA) == 1250
    assert await sandbox.used() == []


async def test_what_changed_survives_a_restart(database_url: str, tmp_path: Path) -> None:
    async with sandbox_under_test(database_url):
        change(tmp_path, "UPDATE loyalty_sandbox_cards SET points = 7 WHERE points = 1250")
    async with sandbox_under_test(database_url) as sandbox:
        assert await points_of(sandbox, ANNA) == 7


async def test_a_database_of_other_tables_or_people_is_filled_anew(database_url: str, tmp_path: Path) -> None:
    async with sandbox_under_test(database_url):
        change(tmp_path, "UPDATE loyalty_sandbox_cards SET points = 7 WHERE points = 1250")
        change(tmp_path, "ALTER TABLE loyalty_sandbox_cards RENAME COLUMN points_pending TO coming")
        change(tmp_path, "UPDATE loyalty_sandbox_filling SET fingerprint = 'of another version'")
        change(tmp_path, "CREATE TABLE customers (id TEXT)")
    async with sandbox_under_test(database_url) as sandbox:
        assert await points_of(sandbox, ANNA) == 1250
    assert change(tmp_path, "SELECT count(*) FROM customers") == [(0,)], "tables of others are left alone"


async def test_points_are_gone_the_day_after_they_expire(database_url: str) -> None:
    today = TODAY
    async with sandbox_under_test(database_url, lambda: today) as sandbox:
        today = TODAY + timedelta(days=7)
        assert await points_of(sandbox, EKATERINA) == 800
        today = TODAY + timedelta(days=8)
        (card,) = (await sandbox.ask("POST", BY_PHONE, {"phone": EKATERINA})).body["cards"]
    assert (card["points"], card["points_expiring"], card["expires_on"]) == (500, 0, None)


async def test_a_broken_database_is_told_as_down(sandbox: SandboxUnderTest, tmp_path: Path) -> None:
    change(tmp_path, "DROP TABLE loyalty_sandbox_phones")
    answer = await sandbox.ask("POST", BY_PHONE, {"phone": ANNA})
    assert (answer.status, answer.body["error"]["code"]) == (503, "database_down")


async def test_the_database_writes_ahead(sandbox: SandboxUnderTest, tmp_path: Path) -> None:
    assert change(tmp_path, "PRAGMA journal_mode") == [("wal",)]


async def test_resets_and_lookups_at_once_get_along(sandbox: SandboxUnderTest) -> None:
    """A reset is one transaction: nobody sees an empty programme."""
    async with asyncio.TaskGroup() as group:
        resets = [group.create_task(sandbox.ask("POST", "/sandbox/reset")) for _ in range(5)]
        lookups = [group.create_task(points_of(sandbox, ANNA)) for _ in range(20)]
    assert {reset.result().status for reset in resets} == {204}
    assert {lookup.result() for lookup in lookups} == {1250}


async def test_a_caller_who_gives_up_leaves_nothing_behind(sandbox: SandboxUnderTest) -> None:
    await sandbox.switch(mode="hang")
    tasks_before = len(asyncio.all_tasks())
    client = sandbox.client()
    lookup = asyncio.create_task(client.customer_by_phone(ANNA))
    while await sandbox.used() != [1]:
        await asyncio.sleep(0.01)
    assert len(asyncio.all_tasks()) > tasks_before
    lookup.cancel()
    await asyncio.wait({lookup})
    await client.close()
    async with asyncio.timeout(20):
        while len(asyncio.all_tasks()) > tasks_before:
            await asyncio.sleep(0.01)


async def test_a_sandbox_that_closes_lets_hanging_callers_go(database_url: str) -> None:
    """At once, and not only when the time for running requests is over."""
    async with asyncio.timeout(20), sandbox_under_test(database_url, shutdown_limit_seconds=100.0) as sandbox:
        await sandbox.switch(mode="hang")
        hanging = asyncio.create_task(sandbox.ask("POST", BY_PHONE, {"phone": ANNA}))
        while await sandbox.used() != [1]:
            await asyncio.sleep(0.01)
        assert not hanging.done()
        hanging_ended = asyncio.create_task(asyncio.wait({hanging}))
    await hanging_ended
    assert isinstance(hanging.exception(), aiohttp.ClientError)


def change(folder: Path, statement: str) -> list[tuple[object, ...]]:
    """Run a statement on the sandbox's file from outside, as another program would."""
    connection = sqlite3.connect(folder / "sandbox.db", timeout=10)
    try:
        with connection:
            return connection.execute(statement).fetchall()
    finally:
        connection.close()
