"""Answers of the sandbox: errors in one form, and answers that are wrong on purpose."""

from __future__ import annotations

import asyncio
import socket
import struct

from aiohttp import web
from pydantic import BaseModel

from integrations.loyalty.port import CardState
from integrations.loyalty.sandbox.switches import Mode, Switch, WrongAnswer
from integrations.loyalty.sandbox.wire import CardAnswer, CustomerAnswer

LONGEST_HANG_SECONDS = 600.0

_OVERSIZE_BYTES = 4 * 1024 * 1024
_STRANGER = CustomerAnswer(
    id="c-9999",
    first_name="Чужой",
    patronymic=None,
    last_name="Человек",
    phones=("+79169999999",),
    cards=(
        CardAnswer(
            number="7789999999999992",
            state=CardState.ACTIVE,
            points=9999,
            points_pending=0,
            points_expiring=0,
            expires_on=None,
        ),
    ),
)


def json_reply(answer: BaseModel, status: int = 200) -> web.Response:
    """Answer with a body that fits `openapi.yml`."""
    return web.Response(text=answer.model_dump_json(), status=status, content_type="application/json")


def error_reply(status: int, code: str, message: str) -> web.Response:
    """Answer with an error: a code for programs, a message for people, no value of the request."""
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


def not_found() -> web.Response:
    """Answer that there is nobody to tell about: the same whatever the reason."""
    return error_reply(404, "customer_not_found", "no customer fits the question")


def key_conflict() -> web.Response:
    """Answer that an operation key was used with another content."""
    return error_reply(422, "key_conflict", "this Idempotency-Key was used with another content")


async def misbehave(switch: Switch, request: web.Request, closing: asyncio.Event) -> web.Response | None:
    """Do what a switch says; None means that the right answer is still to be given.

    Waiting ends early when the sandbox closes, so that a hanging request does not hold it up.
    """
    match switch.mode:
        case Mode.SLOW:
            await _wait(closing, switch.seconds or 0.0)
            return None
        case Mode.WRONG:
            return _wrong(switch.answer or WrongAnswer.NOT_JSON)
        case Mode.DOWN:
            return error_reply(503, "down", "the switch 'down' is set")
        case Mode.HANG:
            await _wait(closing, LONGEST_HANG_SECONDS)
            return reset(request)
        case Mode.RESET:
            return reset(request)
        case Mode.ERROR:
            return error_reply(500, "broken", "the switch 'error' is set")
        case Mode.OK | Mode.LOST:  # LOST shows after the work
            return None


async def _wait(closing: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await closing.wait()
    except TimeoutError:
        return


def _wrong(answer: WrongAnswer) -> web.Response:
    match answer:
        case WrongAnswer.NOT_JSON:
            return web.Response(text='{"id": "c-0001", "first_na', content_type="application/json")
        case WrongAnswer.WRONG_SHAPE:
            return web.json_response({"id": 1, "first_name": "Анна", "cards": [{"number": None, "points": "много"}]})
        case WrongAnswer.OVERSIZE:
            padded = _STRANGER.model_dump(mode="json") | {"padding": "0" * _OVERSIZE_BYTES}
            return web.json_response(padded)
        case WrongAnswer.OTHER_PERSON:
            return json_reply(_STRANGER)


def reset(request: web.Request) -> web.Response:
    """Close the connection without a word."""
    if (transport := request.transport) is not None:
        # Without lingering, closing sends RST at once, as a crashed server's machine does.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=503)  # goes nowhere: the connection is gone
