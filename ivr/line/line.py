"""A whole line: Redis, loyalty sandbox, Asterisk and a worker, started together and stopped together."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Self

import aiohttp

from ivr.line.asterisk_config import AsteriskAccess
from ivr.line.asterisk_server import AsteriskServer
from ivr.line.environment import worker_environment
from ivr.line.installation import find_installation
from ivr.line.plan import ASTERISK, LOYALTY, REDIS, WORKER, LinePlan
from ivr.line.ports import Address, PortBlock, check_free
from ivr.line.processes import ProcessSpec, SupervisedProcess
from ivr.line.redis_server import RedisServer
from ivr.line.secrets import LineSecrets, ensure_secrets, load_secrets
from ivr.line.state import CHECKOUT, ServiceUser, StateFolders, default_state_dir, hold_lock, service_user

_PROBE_LIMIT_SECONDS = 2.0
_PROBE_SECONDS = 0.5


class Line:
    """Async context manager around the processes of one line.

    Entering raises ProcessFailed, PortTaken, NoAsterisk, StateError, AlreadyRunning or FileNotFoundError, each with a
    message that says how to mend it; what had been started by then is stopped again.
    """

    def __init__(self, plan: LinePlan, on_change: Callable[[SupervisedProcess], None] | None = None) -> None:
        self.plan = plan
        self.folders = StateFolders(plan.state_dir)
        self.processes: dict[str, SupervisedProcess] = {}
        self.asterisk_server: AsteriskServer | None = None
        self._on_change = on_change
        self._secrets: LineSecrets | None = None
        self._user: ServiceUser | None = None
        self._clean_up = AsyncExitStack()
        self._scratch: Path | None = None
        self._block: PortBlock | None = None

    @classmethod
    def on_free_ports(cls, state_dir: Path | None = None, base: LinePlan | None = None) -> Line:
        """Plan a line on ports of its own, beside any other; without state_dir its files go with it when it stops."""
        block = PortBlock()
        scratch = Path(tempfile.mkdtemp(prefix="yulia-line-")) if state_dir is None else None
        folder = state_dir or scratch
        assert folder is not None
        plan = (base or LinePlan(folder)).on_ports(block.ports)
        line = cls(replace(plan, state_dir=folder.absolute()))
        line._block, line._scratch = block, scratch
        return line

    def attach(self) -> bool:
        """Read the secrets of a line that another process runs; False when none was ever run in this state folder."""
        self._secrets = load_secrets(self.plan.state_dir)
        return self._secrets is not None

    @property
    def secrets(self) -> LineSecrets:
        """The line's passwords and keys, once it was entered."""
        if self._secrets is None:
            raise RuntimeError("the line was not started")
        return self._secrets

    @property
    def sip(self) -> Address:
        """Where callers and agents' phones send SIP to."""
        return Address(self.plan.asterisk.sip_host, self.plan.asterisk.sip_port)

    @property
    def hotline_uri(self) -> str:
        """What a caller dials."""
        return f"sip:{self.plan.asterisk.hotline_number}@{self.sip}"

    @property
    def redis_url(self) -> str:
        """URL of Redis with its password."""
        if self.plan.redis_url is not None:
            return self.plan.redis_url
        return RedisServer(self.plan.redis, self.secrets.redis_password, self.folders, self._user).url

    @property
    def loyalty_url(self) -> str:
        """Base address of the loyalty system."""
        return self.plan.loyalty_url or f"http://{self.plan.loyalty}"

    @property
    def loyalty_token(self) -> str:
        """Bearer token of the loyalty system."""
        return self.plan.loyalty_token or self.secrets.loyalty_token

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the call records."""
        return self.plan.database_url or f"sqlite:///{self.folders.top}/yulia.db"

    @property
    def ami_secret(self) -> str:
        """Secret of the AMI user."""
        return self.plan.ami_secret or self.secrets.ami_secret

    @property
    def worker_environment(self) -> dict[str, str]:
        """What the line adds to the environment of the worker: addresses and secrets, YULIA_<SECTION>__<FIELD>."""
        return worker_environment(
            self.plan,
            ami_secret=self.ami_secret,
            redis_url=self.redis_url,
            loyalty_url=self.loyalty_url,
            loyalty_token=self.loyalty_token,
            database_url=self.database_url,
            attempts_secret=self.plan.attempts_secret or self.secrets.attempts_secret,
        )

    async def __aenter__(self) -> Self:
        try:
            self._prepare()
            await self._start_all()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop everything, the worker first; safe more than once."""
        await self._clean_up.aclose()
        if self._block is not None:
            self._block.release()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    async def rx(self, command: str) -> str:
        """Run a command on Asterisk's command line.

        Raises:
            AsteriskCommandFailed
        """
        if self.asterisk_server is None:
            raise RuntimeError("this line has no Asterisk of its own")
        return await self.asterisk_server.rx(command)

    async def restart_asterisk(self) -> None:
        """Stop Asterisk, with every call on it, and start it again."""
        await self.processes[ASTERISK].restart()

    async def stop_part(self, name: str) -> None:
        """Stop one process ("redis", "loyalty", "asterisk", "worker") and leave it down."""
        await self.processes[name].stop()

    async def start_part(self, name: str) -> None:
        """Start a process that was stopped."""
        await self.processes[name].start()

    def kill_worker(self) -> int:
        """End the worker as a crash would; it is started again. Answers the killed process's id."""
        return self.processes[WORKER].kill()

    def _prepare(self) -> None:
        plan = self.plan
        self._user = service_user(plan.line.service_user)
        self.folders.create(self._user)
        self._clean_up.callback(os.close, hold_lock(self.folders.lock_file))
        self._clean_up.callback(self.folders.addresses_file.unlink, missing_ok=True)
        self._secrets = ensure_secrets(plan.state_dir, plan.asterisk.agents)
        for listener in plan.listeners():
            check_free(listener)
        builders: dict[str, Callable[[], ProcessSpec]] = {
            REDIS: self._redis_spec,
            LOYALTY: self._loyalty_spec,
            ASTERISK: self._asterisk_spec,
            WORKER: self._worker_spec,
        }
        for name in (REDIS, LOYALTY, ASTERISK, WORKER):
            if name in plan.started_parts:
                process = SupervisedProcess(builders[name](), self._on_change)
                self.processes[name] = process
                # Last in, first out: the worker goes before what it uses.
                self._clean_up.push_async_callback(process.stop)

    async def _start_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = {
                name: group.create_task(process.start()) for name, process in self.processes.items() if name != WORKER
            }
            needed = [task for name, task in tasks.items() if name in (REDIS, ASTERISK)]
            if needed:
                await asyncio.wait(needed)
            if WORKER in self.processes and all(not task.cancelled() and not task.exception() for task in needed):
                group.create_task(self.processes[WORKER].start())
        self._write_addresses()

    def _redis_spec(self) -> ProcessSpec:
        server = RedisServer(self.plan.redis, self.secrets.redis_password, self.folders, self._user)
        return self._spec(REDIS, server.prepare(), server.ready, server_folder=self.folders.redis)

    def _asterisk_spec(self) -> ProcessSpec:
        plan = self.plan
        access = AsteriskAccess(plan.agi, plan.ami, plan.ami_username, self.ami_secret, dict(self.secrets.agents))
        installation = find_installation(plan.asterisk, default_state_dir())
        server = AsteriskServer(plan.asterisk, installation, access, self.folders, self._user, plan.notices_dir)
        self.asterisk_server = server
        return self._spec(ASTERISK, server.prepare(), server.ready, server_folder=self.folders.asterisk)

    def _loyalty_spec(self) -> ProcessSpec:
        plan = self.plan
        database = plan.loyalty_database_url or f"sqlite+aiosqlite:///{self.folders.loyalty}/loyalty.db"
        command = (*plan.loyalty_command, "--host", plan.loyalty.host, "--port", str(plan.loyalty.port))
        return self._spec(
            LOYALTY,
            command,
            lambda: _answers(f"http://{plan.loyalty}/healthz"),
            # The address may hold a password: not on the command line, where `ps` shows it.
            environment={"YULIA_LOYALTY__TOKEN": self.loyalty_token, "YULIA_LOYALTY__SANDBOX_DATABASE_URL": database}
            | plan.environment,
        )

    async def takes_calls(self) -> bool:
        """Say whether a worker is ready to talk to callers; without one they are sent to the agents."""
        return await _answers(f"http://{self.plan.web}/readyz", must_be_ok=True)

    async def ready_within(self, seconds: float) -> bool:
        """Wait for a line that is coming up."""
        for _ in range(int(seconds / _PROBE_SECONDS)):
            if await self.takes_calls():
                return True
            await asyncio.sleep(_PROBE_SECONDS)
        return False

    def _worker_spec(self) -> ProcessSpec:
        return self._spec(
            WORKER,
            self.plan.worker_command,
            self.takes_calls,
            environment=self.worker_environment,
            alive=lambda: _answers(f"http://{self.plan.web}/healthz"),
        )

    def _spec(
        self,
        name: str,
        command: tuple[str, ...],
        ready: Callable[[], Awaitable[bool]],
        *,
        environment: dict[str, str] | None = None,
        server_folder: Path | None = None,
        alive: Callable[[], Awaitable[bool]] | None = None,
    ) -> ProcessSpec:
        line = self.plan.line
        # Servers of others get none of our settings, and drop to the service user; our own code is started as we are.
        minimal = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
        inherited = dict(os.environ) if server_folder is None else minimal
        return ProcessSpec(
            name=name,
            command=command,
            ready=ready,
            log_file=self.folders.logs / f"{name}.log",
            environment=inherited | (environment or {}),
            folder=server_folder or CHECKOUT,
            user=self._user if server_folder else None,
            mend=_MEND[name],
            alive=alive,
            frozen_limit_seconds=line.frozen_limit_seconds,
            start_limit_seconds=line.start_limit_seconds,
            stop_limit_seconds=line.stop_limit_seconds,
            restarts_limit=line.restarts_limit,
            restarts_window_seconds=line.restarts_window_seconds,
        )

    def _write_addresses(self) -> None:
        plan = self.plan
        facts = {
            "pid": os.getpid(),
            "hotline": self.hotline_uri,
            "web": f"http://{plan.web}",
            "ami": str(plan.ami),
            "loyalty": self.loyalty_url,
            "processes": {name: process.pid for name, process in self.processes.items()},
        }
        self.folders.addresses_file.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


_MEND = {
    REDIS: "Name a Redis of your own in YULIA_REDIS__URL, or mend this one.",
    LOYALTY: "Name a loyalty system of your own in YULIA_LOYALTY__URL, or mend the sandbox.",
    ASTERISK: "Asterisk's own messages are in asterisk/log/messages of the state folder.",
    WORKER: "Run `make setup` again if a package is missing.",
}


async def _answers(url: str, *, must_be_ok: bool = False) -> bool:
    limit = aiohttp.ClientTimeout(total=_PROBE_LIMIT_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=limit) as client, client.get(url) as answer:
            return answer.status == 200 or not must_be_ok
    except aiohttp.ClientError:
        return False
