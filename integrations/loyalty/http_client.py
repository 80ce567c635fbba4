"""The loyalty system over HTTP and JSON, as `sandbox/openapi.yml` describes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import TypeVar

import aiohttp
import structlog
from pydantic import SecretStr

from integrations.loyalty.answers import (
    KEY_CONFLICT_CODE,
    NOT_FOUND_CODE,
    read_customer,
    read_error_code,
    read_outcome,
    read_preview,
)
from integrations.loyalty.change_json import change_to_json, summary_of
from integrations.loyalty.phone_numbers import mask_digits
from integrations.loyalty.port import (
    OPERATION_KEY,
    Activation,
    Card,
    CardBlock,
    Change,
    Customer,
    Done,
    LoyaltyError,
    LoyaltyGarbage,
    LoyaltyKeyConflict,
    LoyaltyTimeout,
    LoyaltyUnavailable,
    Merge,
    MergePreview,
    MergeUndo,
    Outcome,
    PhoneBlock,
    PhoneTie,
    Refused,
)
from integrations.loyalty.settings import LoyaltySettings

_log = structlog.get_logger()
_AnswerT = TypeVar("_AnswerT")

_REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
"""Statuses that an administrator or time can cure: the system is there, but not for us, not now."""


class _WorthAnotherTry(Exception):
    """The connection broke or the server failed: a reading call may be repeated."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes


class HttpLoyaltySystem:
    """`LoyaltySystem` over HTTP, with connections that are kept for the next call."""

    def __init__(self, url: str, token: SecretStr, settings: LoyaltySettings) -> None:
        """Prepare connections; must be built inside a running loop."""
        self._url = url.rstrip("/")
        self._settings = settings
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.pool_size, keepalive_timeout=settings.idle_connection_seconds
            ),
            # The total limit covers retries and is kept by `_exchange`; here only the single connect is limited.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_limit_seconds),
            headers={
                "Authorization": f"Bearer {token.get_secret_value()}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",  # the size limit must hold for what comes over the wire
            },
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def customer_by_phone(self, phone: str) -> Customer | None:
        """Find a customer by E.164 number; None when nobody has it."""
        return await self._lookup(
            "customer_by_phone",
            "/v1/customers/by-phone",
            {"phone": phone},
            asked=phone,
            read=_customer_of,
            is_theirs=lambda customer: customer is None or phone in customer.phones,
        )

    async def customer_by_card(self, card_number: str, birth_date: date) -> Customer | None:
        """Find a customer by card number, proved by the birth date; None does not say which of the two was wrong."""
        return await self._lookup(
            "customer_by_card",
            "/v1/customers/by-card",
            {"card_number": card_number, "birth_date": birth_date.isoformat()},
            asked=card_number,
            read=_customer_of,
            is_theirs=lambda customer: customer is None or _has_cards(customer.cards, card_number),
        )

    async def customer_by_id(self, customer_id: str) -> Customer | None:
        """Read a customer again, with all cards as they are now."""
        return await self._lookup(
            "customer_by_id",
            "/v1/customers/by-id",
            {"customer_id": customer_id},
            asked=customer_id,
            read=_customer_of,
            is_theirs=lambda customer: customer is None or customer.id == customer_id,
        )

    async def preview_merge(self, merge: Merge) -> MergePreview | Refused:
        """Tell what a merge would do, or why it would be refused; changes nothing."""
        return await self._lookup(
            "preview_merge",
            "/v1/merges/preview",
            json.loads(change_to_json(merge)),
            asked=summary_of(merge),
            read=lambda reply: read_preview(_body_of(reply)),
            is_theirs=lambda preview: (
                isinstance(preview, Refused)
                or (preview.kept.number, preview.merged.number) == (merge.kept_card, merge.merged_card)
            ),
        )

    async def carry_out(self, key: str, change: Change) -> Outcome:
        """Make a change under its operation key; sent once, whatever happens."""
        if not OPERATION_KEY.fullmatch(key):
            raise ValueError("not an operation key")

        async def send() -> _Reply:
            try:
                return await self._post("/v1/operations", change_to_json(change), {"Idempotency-Key": key})
            except _WorthAnotherTry as fault:
                reason = str(fault)
            raise LoyaltyUnavailable(reason)

        return await self._exchange(
            change.kind,
            send,
            self._settings.change_limit_seconds,
            asked=summary_of(change),
            read=_outcome_of,
            is_theirs=lambda outcome: isinstance(outcome, Refused) or _is_about(outcome, change),
        )

    async def close(self) -> None:
        """Release connections."""
        await self._session.close()

    async def _lookup(
        self,
        call: str,
        path: str,
        question: Mapping[str, str],
        *,
        asked: str,
        read: Callable[[_Reply], _AnswerT],
        is_theirs: Callable[[_AnswerT], bool],
    ) -> _AnswerT:
        return await self._exchange(
            call,
            lambda: self._post_reading(path, question),
            self._settings.limit_seconds,
            asked=asked,
            read=read,
            is_theirs=is_theirs,
        )

    async def _exchange(
        self,
        call: str,
        send: Callable[[], Awaitable[_Reply]],
        limit_seconds: float,
        *,
        asked: str,
        read: Callable[[_Reply], _AnswerT],
        is_theirs: Callable[[_AnswerT], bool],
    ) -> _AnswerT:
        started = asyncio.get_running_loop().time()
        try:
            try:
                async with asyncio.timeout(limit_seconds):
                    reply = await send()
            except TimeoutError:
                raise LoyaltyTimeout(f"no answer within {limit_seconds} s") from None
            answer = read(reply)
            if not is_theirs(answer):
                # A cache or a proxy mixed answers up: somebody else's points must not be told.
                raise LoyaltyGarbage("the answer is about somebody else")
        except LoyaltyError as error:
            _log.warning(
                "loyalty call failed",
                call=call,
                asked=mask_digits(asked),
                error=type(error).__name__,
                reason=str(error),
                seconds=round(asyncio.get_running_loop().time() - started, 3),
            )
            raise
        return answer

    async def _post_reading(self, path: str, question: Mapping[str, str]) -> _Reply:
        """Send a question that changes nothing, again if the first tries find no server."""
        tries = 1 + self._settings.read_retries
        for number in range(1, tries + 1):
            try:
                return await self._post(path, json.dumps(question).encode(), {})
            except _WorthAnotherTry as fault:
                reason = str(fault)
            if number < tries:
                _log.info("loyalty call is tried again", path=path, reason=reason)
                await asyncio.sleep(self._settings.retry_pause_seconds)
        raise LoyaltyUnavailable(f"{reason}; tries: {tries}")

    async def _post(self, path: str, body: bytes, more_headers: Mapping[str, str]) -> _Reply:
        # Personal data goes in the body: addresses land in the access logs of every proxy on the way.
        headers = {"Content-Type": "application/json", **more_headers}
        try:
            async with self._session.post(
                self._url + path, data=body, headers=headers, allow_redirects=False
            ) as response:
                if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise _WorthAnotherTry(f"status {response.status}")
                return _Reply(response.status, await self._read_bounded(response))
        except aiohttp.ClientResponseError as error:
            raise LoyaltyGarbage(f"answer is not HTTP: {type(error).__name__}") from None
        except aiohttp.ClientPayloadError as error:
            raise _WorthAnotherTry(f"answer breaks off: {type(error).__name__}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise _WorthAnotherTry(f"no connection: {type(error).__name__}") from None

    async def _read_bounded(self, response: aiohttp.ClientResponse) -> bytes:
        limit = self._settings.answer_limit_bytes
        body = bytearray()
        is_oversize = (response.content_length or 0) > limit
        while not is_oversize and (piece := await response.content.readany()):
            body += piece
            is_oversize = len(body) > limit
        if is_oversize:
            response.close()  # the rest is not read, so the connection is of no more use
            raise LoyaltyGarbage(f"answer is over {limit} bytes")
        return bytes(body)


def _customer_of(reply: _Reply) -> Customer | None:
    if reply.status == HTTPStatus.NOT_FOUND:
        # Only the system's own word counts: a wrong address also answers 404, and is no «unknown customer».
        if (code := read_error_code(reply.body)) != NOT_FOUND_CODE:
            raise LoyaltyGarbage(f"404 with code {code[:40]!r}")
        return None
    return read_customer(_body_of(reply))


def _outcome_of(reply: _Reply) -> Outcome:
    if reply.status == HTTPStatus.UNPROCESSABLE_ENTITY and read_error_code(reply.body) == KEY_CONFLICT_CODE:
        raise LoyaltyKeyConflict("the operation key was used with another content")
    return read_outcome(_body_of(reply))


def _body_of(reply: _Reply) -> bytes:
    if reply.status == HTTPStatus.OK:
        return reply.body
    if reply.status in _REFUSALS:
        raise LoyaltyUnavailable(f"refused with status {reply.status}")
    raise LoyaltyGarbage(f"unexpected status {reply.status}")


def _is_about(done: Done, change: Change) -> bool:
    match change:
        case Activation(card_number) | CardBlock(card_number):
            return _has_cards(done.cards, card_number)
        case Merge(customer_id, kept_card, merged_card):
            return done.customer_id == customer_id and _has_cards(done.cards, kept_card, merged_card)
        case PhoneTie(customer_id):
            return done.customer_id == customer_id
        case MergeUndo() | PhoneBlock():
            return bool(done.cards)  # whose they are, the line did not know when it asked


def _has_cards(cards: Iterable[Card], *numbers: str) -> bool:
    return set(numbers) <= {card.number for card in cards}
