"""panoramisk's FastAGI request with its faults fenced off.

What is guarded against, all measured on panoramisk 1.4: it takes the unasked `HANGUP` line for an answer; reads one
line of the several of a `520-` answer, and one too many of a `520 ` one; loses a cancelled command's place, so that
later answers shift; raises ValueError at the end of the stream; decodes strictly; takes a variable that holds «hangup»
for a hang-up; has no limits of time or size.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from panoramisk import fast_agi
from panoramisk.utils import parse_agi_result

from ivr.agi.errors import AgiProtocolError, AgiTimeout, HungUp
from ivr.agi.request import AgiRequest
from ivr.agi.settings import AgiSettings

log = structlog.get_logger()

ANSWER_LINE = re.compile(r"[0-9]{3}[ -]")
RESULT = re.compile(r"200 result=(\S*)(?: \((.*)\))?", re.DOTALL)
ANSWER_LINES_LIMIT = 200


@dataclass(frozen=True, slots=True)
class AgiAnswer:
    """One complete answer to one command."""

    status: int  # 200, 510, 511, 520
    result: str  # of `result=…`; "" when there is none
    data: str | None  # what stands in brackets
    text: str  # all lines, for errors


def answer_from_text(text: str) -> AgiAnswer:
    """Read an answer of one or several lines that begins with a status."""
    parsed = parse_agi_result(text.partition("\n")[0])
    # For result=-1, and for any value that reads «hangup», panoramisk returns an error without the usual keys: both
    # are ordinary answers with status 200, and what they mean is the caller's business.
    status = parsed.get("status_code", 200)
    result = RESULT.match(text)
    if status == 200 and result is not None:
        return AgiAnswer(status=200, result=result[1], data=result[2], text=text)
    return AgiAnswer(status=int(text[:3]), result="", data=None, text=text)


@dataclass(slots=True)
class _SentCommand:
    answer: asyncio.Future[AgiAnswer]
    holds_value: bool  # its answer may carry a value of several lines


class GuardedRequest(fast_agi.Request):  # type: ignore[misc]
    """One AGI session: commands one at a time, each with its own answer whatever happens between."""

    def __init__(
        self,
        app: fast_agi.Application,
        settings: AgiSettings,
        request: AgiRequest,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        super().__init__(app, {}, reader, writer, encoding="utf-8")
        self.request = request
        self.settings = settings
        self.over = asyncio.Event()  # the call (HANGUP line, 511) or the connection
        self._turn = asyncio.Lock()
        self._idle = asyncio.Event()  # no command is without its answer
        self._idle.set()
        self._sent: _SentCommand | None = None
        self._ending: HungUp | AgiProtocolError | None = None
        self._unexpected_lines = 0

    @property
    def hung_up(self) -> bool:
        """Whether the call is over, as far as Asterisk has told; not so when the peer talked garbage."""
        return self.over.is_set() and not isinstance(self._ending, AgiProtocolError)

    async def send_command(self, command: str, *, limit_seconds: float | None = None) -> AgiAnswer:
        """Send one line and wait for its answer, without limit when `limit_seconds` is None.

        The answer of a command that was cancelled or given up is awaited and dropped before the next is written:
        Asterisk reads ahead and then forgets commands that come while it is busy.

        Raises:
            HungUp: the connection is closed, or Asterisk says that the channel is dead.
            AgiTimeout: no answer in time.
            AgiProtocolError: the peer does not speak AGI.
        """
        try:
            async with asyncio.timeout(limit_seconds), self._turn:
                await self._idle.wait()
                answer = await self._exchange(command)
        except TimeoutError as error:
            raise AgiTimeout(f"no answer to {command.split(' ', 1)[0]} within {limit_seconds} s") from error
        if answer.status == 511:
            self.over.set()
            raise HungUp(answer.text)
        return answer

    async def _exchange(self, command: str) -> AgiAnswer:
        self._raise_if_ended()
        sent = _SentCommand(asyncio.get_running_loop().create_future(), command.startswith("GET VARIABLE "))
        self._sent = sent
        self._idle.clear()
        try:
            self.writer.write(command.encode(self.encoding) + b"\n")
            await self.writer.drain()
            return await sent.answer
        except OSError as error:
            raise HungUp("the AGI connection broke") from error
        finally:
            sent.answer.cancel()  # nobody waits for it any more; its place is kept until the answer has come

    async def listen(self) -> None:
        """Take lines from Asterisk until the connection ends, then let whoever waits know."""
        ending: HungUp | AgiProtocolError = AgiProtocolError("the session was closed by us")
        try:
            while True:
                self._deliver(await self._read_result())
        except (HungUp, AgiProtocolError) as error:
            ending = error
        finally:
            self._end(ending)

    async def _read_result(self) -> AgiAnswer:
        while True:
            line = await self._read_line()
            if line == "HANGUP":  # comes unasked, at any time, and answers nothing
                self.over.set()
            elif self._sent is None or not ANSWER_LINE.match(line):
                self._count_unexpected(line)
            elif line.startswith("100 "):  # «Trying…»: the answer comes later
                continue
            elif line.startswith("520-"):
                return answer_from_text(await self._read_until(line, lambda last: last.startswith("520 ")))
            elif self._sent.holds_value and line.startswith("200 result=1 ("):
                return answer_from_text(await self._read_until(line, lambda last: last.endswith(")")))
            else:
                return answer_from_text(line)

    async def _read_until(self, first: str, is_last: Callable[[str], bool]) -> str:
        lines = [first]
        while not is_last(lines[-1]):
            if len(lines) >= ANSWER_LINES_LIMIT:
                raise AgiProtocolError(f"an answer of more than {ANSWER_LINES_LIMIT} lines")
            lines.append(await self._read_line())
        return "\n".join(lines)

    async def _read_line(self) -> str:
        raw = await read_line(self.reader)
        return raw.decode(self.encoding, "replace").removesuffix("\n").removesuffix("\r")

    def _deliver(self, answer: AgiAnswer) -> None:
        if self._sent is not None and not self._sent.answer.done():
            self._sent.answer.set_result(answer)
        self._sent = None
        self._idle.set()

    def _count_unexpected(self, line: str) -> None:
        self._unexpected_lines += 1
        log.warning("AGI line that answers nothing", channel=self.request.channel, length=len(line))
        if self._unexpected_lines > self.settings.unexpected_lines_limit:
            raise AgiProtocolError("too many lines that answer nothing")

    def _end(self, ending: HungUp | AgiProtocolError) -> None:
        self._ending = ending
        self.over.set()
        if self._sent is not None and not self._sent.answer.done():
            self._sent.answer.set_exception(ending)
        self._sent = None
        self._idle.set()

    def _raise_if_ended(self) -> None:
        if self._ending is not None:
            raise type(self._ending)(*self._ending.args)


async def read_line(reader: asyncio.StreamReader) -> bytes:
    """Read one line with its end.

    Raises:
        HungUp: the connection ended or broke.
        AgiProtocolError: the line is over the reader's limit.
    """
    try:
        return await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as error:
        raise AgiProtocolError("a line over the limit") from error
    except (asyncio.IncompleteReadError, OSError) as error:
        raise HungUp("Asterisk closed the AGI connection") from error
