"""The sandbox loyalty service over HTTP."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog
import yaml
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, SecretStr, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from integrations.loyalty.port import OPERATION_KEY
from integrations.loyalty.sandbox.operation_wire import ChangeRequest, MergeRequest, merge_of, preview_answer
from integrations.loyalty.sandbox.people import sample_people
from integrations.loyalty.sandbox.replies import error_reply, json_reply, key_conflict, misbehave, not_found, reset
from integrations.loyalty.sandbox.settings import SandboxSettings
from integrations.loyalty.sandbox.store import OperationKeyUsed, SandboxStore
from integrations.loyalty.sandbox.switches import MOST_SWITCHES, Mode, SwitchBoard, TooManySwitches
from integrations.loyalty.sandbox.tables import CustomerRow
from integrations.loyalty.sandbox.wire import (
    ByCardRequest,
    ByIdRequest,
    ByPhoneRequest,
    SwitchesAnswer,
    SwitchesRequest,
    customer_answer,
)

OPENAPI_FILE = Path(__file__).with_name("openapi.yml")

_log = structlog.get_logger()
_RequestT = TypeVar("_RequestT", bound=BaseModel)


class _BadRequest(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.reply = error_reply(status, code, message)


def utc_now() -> datetime:
    """Tell the moment, for windows of time."""
    return datetime.now(UTC)


def moscow_today() -> date:
    """Tell the date by which points expire."""
    return datetime.now(ZoneInfo("Europe/Moscow")).date()


@asynccontextmanager
async def running_sandbox(
    settings: SandboxSettings,
    token: SecretStr,
    today: Callable[[], date] = moscow_today,
    now: Callable[[], datetime] = utc_now,
) -> AsyncIterator[str]:
    """Run the sandbox as long as the context lasts; yields its base address.

    Raises:
        OSError: the port is taken or the database out of reach.
        sqlalchemy.exc.SQLAlchemyError: the database refuses.
    """
    store = SandboxStore(settings.database_url, sample_people(), today, now, timedelta(hours=settings.undo_hours))
    try:
        if await store.prepare():
            _log.info("loyalty sandbox filled its database", people=len(sample_people().people))
        service = _Service(settings, token, store, today)
        runner = web.AppRunner(
            service.application(),
            handle_signals=False,
            access_log=None,
            handler_cancellation=True,  # a caller who gives up ends the wait of a hanging answer
            shutdown_timeout=settings.shutdown_limit_seconds,
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, settings.host, settings.port)
            await site.start()
            host, port = runner.addresses[0][:2]
            yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        finally:
            await runner.cleanup()
    finally:
        await store.close()


class _Service:
    def __init__(
        self, settings: SandboxSettings, token: SecretStr, store: SandboxStore, today: Callable[[], date]
    ) -> None:
        self._settings = settings
        self._authorization = f"Bearer {token.get_secret_value()}".encode()
        self._store = store
        self._today = today
        self._board = SwitchBoard()
        self._closing = asyncio.Event()
        self._openapi = yaml.safe_load(OPENAPI_FILE.read_text(encoding="utf-8"))

    def application(self) -> web.Application:
        application = web.Application(
            middlewares=[_answer_errors, self._check_token], client_max_size=self._settings.body_limit_bytes
        )
        application.add_routes(
            [
                web.get("/healthz", self._health),
                web.get("/openapi.json", self._describe),
                web.post("/v1/customers/by-phone", self._by_phone),
                web.post("/v1/customers/by-card", self._by_card),
                web.post("/v1/customers/by-id", self._by_id),
                web.post("/v1/merges/preview", self._preview),
                web.post("/v1/operations", self._operate),
                web.get("/sandbox/switches", self._show_switches),
                web.put("/sandbox/switches", self._set_switches),
                web.post("/sandbox/reset", self._put_back),
            ]
        )
        application.on_shutdown.append(self._let_go)
        return application

    async def _let_go(self, _: web.Application) -> None:
        self._closing.set()

    @web.middleware
    async def _check_token(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get(hdrs.AUTHORIZATION, "").encode("utf-8", "surrogateescape")
        if request.path != "/healthz" and not hmac.compare_digest(given, self._authorization):
            reply = error_reply(401, "unauthorized", "give the sandbox's token as 'Authorization: Bearer TOKEN'")
            reply.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
            return reply
        return await handler(request)

    async def _health(self, _: web.Request) -> web.Response:
        await self._store.ping()
        return web.json_response({"status": "ok"})

    async def _describe(self, _: web.Request) -> web.Response:
        return web.json_response(self._openapi)

    async def _by_phone(self, request: web.Request) -> web.Response:
        question = await self._read(request, ByPhoneRequest)
        return await self._answer(
            request, (question.phone,), lambda: self._tell(self._store.customer_by_phone(question.phone))
        )

    async def _by_card(self, request: web.Request) -> web.Response:
        question = await self._read(request, ByCardRequest)
        number, born = question.card_number, question.birth_date
        return await self._answer(request, (number,), lambda: self._tell(self._store.customer_by_card(number, born)))

    async def _by_id(self, request: web.Request) -> web.Response:
        question = await self._read(request, ByIdRequest)
        return await self._answer(request, (), lambda: self._tell(self._store.customer_by_id(question.customer_id)))

    async def _preview(self, request: web.Request) -> web.Response:
        question = await self._read(request, MergeRequest)

        async def preview() -> web.Response:
            return json_reply(preview_answer(await self._store.preview(merge_of(question))))

        return await self._answer(request, (question.merged_card, question.kept_card), preview)

    async def _operate(self, request: web.Request) -> web.Response:
        key = request.headers.get("Idempotency-Key", "")
        if not OPERATION_KEY.fullmatch(key):
            raise _BadRequest(400, "no_key", "give 'Idempotency-Key': 16 to 64 letters, digits and hyphens")
        wanted = await self._read(request, ChangeRequest)

        async def operate() -> web.Response:
            try:
                answer = await self._store.carry_out(key, wanted.change())
            except OperationKeyUsed:
                return key_conflict()
            return web.Response(text=answer, content_type="application/json")

        return await self._answer(request, wanted.targets(), operate)

    async def _show_switches(self, _: web.Request) -> web.Response:
        return json_reply(SwitchesAnswer(switches=self._board.report()))

    async def _set_switches(self, request: web.Request) -> web.Response:
        wanted = await self._read(request, SwitchesRequest)
        try:
            self._board.put(wanted.switches)
        except TooManySwitches:
            return error_reply(409, "too_many_switches", f"over {MOST_SWITCHES} switches; POST /sandbox/reset first")
        return json_reply(SwitchesAnswer(switches=self._board.report()))

    async def _put_back(self, _: web.Request) -> web.Response:
        self._board.clear()
        await self._store.refill()
        return web.Response(status=204)

    async def _answer(
        self, request: web.Request, targets: tuple[str, ...], work: Callable[[], Awaitable[web.Response]]
    ) -> web.Response:
        """Do the work of a request, unless a switch for one of its targets, or for everybody, has it otherwise."""
        switch = self._board.feel(*targets)
        if switch is not None and (reply := await misbehave(switch, request, self._closing)) is not None:
            return reply
        reply = await work()
        return reset(request) if switch is not None and switch.mode is Mode.LOST else reply

    async def _tell(self, asked: Awaitable[CustomerRow | None]) -> web.Response:
        row = await asked
        return not_found() if row is None else json_reply(customer_answer(row, self._today()))

    async def _read(self, request: web.Request, model: type[_RequestT]) -> _RequestT:
        if request.content_type != "application/json":
            raise _BadRequest(415, "not_json", "send the body as 'Content-Type: application/json'")
        try:
            async with asyncio.timeout(self._settings.body_limit_seconds):
                body = await request.read()
        except TimeoutError:
            raise _BadRequest(408, "too_slow", "the body did not arrive in time") from None
        try:
            return model.model_validate_json(body)
        except ValidationError as error:
            message = _advice(model, error)
        raise _BadRequest(400, "bad_request", message)


def _advice(model: type[BaseModel], error: ValidationError) -> str:
    """Say what is wrong with a body and what is expected, without a value of it."""
    lines = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False)[:5]:
        place = ".".join(str(part)[:40] for part in fault["loc"]) or "body"
        field = model.model_fields.get(place)
        expected = f" (expected: {field.description})" if field is not None and field.description else ""
        lines.append(f"{place}: {fault['msg']}{expected}")
    return "; ".join(lines)


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every error the one form of `openapi.yml`."""
    try:
        reply = await handler(request)
    except _BadRequest as error:
        reply = error.reply
    except web.HTTPRequestEntityTooLarge:
        reply = error_reply(413, "too_large", "the body is larger than any request needs")
    except web.HTTPMethodNotAllowed as error:
        reply = error_reply(405, "method_not_allowed", f"use {' or '.join(sorted(error.allowed_methods))}")
        reply.headers[hdrs.ALLOW] = ", ".join(sorted(error.allowed_methods))
    except web.HTTPNotFound:
        reply = error_reply(404, "no_such_path", "see GET /openapi.json for what there is")
    except (SQLAlchemyError, OSError) as error:
        _log.error("loyalty sandbox cannot reach its database", error=type(error).__name__)
        reply = error_reply(503, "database_down", "the sandbox cannot reach its database")
    _log.debug("loyalty sandbox answered", method=request.method, path=request.path[:80], status=reply.status)
    return reply
