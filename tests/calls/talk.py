"""A caller with a task: hears each question out, answers it, and says again what was not made out."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.call_records.port import CallRecord
from ivr.softphone.errors import SoftphoneError
from ivr.softphone.phone import LineCall, Side, SoftPhones
from tests.calls.caller import call, hear_question
from tests.calls.running_line import LineAddresses

UNKNOWN = "[unk]"
NONSENSE = "хливкие шорьки"
PAUSE_BETWEEN_GROUPS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Talk:
    """One call, from the first question to the end."""

    ringing: LineCall
    line: LineAddresses
    caller_number: str

    @classmethod
    async def begin(cls, phones: SoftPhones, line: LineAddresses, caller_number: str) -> Talk:
        """Ring the hotline and hear the greeting and the first question out."""
        ringing = await call(phones, line, caller_number)
        await hear_question(ringing)
        return cls(ringing, line, caller_number)

    async def say(self, *answers: str, times: int = 3) -> None:
        """Answer the questions that come one after the other; an answer that was not made out is said again.

        A synthetic voice is misheard now and then, as a person's is.
        """
        for answer in answers:
            for _ in range(times):
                await self.ringing.say(answer)
                await self._hear()
                if UNKNOWN not in await self._heard():
                    break

    async def mumble(self) -> None:
        """Say what nobody can understand, and hear what Yulia says to that."""
        await self.say(NONSENSE, times=1)

    async def dictate(self, *groups: str) -> None:
        """Say a number in groups, with pauses, and hear the next question out."""
        for group in groups[:-1]:
            await self.ringing.say(group)
            await self.ringing.hear_seconds(PAUSE_BETWEEN_GROUPS_SECONDS)
        await self.ringing.say(groups[-1])
        await self._hear()

    async def press(self, *answers: str) -> None:
        """Answer the questions that come one after the other by keys."""
        for keys in answers:
            await self.ringing.press(keys)
            await self._hear()

    async def keep_silent(self) -> None:
        """Say nothing until Yulia asks again."""
        await self._hear()

    async def take_leave(self, *, by_keys: bool = False) -> CallRecord:
        """Need nothing more, wait until Yulia ends the call, and return its record."""
        if by_keys:
            await self.ringing.press("2")
        else:
            await self.ringing.say("нет спасибо")
        assert await self.ringing.wait_closed(20) is Side.THEM
        return await self.record()

    async def record(self) -> CallRecord:
        """Wait for the call's record."""
        return await self.line.latest_record(self.caller_number[-4:])

    async def _hear(self) -> None:
        """Hear Yulia out; a call that goes otherwise tells what was said on it."""
        try:
            await hear_question(self.ringing)
        except SoftphoneError as error:
            context = await self.line.live_context(self.caller_number)
            error.add_note("\n".join(f"{entry.who}: {entry.text}" for entry in context.transcript))
            raise

    async def _heard(self) -> str:
        """Return what the line made of the newest answer."""
        context = await self.line.live_context(self.caller_number)
        return next((entry.text for entry in reversed(context.transcript) if entry.who == "caller"), "")
