"""Keys by AMI, for an Asterisk too old to send them in the audio stream."""

from __future__ import annotations

import structlog

from ivr.ami.client import AmiClient
from ivr.audio.audiosocket import AudioSocketCall
from ivr.line.installation import parse_version, sends_keys_over_audiosocket

log = structlog.get_logger()


class KeyRelay:
    """Hand DTMF events of our calls' channels to their audio while `run` runs."""

    def __init__(self, ami: AmiClient) -> None:
        self._ami = ami
        self._calls: dict[str, AudioSocketCall] = {}

    def live_call(self, channel: str, audio: AudioSocketCall | None) -> None:
        """Note the audio of a channel, or forget it."""
        if audio is None:
            self._calls.pop(channel, None)
        else:
            self._calls[channel] = audio

    async def run(self) -> None:
        """Relay keys, unless this Asterisk sends them in the stream."""
        with self._ami.subscribe("DTMFEnd") as keys:
            async for event in keys:
                audio = self._calls.get(event.fields.get("Channel", ""))
                if audio is None or event.fields.get("Direction") != "Received":
                    continue
                version = self._ami.asterisk_version
                if version is not None and not sends_keys_over_audiosocket(parse_version(version)):
                    audio.press(event.fields.get("Digit", ""))
