"""The manager client: keeps one connection to Asterisk, and says plainly when there is none."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from enum import StrEnum

import structlog
from panoramisk.message import Message

from ivr.ami.errors import (
    AmiConnectionLost,
    AmiDisconnected,
    AmiError,
    AmiLoginRefused,
    AmiNotConfigured,
    AmiRejected,
    AmiTimeout,
)
from ivr.ami.messages import AmiResponse, event_from_message, response_from_messages, values_of
from ivr.ami.panoramisk_action import FieldValue, GuardedAction, check_action
from ivr.ami.panoramisk_connection import AmiCounters, GuardedManager, GuardedProtocol
from ivr.ami.settings import AmiSettings
from ivr.ami.subscription import AmiSubscription

log = structlog.get_logger()


class AmiState(StrEnum):
    """What the client is doing; unless closed, it goes on trying in every state."""

    DISCONNECTED = "disconnected"
    LOGIN_REFUSED = "login_refused"  # wrong user or secret, or an address that manager.conf does not permit
    CONNECTED = "connected"
    CLOSED = "closed"


StateListener = Callable[[AmiState], None]


class AmiClient:
    """Actions and events over a connection that comes back by itself. Nothing is kept for later: see `action`."""

    def __init__(self, settings: AmiSettings) -> None:
        self._settings = settings
        self._manager: GuardedManager | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._subscriptions: set[AmiSubscription] = set()
        self._listeners: list[StateListener] = []
        self._connected = asyncio.Event()
        self._delay_seconds = settings.reconnect_min_seconds
        self._told_problem = ""
        self.state = AmiState.DISCONNECTED
        self.last_problem = "not started"
        self.counters = AmiCounters()
        self.asterisk_version: str | None = None

    @property
    def connected(self) -> bool:
        """Whether actions would be sent now."""
        return self.state is AmiState.CONNECTED

    def on_state_change(self, listener: StateListener) -> None:
        """Call `listener` with each new state, on the event loop."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Begin to connect in the background and return at once.

        Raises:
            AmiNotConfigured: there is no secret to log in with.
            AmiUnsafeValue: the user or the secret cannot be sent.
        """
        if self._settings.secret is None:
            raise AmiNotConfigured("no AMI secret is set")
        check_action("Login", {"Username": self._settings.username, "Secret": self._settings.secret.get_secret_value()})
        if self._keeper is None:
            self.last_problem = "still connecting"
            self._enter(AmiState.DISCONNECTED)
            self._keeper = asyncio.create_task(self._keep_connected())

    async def close(self) -> None:
        """Disconnect for good; actions under way end with AmiConnectionLost, subscriptions end."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
            self._keeper = None
        self.last_problem = "closed"
        self._enter(AmiState.CLOSED)
        for subscription in list(self._subscriptions):
            subscription.close()

    async def wait_connected(self, limit_seconds: float) -> None:
        """Wait until logged in.

        Raises:
            AmiTimeout: with the reason why there is no connection.
        """
        try:
            async with asyncio.timeout(limit_seconds):
                await self._connected.wait()
        except TimeoutError as error:
            raise AmiTimeout(f"no AMI connection within {limit_seconds} s: {self.last_problem}") from error

    async def action(self, name: str, /, *, limit_seconds: float | None = None, **fields: FieldValue) -> AmiResponse:
        """Send an action and wait for its whole answer; a tuple of values becomes repeated lines.

        An action is sent now or never: one that cannot be sent is refused at once, since a Redirect or Originate that
        runs late, after a reconnect, does harm.

        Raises:
            AmiDisconnected: there is no connection; nothing was sent.
            AmiConnectionLost: the connection ended meanwhile; the action may have been done.
            AmiTimeout: no answer in time; the action may have been done.
            AmiRejected: Asterisk says no.
            AmiBusy, AmiUnsafeValue: nothing was sent.
        """
        check_action(name, fields)
        if self._manager is None:
            raise AmiDisconnected(f"no AMI connection: {self.last_problem}")
        return await self._ask(self._manager, name, fields, limit_seconds)

    def subscribe(self, *event_names: str, queue_size: int = 1000) -> AmiSubscription:
        """Collect events of these names (of all, when none is given) until the subscription is closed."""
        subscription = AmiSubscription(event_names, queue_size, self._subscriptions.discard)
        self._subscriptions.add(subscription)
        return subscription

    async def _ask(
        self, manager: GuardedManager, name: str, fields: dict[str, FieldValue], limit_seconds: float | None
    ) -> AmiResponse:
        limit_seconds = self._settings.action_limit_seconds if limit_seconds is None else limit_seconds
        action = GuardedAction({"Action": name, **fields}, self._settings.list_limit_events)
        protocol: GuardedProtocol = manager.protocol
        answer = protocol.send(action)
        try:
            async with asyncio.timeout(limit_seconds):
                messages = await answer
        except TimeoutError as error:
            raise AmiTimeout(f"no answer to {name} within {limit_seconds} s") from error
        finally:
            protocol.forget(action)
        response = next(message for message in messages if "Response" in message)
        if not response.success:
            raise AmiRejected("\n".join(values_of(response, "Message")))
        events = [message for message in messages if "Event" in message and "EventList" not in message]
        return response_from_messages(response, events)

    async def _keep_connected(self) -> None:
        while True:
            state = AmiState.DISCONNECTED
            began_at = asyncio.get_running_loop().time()
            manager = GuardedManager(self._settings, self.counters, self._publish)
            try:
                await self._live_through(manager)
            except AmiLoginRefused as error:
                state = AmiState.LOGIN_REFUSED
                self.counters.login_failures += 1
                self.last_problem = f"Asterisk refuses the login of {self._settings.username}: {error}"
            except AmiConnectionLost as error:
                self.counters.connections_lost += 1
                self.last_problem = str(error)
                if asyncio.get_running_loop().time() - began_at > self._delay_seconds:
                    self._delay_seconds = self._settings.reconnect_min_seconds
            except (AmiError, OSError) as error:  # TimeoutError is an OSError
                self.counters.connect_failures += 1
                self.last_problem = str(error) or "connecting or logging in took too long"
            except Exception as error:  # whatever it is, a line that has lost its AMI for ever is worse
                self.counters.connect_failures += 1
                self.last_problem = f"a fault of ours: {error!r}"
                log.exception("AMI connection failed in an unforeseen way")
            finally:
                self._manager = None
                manager.close()
            await self._back_off(state)

    async def _live_through(self, manager: GuardedManager) -> None:
        """Connect, log in, and stay until the connection ends, which it does by an error."""
        async with asyncio.timeout(self._settings.connect_limit_seconds):
            await manager.connect()
            if manager.login_answer is None:
                raise AmiDisconnected(f"the AMI connection ended: {manager.protocol.end_reason}")
            try:
                answer = (await manager.login_answer)[0]
            except AmiConnectionLost as error:
                raise AmiDisconnected(f"before the login was answered, {error}") from error
        if not answer.success:
            reason = "\n".join(values_of(answer, "Message"))
            # An Asterisk on its way down still takes connections, and refuses every login with these words.
            raise AmiDisconnected(reason) if "shutting down" in reason else AmiLoginRefused(reason)
        self.asterisk_version = await self._fetch_version(manager)
        protocol: GuardedProtocol = manager.protocol
        if not protocol.ended.is_set():
            self._manager = manager
            self.counters.reconnects += self.counters.logins > 0
            self.counters.logins += 1
            self.last_problem = self._told_problem = ""
            self._enter(AmiState.CONNECTED)
        await protocol.ended.wait()
        raise AmiConnectionLost(f"the AMI connection ended: {protocol.end_reason}")

    async def _fetch_version(self, manager: GuardedManager) -> str | None:
        try:
            response = await self._ask(manager, "CoreSettings", {}, None)
        except AmiError as error:
            log.warning("Asterisk does not tell its version", problem=str(error))
            return None
        return response.fields.get("AsteriskVersion")

    async def _back_off(self, state: AmiState) -> None:
        refused = state is AmiState.LOGIN_REFUSED
        longest_seconds = self._settings.refused_max_seconds if refused else self._settings.reconnect_max_seconds
        pause_seconds = min(self._delay_seconds, longest_seconds) * random.uniform(0.8, 1.0)
        self._delay_seconds = min(self._delay_seconds * 2, longest_seconds)
        # An Asterisk that is down for an hour is told once; a refused login each time, since somebody must act.
        is_news = self.last_problem != self._told_problem
        report = log.error if refused else log.warning if is_news else log.debug
        self._told_problem = self.last_problem
        report(
            "No AMI connection",
            host=self._settings.host,
            port=self._settings.port,
            problem=self.last_problem,
            next_try_seconds=round(pause_seconds, 1),
        )
        self._enter(state)
        await asyncio.sleep(pause_seconds)

    def _enter(self, state: AmiState) -> None:
        if state is self.state:
            return
        self.state = state
        if self.connected:
            self._connected.set()
            log.info("AMI connected", asterisk_version=self.asterisk_version, logins=self.counters.logins)
        else:
            self._connected.clear()
        for listener in self._listeners:
            try:
                listener(state)
            except Exception:
                log.exception("AMI state listener failed", state=state)

    def _publish(self, message: Message) -> None:
        self.counters.events += 1
        wanting = [subscription for subscription in self._subscriptions if subscription.wants(message.event)]
        if wanting:
            event = event_from_message(message)
            for subscription in wanting:
                self.counters.events_dropped += not subscription.put(event)
