"""One call as Asterisk brings it, over real sockets: the AGI session of the dialplan and the audio beside it."""

from __future__ import annotations

import asyncio
import shlex
from uuid import UUID

from ivr.audio.audiosocket_frames import FrameDecoder, FrameKind, encode
from tests.ivr.session.scripted_line import Voice

LIMIT_SECONDS = 30.0
HEADERS = """agi_network: yes
agi_network_script: call
agi_request: agi://127.0.0.1/call
agi_channel: PJSIP/trunk-00000001
agi_language: ru
agi_type: PJSIP
agi_uniqueid: 1795317105.1
agi_callerid: {caller}
agi_dnid: 88005550100
agi_context: hotline
agi_extension: s
agi_priority: 5

"""


class AsteriskCall:
    """A caller whose audio is what `Voice` spoke; the dialplan's side of one call."""

    def __init__(self, voice: Voice, *, opens_audio: bool = True, audio_fails: bool = False) -> None:
        self.variables: dict[str, str] = {}
        self.applications: list[str] = []
        self.heard: list[str] = []
        self._voice = voice
        self._opens_audio = opens_audio
        self._audio_fails = audio_fails
        self._hung_up = False
        self._new_sound = asyncio.Condition()
        self._audio: asyncio.StreamWriter | None = None
        self._agi: asyncio.StreamWriter | None = None

    async def run(self, agi_port: int, caller: str = "79160000001") -> None:
        """Be the dialplan until Yulia's side ends the session."""
        async with asyncio.timeout(LIMIT_SECONDS):
            reader, self._agi = await asyncio.open_connection("127.0.0.1", agi_port)
            try:
                self._agi.write(HEADERS.format(caller=caller).encode())
                while line := (await reader.readline()).decode().strip():
                    result = await self._carry_out(shlex.split(line))
                    self._agi.write(f"200 result={result}\n".encode())
            except ConnectionError:
                return
            finally:
                self._agi.close()
                if self._audio is not None:
                    self._audio.close()

    async def hears(self, part: str) -> None:
        """Wait until the caller hears this."""
        async with asyncio.timeout(LIMIT_SECONDS), self._new_sound:
            await self._new_sound.wait_for(lambda: any(part in text for text in self.heard))

    def press(self, key: str) -> None:
        assert self._audio is not None
        self._audio.write(encode(FrameKind.KEY, key.encode()))

    def hang_up(self) -> None:
        """Put the receiver down: the audio ends, and Asterisk tells the AGI session."""
        self._hung_up = True
        assert self._agi is not None
        self._agi.write(b"HANGUP\n")
        self.cut_audio()

    def cut_audio(self) -> None:
        """Lose the audio while the call lives on."""
        if self._audio is not None:
            self._audio.close()

    async def _carry_out(self, words: list[str]) -> str:
        match words:
            case ["SET", "VARIABLE", name, value]:
                self.variables[name] = value
                return "1"
            case ["CHANNEL", "STATUS"]:
                return "-1" if self._hung_up else "6"
            case ["EXEC", "AudioSocket", arguments]:
                self.applications.append("AudioSocket")
                return await self._carry_audio(arguments)
            case ["EXEC", application, *_]:
                self.applications.append(application)
                return "0"
            case _:
                raise AssertionError(f"what is {words}?")

    async def _carry_audio(self, arguments: str) -> str:
        if self._audio_fails or not self._opens_audio:
            return "-1" if self._audio_fails else "0"
        call_uuid, _, address = arguments.partition(",")
        host, _, port = address.partition(":")
        reader, self._audio = await asyncio.open_connection(host, int(port))
        self._audio.write(encode(FrameKind.CALL_ID, UUID(call_uuid).bytes))
        decoder = FrameDecoder()
        while data := await self._receive(reader):
            for frame in decoder.feed(data):
                if frame.kind is FrameKind.TERMINATE:
                    self._audio.close()
                    return "0"
                await self._take(frame.payload)
        return "-1" if self._hung_up else "0"

    async def _receive(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.read(4096)
        except ConnectionError:
            return b""

    async def _take(self, frame: bytes) -> None:
        text = self._voice.text_of(frame)
        if text is not None and self.heard[-1:] != [text]:
            async with self._new_sound:
                self.heard.append(text)
                self._new_sound.notify_all()
