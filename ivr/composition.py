"""The composition root: the only place that knows which adapter stands behind which port."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import structlog

from asr_models.assembly import Hearing, load_hearing
from asr_models.port import RecognitionError
from asr_models.settings import HearingSettings
from asr_models.vosk_server_engine import VoskServerRecogniser
from dialogs.actions.changes import Changes
from dialogs.actions.loyalty_actions import LoyaltyActions
from dialogs.engine.vocabulary import Event
from dialogs.nlu.assembly import Understandings
from dialogs.studio.local_copy import LocalCopy
from dialogs.studio.redis_store import RedisPublishedDialogues
from integrations.attempts.redis_attempts import RedisWrongAttempts
from integrations.call_context.redis_store import RedisCallContextStore
from integrations.call_records.spooled_records import SpooledCallRecords
from integrations.call_records.sql_records import SqlCallRecords
from integrations.desk.redis_desk import RedisDesk
from integrations.loyalty.http_client import HttpLoyaltySystem
from integrations.operations.sender import OperationSender
from integrations.operations.spooled_operations import SpooledOperationLog
from integrations.operations.sql_operations import SqlOperationLog
from integrations.redis_link import RedisLink
from ivr.agi.server import AgiServer
from ivr.ami.client import AmiClient
from ivr.audio.audiosocket import AudioSocketServer
from ivr.audio.clock import FrameClock
from ivr.handoff.context_keeper import ContextKeeper
from ivr.handoff.desk_watch import DeskWatch
from ivr.line.state import StateFolders, default_state_dir
from ivr.observability.metrics import Metrics
from ivr.observability.web import ObservabilityServer, PartState
from ivr.operation_upkeep import OperationUpkeep
from ivr.session.call_handler import CallHandler, CallParts
from ivr.session.conversation import ConversationParts
from ivr.session.dialogue_loader import DialogueLoader
from ivr.session.dialogue_shelf import DialogueShelf
from ivr.session.key_relay import KeyRelay
from ivr.settings import Settings
from ivr.worker_upkeep import WorkerUpkeep
from tts.assembly import prompt_speech
from tts.prompt_speech import TelephonePromptSpeech

log = structlog.get_logger()

Setting = TypeVar("Setting")

SPOOLING_SECONDS = 1.0
"""What writing an operation into the spool may take, after the database has used up its limit."""


class SettingsIncomplete(Exception):
    """A setting that a worker cannot do without is missing; the message names it."""


class Worker:
    """A worker that serves calls, as seen by whoever runs it."""

    def __init__(self, agi: AgiServer, audio: AudioSocketServer, web: ObservabilityServer, calls: CallHandler) -> None:
        self._agi = agi
        self._audio = audio
        self._web = web
        self._calls = calls

    @property
    def addresses(self) -> Mapping[str, str]:
        """Return where the worker listens, by part."""
        return {"agi_port": str(self._agi.port), "audio": self._audio.address, "web_port": str(self._web.port)}

    @property
    def calls(self) -> int:
        """Return how many calls are being served."""
        return self._calls.active


@asynccontextmanager
async def running_worker(settings: Settings) -> AsyncIterator[Worker]:
    """Build every part from the settings, serve while the block runs, and take everything down in reverse.

    Raises:
        SettingsIncomplete, FlowErrors, ValueError (too few phrases), OSError (a port is taken)
    """
    async with AsyncExitStack() as stack:
        metrics = Metrics()
        state_dir = (settings.line.state_dir or default_state_dir()).absolute()
        hearing = await _load_hearing(settings.hearing, StateFolders(state_dir).models)
        if hearing.recogniser is not None:
            stack.push_async_callback(hearing.recogniser.close)
        understandings = Understandings(settings.understanding, metrics.understanding_tried)
        stack.push_async_callback(understandings.close)
        speech = _build_speech(settings, state_dir)
        stack.push_async_callback(speech.close)

        link = RedisLink(settings.redis)
        stack.push_async_callback(link.close)
        records = _open_records(settings, state_dir, stack)
        loyalty = HttpLoyaltySystem(
            _needed(settings.loyalty.url, "YULIA_LOYALTY__URL"),
            _needed(settings.loyalty.token, "YULIA_LOYALTY__TOKEN"),
            settings.loyalty,
        )
        stack.push_async_callback(loyalty.close)
        operations = _open_operations(settings, state_dir, stack)
        operation_upkeep = OperationUpkeep(metrics, operations, settings.retention, settings.database.url or "")
        sender = OperationSender(operations, loyalty, settings.operations, on_settled=operation_upkeep.settled)
        secret = _needed(settings.attempts.secret, "YULIA_ATTEMPTS__SECRET").get_secret_value().encode()
        changes = Changes(
            operations,
            sender,
            secret=secret,
            accepting_seconds=settings.database.limit_seconds + SPOOLING_SECONDS,
        )
        stack.push_async_callback(changes.close)
        actions = LoyaltyActions(loyalty, RedisWrongAttempts(link, settings.attempts, secret=secret), changes)

        def fault(error: Exception, event: Event) -> None:
            metrics.errors.labels("engine").inc()
            log.error("engine fault", after=type(event).__name__, exc_info=error)

        shelf = DialogueShelf(
            RedisPublishedDialogues(link),
            LocalCopy(StateFolders(state_dir).dialogues),
            DialogueLoader(settings.dialogue, understandings, speech, actions.names, fault),
            settings.dialogue.flows_folder,
            metrics,
        )
        await shelf.open()

        ami = AmiClient(settings.ami)
        await ami.start()
        stack.push_async_callback(ami.close)
        contexts = ContextKeeper(RedisCallContextStore(link, settings.retention), metrics)
        stack.push_async_callback(contexts.close)
        watch = DeskWatch(ami, contexts, RedisDesk(link, settings.retention), records, metrics)
        relay = KeyRelay(ami)

        audio = AudioSocketServer(settings.audio, FrameClock(metrics.clock_late_seconds.observe))
        await audio.start()
        stack.push_async_callback(audio.close)

        calls = CallHandler(
            CallParts(
                conversation=ConversationParts(
                    speech=speech,
                    recogniser=hearing.recogniser,
                    actions=actions,
                    metrics=metrics,
                    settings=settings.session,
                    listening=settings.listening,
                ),
                dialogues=shelf,
                audio=audio,
                contexts=contexts,
                records=records,
                metrics=metrics,
                worker=_worker_name(settings),
                on_live_call=relay.live_call,
            )
        )
        agi = AgiServer(settings.agi, {"call": calls.handle})
        upkeep = WorkerUpkeep(
            metrics, speech, records, audio, settings.retention, settings.database.url or "", _worker_name(settings)
        )

        warmed_up, accepting = asyncio.Event(), asyncio.Event()

        def parts() -> Mapping[str, PartState]:
            return {
                "agi": PartState(accepting.is_set(), needed=True),
                "speech": PartState(warmed_up.is_set(), needed=True, note="" if warmed_up.is_set() else "warming up"),
                "hearing": PartState(hearing.is_up, needed=False, note=hearing.state),
                "ami": PartState(ami.connected, needed=False, note="" if ami.connected else ami.last_problem),
                "understanding": PartState(
                    understandings.preferred_is_up, needed=False, note=f"asked first: {understandings.asked_first}"
                ),
                "dialogue": shelf.state,
                "redis": PartState(upkeep.redis_up, needed=False),
                "operations": PartState(operation_upkeep.is_up, needed=False, note=operation_upkeep.note),
            }

        web = ObservabilityServer(settings.web, metrics, parts)
        await web.start()
        stack.push_async_callback(web.close)
        await upkeep.open_records()
        await operation_upkeep.open()
        for work in (
            watch.run(),
            relay.run(),
            upkeep.run(link),
            operation_upkeep.run(),
            sender.run(),
            understandings.watch(),
        ):
            _keep_running(work, stack)

        await shelf.warm_up()
        # What is here stays: otherwise reading the next dialogue sets off a full collection, which holds up all calls
        # (measured: 0.7 s on a busy machine, 0.04 s so).
        gc.collect()
        gc.freeze()
        _keep_running(shelf.run(), stack)
        warmed_up.set()
        await agi.start()
        accepting.set()
        stack.push_async_callback(agi.close)
        yield Worker(agi, audio, web, calls)


async def _load_hearing(settings: HearingSettings, models_dir: Path) -> Hearing:
    hearing = await asyncio.to_thread(load_hearing, settings, models_dir)
    for problem in hearing.problems:
        log.error("a speech model cannot be used", reason=problem)
    if hearing.recogniser is None:
        log.error("no speech recognition: the line works by keys")
    elif isinstance(hearing.recogniser, VoskServerRecogniser):
        try:
            await hearing.recogniser.probe()
        except RecognitionError as error:  # it is tried again at each answer by voice
            log.error("no speech recognition for now: the line works by keys", reason=str(error))
    return hearing


def _build_speech(settings: Settings, state_dir: Path) -> TelephonePromptSpeech:
    folders = {
        "cache_dir": settings.speech.cache_dir or state_dir / "speech-cache",
        "rhvoice_dir": settings.speech.rhvoice_dir or default_state_dir() / "rhvoice",
    }
    return prompt_speech(settings.speech.model_copy(update=folders))


def _open_records(settings: Settings, state_dir: Path, stack: AsyncExitStack) -> SpooledCallRecords:
    database = SqlCallRecords(
        _needed(settings.database.url, "YULIA_DATABASE__URL"),
        limit_seconds=settings.database.limit_seconds,
        connections=settings.database.connections,
    )
    stack.push_async_callback(database.close)
    spool = SpooledCallRecords(
        database,
        state_dir / f"{_worker_name(settings)}.call-records.spool",
        limit_megabytes=settings.database.spool_limit_megabytes,
    )
    stack.callback(spool.close)
    return spool


def _open_operations(settings: Settings, state_dir: Path, stack: AsyncExitStack) -> SpooledOperationLog:
    database = SqlOperationLog(
        _needed(settings.database.url, "YULIA_DATABASE__URL"),
        limit_seconds=settings.database.limit_seconds,
        connections=settings.database.connections,
    )
    stack.push_async_callback(database.close)
    spool = SpooledOperationLog(
        database,
        state_dir / f"{_worker_name(settings)}.operations.spool",
        limit_megabytes=settings.database.spool_limit_megabytes,
    )
    stack.callback(spool.close)
    return spool


def _worker_name(settings: Settings) -> str:
    """Name a worker by host and AGI port: the same after a restart, so that it finds its spool and its stale calls."""
    return f"{socket.gethostname()}-{settings.agi.port}"


def _needed(value: Setting | None, variable: str) -> Setting:
    if value is None:
        raise SettingsIncomplete(f"{variable} is not set: start the worker with `yulia run`, or set it")
    return value


def _keep_running(work: Coroutine[object, object, None], stack: AsyncExitStack) -> None:
    task = asyncio.get_running_loop().create_task(work)

    def ended(done: asyncio.Task[None]) -> None:
        if not done.cancelled() and (error := done.exception()) is not None:
            log.critical("a part of the worker broke: it stops, to be started again", exc_info=error)
            os.kill(os.getpid(), 15)

    async def stop() -> None:
        task.remove_done_callback(ended)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    task.add_done_callback(ended)
    stack.push_async_callback(stop)
