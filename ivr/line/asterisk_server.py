"""The line's own Asterisk: prepared from templates, run in the foreground, asked over its command line."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

from ivr.line.asterisk_config import NOTICES_DIR, AsteriskAccess, AsteriskFolders, install, render
from ivr.line.installation import AsteriskInstallation
from ivr.line.settings import AsteriskSettings
from ivr.line.state import ServiceUser, StateFolders, check_socket_path

_COMMAND_LIMIT_SECONDS = 10.0
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class AsteriskCommandFailed(Exception):
    """The command line of Asterisk did not answer: it does not run, or another user's it is."""


@dataclass(frozen=True, slots=True)
class AsteriskServer:
    """One Asterisk with a configuration of its own; several run side by side on other ports."""

    settings: AsteriskSettings
    installation: AsteriskInstallation
    access: AsteriskAccess
    folders: StateFolders
    user: ServiceUser | None
    notices_dir: Path = NOTICES_DIR

    @property
    def asterisk_folders(self) -> AsteriskFolders:
        """Its folders in the state folder."""
        return AsteriskFolders(self.folders.asterisk)

    def prepare(self) -> tuple[str, ...]:
        """Render and install the configuration; the answer is the command to run.

        Raises:
            NoAsterisk, StateError, jinja2.UndefinedError
        """
        folders = self.asterisk_folders
        check_socket_path(folders.run / "asterisk.ctl")
        install(
            render(self.settings, self.installation, folders, self.access),
            self.installation,
            folders,
            self.user,
            self.notices_dir,
        )
        self._ensure_hold_music()
        return (*self.installation.command, "-C", str(folders.main_file), "-f")

    async def ready(self) -> bool:
        """Whether it is fully booted and holds its SIP port; AMI is up by then."""
        try:
            await self.rx("core waitfullybooted")
            transports = await self.rx("pjsip show transports")
        except AsteriskCommandFailed:
            return False
        return f"{self.settings.sip_host}:{self.settings.sip_port}" in transports

    async def rx(self, command: str) -> str:
        """Run a command on its command line, such as "core show channels".

        Raises:
            AsteriskCommandFailed
        """
        folders = self.asterisk_folders
        if not await asyncio.to_thread(folders.main_file.exists):
            raise AsteriskCommandFailed(f"no line was ever run with the state folder {self.folders.top}")
        process = await asyncio.create_subprocess_exec(
            *self.installation.command,
            *("-C", str(folders.main_file), "-rx", command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(_COMMAND_LIMIT_SECONDS):
                output, _ = await process.communicate()
        except TimeoutError:
            raise AsteriskCommandFailed(f"no answer within {_COMMAND_LIMIT_SECONDS:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        text = _COLOUR.sub("", output.decode("utf-8", "replace"))
        if process.returncode != 0:
            raise AsteriskCommandFailed(text.strip() or f"ended with code {process.returncode}")
        return text

    def _ensure_hold_music(self) -> None:
        # Deferred: numpy is not wanted by those who only render or look at the status.
        from tts.hold_music import write_hold_music

        path = self.asterisk_folders.moh / "hold.wav"
        if not path.exists():
            write_hold_music(path)
