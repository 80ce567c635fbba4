"""Ways the loyalty system can fail, seen from the line."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from integrations.loyalty.http_client import HttpLoyaltySystem
from integrations.loyalty.port import LoyaltyError, LoyaltyGarbage, LoyaltyTimeout, LoyaltyUnavailable
from tests.integrations.loyalty.sandbox_under_test import PATIENT, TOKEN, SandboxUnderTest
from tests.integrations.loyalty.scripted_server import CLOSE, STALL, http_answer, scripted_server

ANNA, DMITRY = "+79160000001", "+79160000002"
ANNAS_CARD, ANNAS_BIRTHDAY = "7789001245700364", date(1985, 3, 14)
LIMIT_SECONDS = 0.3
NOT_FOUND = http_answer("404 Not Found", b'{"error": {"code": "customer_not_found", "message": ""}}')
CHUNKED_WITHOUT_END = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1000\r\n%s\r\n" % (b" " * 4096) * 20 + STALL
)

MakeClient = Callable[..., HttpLoyaltySystem]


@pytest.fixture
async def make_client() -> AsyncIterator[MakeClient]:
    """Build clients of a base address, closed after the test; keywords change settings."""
    made: list[HttpLoyaltySystem] = []

    def make(url: str, token: SecretStr = TOKEN, **changes: object) -> HttpLoyaltySystem:
        made.append(HttpLoyaltySystem(url, token, PATIENT.model_copy(update=changes)))
        return made[-1]

    yield make
    for client in made:
        await client.close()


async def test_an_answer_slower_than_the_limit_is_a_timeout(sandbox: SandboxUnderTest, make_client: MakeClient) -> None:
    await sandbox.switch(mode="slow", seconds=60)
    with pytest.raises(LoyaltyTimeout):
        await make_client(sandbox.url, limit_seconds=LIMIT_SECONDS).customer_by_phone(ANNA)
    assert await sandbox.used() == [1], "a slow answer is not asked for again"


async def test_a_slow_answer_within_the_limit_is_taken(sandbox: SandboxUnderTest, make_client: MakeClient) -> None:
    await sandbox.switch(mode="slow", seconds=0.2)
    assert await make_client(sandbox.url).customer_by_phone(ANNA) is not None


async def test_no_answer_at_all_is_a_timeout_and_not_asked_for_again(
    sandbox: SandboxUnderTest, make_client: MakeClient
) -> None:
    await sandbox.switch(mode="hang")
    with pytest.raises(LoyaltyTimeout):
        await make_client(sandbox.url, limit_seconds=LIMIT_SECONDS).customer_by_card(ANNAS_CARD, ANNAS_BIRTHDAY)
    assert await sandbox.used() == [1]


@pytest.mark.parametrize("mode", ["down", "reset"])
async def test_a_lookup_is_tried_once_more_and_not_more(
    sandbox: SandboxUnderTest, make_client: MakeClient, mode: str
) -> None:
    await sandbox.switch(mode=mode)
    with pytest.raises(LoyaltyUnavailable) as caught:
        await make_client(sandbox.url).customer_by_phone(ANNA)
    assert not isinstance(caught.value, LoyaltyTimeout)
    assert await sandbox.used() == [2]


@pytest.mark.parametrize("mode", ["down", "reset"])
async def test_a_fault_that_passes_is_not_noticed(
    sandbox: SandboxUnderTest, make_client: MakeClient, mode: str
) -> None:
    await sandbox.switch(mode=mode, times=1)
    assert await make_client(sandbox.url).customer_by_phone(ANNA) is not None
    assert await sandbox.used() == [1]


async def test_retries_can_be_switched_off(sandbox: SandboxUnderTest, make_client: MakeClient) -> None:
    await sandbox.switch(mode="down")
    with pytest.raises(LoyaltyUnavailable):
        await make_client(sandbox.url, read_retries=0).customer_by_phone(ANNA)
    assert await sandbox.used() == [1]


async def test_the_limit_covers_retries(sandbox: SandboxUnderTest, make_client: MakeClient) -> None:
    await sandbox.switch(mode="down")
    client = make_client(sandbox.url, limit_seconds=1.0, read_retries=5, retry_pause_seconds=5.0)
    with pytest.raises(LoyaltyTimeout):
        await client.customer_by_phone(ANNA)
    assert await sandbox.used() == [1]


@pytest.mark.parametrize("answer", ["not_json", "wrong_shape", "oversize", "other_person"])
async def test_an_answer_that_cannot_be_right_is_garbage_and_not_asked_for_again(
    sandbox: SandboxUnderTest, make_client: MakeClient, answer: str
) -> None:
    await sandbox.switch(mode="wrong", answer=answer)
    client = make_client(sandbox.url)
    with pytest.raises(LoyaltyGarbage):
        await client.customer_by_phone(ANNA)
    with pytest.raises(LoyaltyGarbage):
        await client.customer_by_card(ANNAS_CARD, ANNAS_BIRTHDAY)
    assert await sandbox.used() == [2]


async def test_a_fault_of_one_phone_does_not_touch_another(sandbox: SandboxUnderTest, make_client: MakeClient) -> None:
    await sandbox.switch(mode="down", only_phone=ANNA)
    client = make_client(sandbox.url)
    with pytest.raises(LoyaltyUnavailable):
        await client.customer_by_phone(ANNA)
    assert await client.customer_by_phone(DMITRY) is not None


async def test_a_wrong_token_is_unavailable_and_not_tried_again(
    sandbox: SandboxUnderTest, make_client: MakeClient
) -> None:
    with capture_logs() as logs, pytest.raises(LoyaltyUnavailable, match="401"):
        await make_client(sandbox.url, SecretStr("another-token-of-16")).customer_by_phone(ANNA)
    assert "another-token-of-16" not in str(logs)


async def test_a_cancelled_lookup_gives_its_connection_back(sandbox: SandboxUnderTest, make_client: MakeClient) -> None:
    """The caller hung up in the middle of a lookup."""
    await sandbox.switch(mode="hang", only_phone=ANNA)
    client = make_client(sandbox.url, pool_size=1)
    lookup = asyncio.create_task(client.customer_by_phone(ANNA))
    while await sandbox.used() != [1]:
        await asyncio.sleep(0.01)
    lookup.cancel()
    with pytest.raises(asyncio.CancelledError):
        await lookup
    assert await client.customer_by_phone(DMITRY) is not None


async def test_waiting_for_a_free_connection_counts_against_the_limit(
    sandbox: SandboxUnderTest, make_client: MakeClient
) -> None:
    await sandbox.switch(mode="hang", only_phone=ANNA)
    client = make_client(sandbox.url, pool_size=1, limit_seconds=LIMIT_SECONDS)
    found = await asyncio.gather(*(client.customer_by_phone(ANNA) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in found] == [LoyaltyTimeout] * 3


async def test_nobody_listening_is_unavailable(make_client: MakeClient) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        with pytest.raises(LoyaltyUnavailable, match="no connection"):
            await make_client(f"http://127.0.0.1:{closed.getsockname()[1]}").customer_by_phone(ANNA)


async def test_a_connection_that_does_not_open_is_given_up_before_the_limit(make_client: MakeClient) -> None:
    """A full backlog drops SYNs, as a firewall does."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        client = make_client(f"http://127.0.0.1:{address[1]}", connect_limit_seconds=0.1)
        with pytest.raises(LoyaltyUnavailable, match="no connection"):
            await client.customer_by_phone(ANNA)
        for filler in fillers:
            filler.close()


@pytest.mark.parametrize(
    ("answer", "error", "tries"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", LoyaltyGarbage, 1),
        (http_answer("200 OK", b'{"id":', content_length=500) + STALL, LoyaltyTimeout, 1),
        (http_answer("200 OK", b'{"id":', "Connection: close", content_length=500), LoyaltyUnavailable, 2),
        (http_answer("200 OK", b"", content_length=10_000_000) + STALL, LoyaltyGarbage, 1),
        (CHUNKED_WITHOUT_END, LoyaltyGarbage, 1),
        (http_answer("404 Not Found", b"<html>no such page</html>"), LoyaltyGarbage, 1),
        (http_answer("404 Not Found", b'{"error": {"code": "no_such_path", "message": ""}}'), LoyaltyGarbage, 1),
        (http_answer("302 Found", b"", "Location: /v1/elsewhere"), LoyaltyGarbage, 1),
        (http_answer("204 No Content"), LoyaltyGarbage, 1),
        (http_answer("400 Bad Request"), LoyaltyGarbage, 1),
        (http_answer("429 Too Many Requests"), LoyaltyUnavailable, 1),
        (http_answer("500 Internal Server Error", b"Traceback"), LoyaltyUnavailable, 2),
        (http_answer("502 Bad Gateway", b"", "Connection: close"), LoyaltyUnavailable, 2),
    ],
)
async def test_what_a_broken_server_says_is_translated(
    make_client: MakeClient, answer: bytes, error: type[LoyaltyError], tries: int
) -> None:
    async with scripted_server(answer) as server:
        limit_seconds = LIMIT_SECONDS if error is LoyaltyTimeout else PATIENT.limit_seconds
        with pytest.raises(LoyaltyError) as caught:
            await make_client(server.url, limit_seconds=limit_seconds).customer_by_phone(ANNA)
    assert type(caught.value) is error, caught.value
    assert len(server.requests) == tries


async def test_one_connection_serves_lookup_after_lookup(make_client: MakeClient) -> None:
    async with scripted_server(NOT_FOUND) as server:
        client = make_client(server.url)
        for _ in range(5):
            assert await client.customer_by_phone(ANNA) is None
    assert server.connections == 1


async def test_a_kept_connection_that_the_server_closed_meanwhile_is_not_noticed(make_client: MakeClient) -> None:
    async with scripted_server(NOT_FOUND, CLOSE, NOT_FOUND) as server:
        client = make_client(server.url)
        assert await client.customer_by_phone(ANNA) is None
        assert await client.customer_by_phone(ANNA) is None
    assert (len(server.requests), server.connections) == (3, 2)


async def test_personal_data_travels_in_the_body_and_not_in_the_address(make_client: MakeClient) -> None:
    async with scripted_server(NOT_FOUND) as server:
        client = make_client(server.url + "/")
        await client.customer_by_phone(ANNA)
        await client.customer_by_card(ANNAS_CARD, ANNAS_BIRTHDAY)
    heads = [request.split(b"\r\n\r\n")[0] for request in server.requests]
    assert [head.split(b"\r\n")[0] for head in heads] == [
        b"POST /v1/customers/by-phone HTTP/1.1",
        b"POST /v1/customers/by-card HTTP/1.1",
    ]
    assert all(f"Authorization: Bearer {TOKEN.get_secret_value()}".encode() in head for head in heads)
    bodies = [json.loads(request.split(b"\r\n\r\n")[1]) for request in server.requests]
    assert bodies == [{"phone": ANNA}, {"card_number": ANNAS_CARD, "birth_date": "1985-03-14"}]


@pytest.mark.parametrize("mode", ["down", "wrong", "reset"])
async def test_neither_log_nor_error_tells_a_number_or_a_birth_date(
    sandbox: SandboxUnderTest, make_client: MakeClient, mode: str
) -> None:
    await sandbox.switch(mode=mode)
    client = make_client(sandbox.url)
    lookups: list[Callable[[], Awaitable[object]]] = [
        lambda: client.customer_by_phone(ANNA),
        lambda: client.customer_by_card(ANNAS_CARD, ANNAS_BIRTHDAY),
    ]
    with capture_logs() as logs:
        for look_up in lookups:
            with pytest.raises(LoyaltyError) as caught:
                await look_up()
            assert not any(secret in repr(caught.value) for secret in (ANNA[1:], ANNAS_CARD, "1985"))
    told = str(logs)
    assert not any(secret in told for secret in (ANNA[1:], ANNAS_CARD, "1985", TOKEN.get_secret_value()))
    failures = [log for log in logs if log["event"] == "loyalty call failed"]
    assert [log["asked"] for log in failures] == ["+*******0001", "************0364"]
