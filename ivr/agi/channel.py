"""One call as the dialplan hands it to us: typed commands over a guarded AGI session."""

from __future__ import annotations

from ivr.agi.commands import command_line
from ivr.agi.errors import AgiApplicationFailed, AgiCommandRejected, AgiProtocolError, HungUp
from ivr.agi.panoramisk_request import AgiAnswer, GuardedRequest
from ivr.agi.request import AgiRequest

__all__ = ["AgiChannel", "AgiRequest"]


class AgiChannel:
    """A live call's channel. Commands are sent one at a time, in the order asked for.

    Every command raises HungUp when the call or the AGI connection has ended, AgiTimeout, AgiCommandRejected or
    AgiProtocolError, and AgiUnsafeValue for a value with line breaks or NUL.
    """

    def __init__(self, session: GuardedRequest) -> None:
        self._session = session
        self.request: AgiRequest = session.request

    @property
    def hung_up(self) -> bool:
        """Whether the call is known to be over (or the AGI connection closed)."""
        return self._session.hung_up

    async def wait_hung_up(self) -> None:
        """Wait until the call or the connection is over; during an application Asterisk tells it at the end only."""
        await self._session.over.wait()

    async def answer(self) -> None:
        """Answer the call at once.

        The AGI command ANSWER waits up to 0.5 s for the caller's first audio; the application's option `i` does not.
        """
        await self.execute("Answer", "", "i", limit_seconds=self._session.settings.command_limit_seconds)

    async def hang_up(self) -> None:
        """End the call; nothing to do when it has ended already."""
        if not self.hung_up:
            try:
                await self._ask(command_line("HANGUP"))
            except HungUp:
                return

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable or function; works after a hang-up too, while the connection lives."""
        await self._ask(command_line("SET", "VARIABLE", values=(name, value)))

    async def get_variable(self, name: str) -> str | None:
        """Read a channel variable or function, None when it is not set; works after a hang-up too."""
        answer = await self._ask(command_line("GET", "VARIABLE", values=(name,)))
        return answer.data if answer.result == "1" else None

    async def execute(self, application: str, *arguments: str, limit_seconds: float | None) -> str:
        """Run a dialplan application to its end and return its result, mostly "0".

        No limit is for applications that last as long as the call does. When a limit is over, the application runs on
        in Asterisk and later commands wait for its end.

        Raises:
            HungUp: the caller was gone before, during or right at the end of it.
            AgiApplicationFailed: unknown application, or a failure while the caller is still there.
        """
        # On a dead channel Asterisk answers result=0 to EXEC without doing anything: do not even ask.
        self._raise_if_hung_up()
        line = command_line("EXEC", values=(application, ",".join(arguments)) if arguments else (application,))
        answer = await self._send(line, limit_seconds)
        self._raise_if_hung_up()
        if answer.result.startswith("-"):
            await self._raise_failure(application, answer.result)
        return answer.result

    async def is_up(self) -> bool:
        """Ask Asterisk whether the call still lives, answered or ringing; tells a hang-up from a failure."""
        if self.hung_up:
            return False
        try:
            answer = await self._ask(command_line("CHANNEL", "STATUS"))
        except HungUp:
            return False
        return answer.result != "-1"

    async def verbose(self, message: str) -> None:
        """Write a line to Asterisk's own log, at level 1."""
        await self._ask(command_line("VERBOSE", values=(message, "1")))

    async def _ask(self, line: str) -> AgiAnswer:
        return await self._send(line, self._session.settings.command_limit_seconds)

    async def _send(self, line: str, limit_seconds: float | None) -> AgiAnswer:
        answer = await self._session.send_command(line, limit_seconds=limit_seconds)
        if answer.status != 200:
            raise AgiCommandRejected(answer.status, answer.text)
        if not answer.result and not answer.text.startswith("200 result="):
            raise AgiProtocolError("an answer without a result")
        return answer

    async def _raise_failure(self, application: str, result: str) -> None:
        if await self.is_up():
            raise AgiApplicationFailed(application, result)
        raise HungUp(f"the caller was gone in {application}")

    def _raise_if_hung_up(self) -> None:
        if self.hung_up:
            raise HungUp("the call is over")
