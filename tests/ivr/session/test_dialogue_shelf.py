"""Which dialogue a call gets, and how a published one comes to a worker."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dialogs.engine.vocabulary import CallStarted
from dialogs.nlu import assembly
from dialogs.nlu.assembly import Understandings
from dialogs.nlu.embedded import EmbeddedUnderstanding
from dialogs.nlu.settings import UnderstandingSettings
from dialogs.nlu.training_data import Example
from dialogs.reader import FlowErrors
from dialogs.reader.content import content_hash
from dialogs.settings import DialogueSettings
from dialogs.studio.local_copy import LocalCopy
from dialogs.studio.port import Pointer, PublishedDialogues, Version
from dialogs.studio.publishing import read_files
from dialogs.studio.redis_store import RedisPublishedDialogues
from integrations.redis_link import RedisLink
from ivr.observability.metrics import Metrics
from ivr.session import dialogue_shelf
from ivr.session.dialogue import Dialogue
from ivr.session.dialogue_loader import DialogueLoader
from ivr.session.dialogue_shelf import DialogueShelf
from ivr.session.dialogue_versions import DialogueUnavailable
from tests.dialogs.studio.dialogues import packed, small_dialogue
from tests.dialogs.studio.fake import FakePublishedDialogues
from tests.integrations.conftest import own_redis_link as own_redis_link
from tests.integrations.conftest import own_redis_server as own_redis_server
from tests.integrations.redis_server import RedisServer

LIMIT_SECONDS = 20.0
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Speech:
    """Notes what is spoken ahead; holds it up when the test says so."""

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.released = asyncio.Event()
        self.released.set()

    async def warm_up(self, texts: Iterable[str]) -> int:
        self.spoken += texts
        await self.released.wait()
        return 0


class CountingLoader(DialogueLoader):
    """The real loader; counts, and fails or waits when the test says so."""

    loads = 0
    fails_with: Exception | None = None
    gate: threading.Event | None = None

    def load(self, folder: Path) -> Dialogue:
        self.loads += 1
        if self.gate is not None:
            assert self.gate.wait(LIMIT_SECONDS)
        if self.fails_with is not None:
            raise self.fails_with
        return super().load(folder)


class Worker:
    """A shelf with all it needs; `start` again is a worker started anew on the same disk."""

    def __init__(self, state: Path, store: PublishedDialogues, stack: AsyncExitStack) -> None:
        self.state = state
        self.store = store
        self.folder = small_dialogue(state, hello="Из папки.")
        self.speech = Speech()
        self.metrics = Metrics()
        self.loader: CountingLoader
        self.shelf: DialogueShelf
        self._stack = stack
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.stop()
        understandings = Understandings(UnderstandingSettings(), lambda tried: None)
        self._stack.push_async_callback(understandings.close)
        self.loader = CountingLoader(DialogueSettings(), understandings, self.speech, (), lambda error, event: None)
        self.metrics = Metrics()
        self.shelf = DialogueShelf(
            self.store, LocalCopy(self.state / "dialogues"), self.loader, self.folder, self.metrics
        )
        await self.shelf.open()
        self._running = asyncio.create_task(self.shelf.run())

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def publish(self, hello: str, change: Callable[[Path], None] = lambda folder: None) -> str:
        """Store a version as somebody would who checks nothing; return its name."""
        folder = small_dialogue(self.state, hello)
        change(folder)
        name = content_hash(read_files(folder))
        await self.store.add(Version(name, NOW, "Анна", hello), packed(folder))
        return name

    async def move(self, how: Callable[[Pointer], Pointer]) -> None:
        await self.store.move(how(await self.store.pointer() or Pointer()))

    async def activate(self, hello: str, change: Callable[[Path], None] = lambda folder: None) -> str:
        name = await self.publish(hello, change)
        await self.move(lambda pointer: pointer.activate(name))
        return name

    def greeting(self, call_id: str = "call") -> str:
        return greeting(self.shelf.for_call(call_id))

    def errors(self, kind: str) -> float:
        return self.metrics.registry.get_sample_value("yulia_errors_total", {"kind": kind}) or 0.0


def greeting(dialogue: Dialogue) -> str:
    _, turn = dialogue.engine.step(dialogue.engine.begin(), CallStarted("+79160000001"))
    return str(turn[0].prompts[0].text)  # type: ignore[union-attr]


async def soon(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while not holds():
            await asyncio.sleep(0.01)


def break_flow(folder: Path) -> None:
    shop = folder / "flows" / "shop.yml"
    shop.write_text(shop.read_text().replace("say: utter_hello", "say: utter_helo"))


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue_shelf, "ROUND_SECONDS", 0.02)
    monkeypatch.setattr(dialogue_shelf, "RETRY_SECONDS", 0.1)


@pytest.fixture
def store() -> FakePublishedDialogues:
    return FakePublishedDialogues()


@pytest.fixture
async def worker(tmp_path: Path, store: FakePublishedDialogues) -> AsyncIterator[Worker]:
    async with AsyncExitStack() as stack:
        one = Worker(tmp_path, store, stack)
        stack.push_async_callback(one.stop)
        yield one


async def test_until_something_is_published_the_folder_of_the_settings_serves(worker: Worker) -> None:
    await worker.start()
    assert worker.greeting() == "Из папки."
    assert worker.shelf.state.up


async def test_a_broken_folder_stops_the_start_as_it_always_did(worker: Worker) -> None:
    break_flow(worker.folder)
    with pytest.raises(FlowErrors):
        await worker.start()


async def test_a_published_version_gets_new_calls_while_a_running_call_keeps_its_own(worker: Worker) -> None:
    await worker.start()
    first = await worker.activate("Первая.")
    await soon(lambda: worker.greeting() == "Первая.")
    running = worker.shelf.for_call("running")
    second = await worker.activate("Вторая.")
    await soon(lambda: worker.greeting() == "Вторая.")
    assert running.bundle_hash == first
    assert greeting(running) == "Первая."
    assert (await running.understanding.parse("какая погода")).intent is None
    assert worker.shelf.for_call("new").bundle_hash == second


async def test_a_dialogue_is_gone_when_its_last_call_has_ended(worker: Worker) -> None:
    await worker.start()
    await worker.activate("Первая.")
    await soon(lambda: worker.greeting() == "Первая.")
    running = worker.shelf.for_call("running")
    engine = weakref.ref(running.engine)
    await worker.activate("Вторая.")
    await soon(lambda: worker.greeting() == "Вторая.")
    gc.collect()
    assert engine() is not None
    del running
    gc.collect()
    assert engine() is None


async def test_nobody_gets_a_version_before_its_sentences_are_spoken(worker: Worker) -> None:
    await worker.start()
    worker.speech.released.clear()
    await worker.activate("Первая.")
    await soon(lambda: "Первая." in worker.speech.spoken)
    await asyncio.sleep(0.1)
    assert worker.greeting() == "Из папки."
    worker.speech.released.set()
    await soon(lambda: worker.greeting() == "Первая.")


async def test_while_a_version_is_loaded_calls_begin_and_the_loop_is_free(worker: Worker) -> None:
    await worker.start()
    worker.loader.gate = threading.Event()
    before = worker.loader.loads
    await worker.activate("Первая.")
    await soon(lambda: worker.loader.loads > before)
    assert worker.greeting() == "Из папки."
    worker.loader.gate.set()
    await soon(lambda: worker.greeting() == "Первая.")


async def test_a_version_that_cannot_be_loaded_leaves_the_old_one_in_force(worker: Worker) -> None:
    await worker.start()
    good = await worker.activate("Первая.")
    await soon(lambda: worker.greeting() == "Первая.")
    with capture_logs() as logs:
        bad = await worker.activate("Сломанная.", break_flow)
        await soon(lambda: not worker.shelf.state.up)
        loads = worker.loader.loads
        await asyncio.sleep(0.3)
    assert worker.loader.loads == loads, "what is broken stays broken: it is not loaded again and again"
    assert worker.greeting() == "Первая."
    assert worker.errors("dialogue") == 1
    assert any("utter_helo" in entry.get("reason", "") for entry in logs)
    assert good[:12] in worker.shelf.state.note
    assert bad[:12] in worker.shelf.state.note
    await worker.activate("Вторая.")
    await soon(lambda: worker.greeting() == "Вторая.")
    assert worker.shelf.state.up


async def test_a_passing_fault_is_tried_again(worker: Worker) -> None:
    await worker.start()
    worker.loader.fails_with = OSError("no space left")
    await worker.activate("Первая.")
    await soon(lambda: not worker.shelf.state.up)
    assert worker.greeting() == "Из папки."
    worker.loader.fails_with = None
    await soon(lambda: worker.greeting() == "Первая.")
    assert worker.shelf.state.up


async def test_a_damaged_archive_is_refused_until_it_is_mended(worker: Worker, store: FakePublishedDialogues) -> None:
    await worker.start()
    name = await worker.publish("Первая.")
    whole = store.archives[name]
    store.archives[name] = whole[:-100]
    await worker.move(lambda pointer: pointer.activate(name))
    await soon(lambda: not worker.shelf.state.up)
    assert worker.greeting() == "Из папки."
    store.archives[name] = whole
    await soon(lambda: worker.greeting() == "Первая.")


async def test_a_trial_gets_its_share_and_a_call_always_the_same_dialogue(worker: Worker) -> None:
    await worker.start()
    await worker.activate("Первая.")
    trial = await worker.publish("Пробная.")
    await worker.move(lambda pointer: pointer.try_out(trial, 20))
    calls = [f"call-{number}" for number in range(1000)]
    await soon(lambda: any(worker.shelf.for_call(call).bundle_hash == trial for call in calls))
    chosen = [worker.shelf.for_call(call).bundle_hash for call in calls]
    assert 150 < chosen.count(trial) < 250
    assert chosen == [worker.shelf.for_call(call).bundle_hash for call in calls]
    loads = worker.loader.loads
    await worker.move(lambda pointer: pointer.activate(trial))
    await soon(lambda: {worker.shelf.for_call(call).bundle_hash for call in calls} == {trial})
    assert worker.loader.loads == loads, "it was here already"


async def test_a_trial_that_cannot_be_loaded_gets_no_call(worker: Worker) -> None:
    await worker.start()
    first = await worker.activate("Первая.")
    trial = await worker.publish("Пробная.", break_flow)
    await worker.move(lambda pointer: pointer.try_out(trial, 100))
    await soon(lambda: not worker.shelf.state.up)
    assert worker.shelf.for_call("call").bundle_hash == first
    await worker.move(lambda pointer: pointer.end_trial())
    await soon(lambda: worker.shelf.state.up)


async def test_rolling_back_to_the_folder_reads_it_anew(worker: Worker) -> None:
    await worker.start()
    await worker.activate("Первая.")
    await soon(lambda: worker.greeting() == "Первая.")
    await worker.move(lambda pointer: pointer.roll_back())
    await soon(lambda: worker.greeting() == "Из папки.")


async def test_a_start_without_the_store_serves_what_took_calls_last(
    worker: Worker, store: FakePublishedDialogues
) -> None:
    await worker.start()
    first = await worker.activate("Первая.")
    trial = await worker.publish("Пробная.")
    await worker.move(lambda pointer: pointer.try_out(trial, 100))
    await soon(lambda: (LocalCopy(worker.state / "dialogues").pointer() or Pointer()).canary == trial)
    store.down = True
    await worker.start()
    assert worker.greeting() == "Пробная."
    assert first[:12] in worker.shelf.state.note
    assert "out of reach" in worker.shelf.state.note
    assert worker.errors("dialogue_store") == 1
    store.down = False
    await soon(lambda: worker.shelf.state.up)


async def test_a_version_that_was_never_good_is_not_what_a_start_without_the_store_serves(
    worker: Worker, store: FakePublishedDialogues
) -> None:
    await worker.start()
    await worker.activate("Первая.")
    await soon(lambda: LocalCopy(worker.state / "dialogues").pointer() is not None)
    await worker.activate("Сломанная.", break_flow)
    await soon(lambda: not worker.shelf.state.up)
    store.down = True
    await worker.start()
    assert worker.greeting() == "Первая."


async def test_a_start_with_a_broken_active_version_serves_the_one_before_it(worker: Worker) -> None:
    await worker.activate("Первая.")
    await worker.activate("Вторая.", break_flow)
    await worker.activate("Третья.", break_flow)
    await worker.start()
    assert worker.greeting() == "Первая."
    assert not worker.shelf.state.up


async def test_a_start_with_nothing_but_broken_versions_serves_the_folder(worker: Worker) -> None:
    await worker.activate("Первая.", break_flow)
    await worker.start()
    assert worker.greeting() == "Из папки."
    assert not worker.shelf.state.up
    await worker.activate("Вторая.")
    await soon(lambda: worker.greeting() == "Вторая.")


async def test_a_store_that_lost_everything_changes_nothing(worker: Worker, store: FakePublishedDialogues) -> None:
    await worker.start()
    await worker.activate("Первая.")
    await soon(lambda: LocalCopy(worker.state / "dialogues").pointer() is not None)
    store.forget()
    await soon(lambda: not worker.shelf.state.up)
    assert worker.greeting() == "Первая."
    await worker.start()
    assert worker.greeting() == "Первая."


async def test_a_disk_that_is_full_is_told_and_calls_go_on(worker: Worker) -> None:
    (worker.state / "dialogues").write_text("a file where the folder should be")
    await worker.start()
    await worker.activate("Первая.")
    await soon(lambda: worker.greeting() == "Первая.")
    await soon(lambda: worker.errors("dialogue_copy") > 0)
    (worker.state / "dialogues").unlink()
    await soon(lambda: LocalCopy(worker.state / "dialogues").pointer() is not None)


async def test_a_resumed_call_gets_the_version_it_began_with_loaded_once_for_all(
    worker: Worker, store: FakePublishedDialogues
) -> None:
    old = await worker.activate("Старая.")
    await worker.activate("Новая.")
    await worker.start()
    loads = worker.loader.loads
    resumed = await asyncio.gather(*(worker.shelf.for_bundle(old) for _ in range(10)))
    assert {greeting(dialogue) for dialogue in resumed} == {"Старая."}
    assert worker.loader.loads == loads + 1
    assert worker.greeting() == "Новая."
    assert await worker.shelf.for_bundle(old) is resumed[0]


async def test_a_resumed_call_that_hangs_up_leaves_the_others_their_version(worker: Worker) -> None:
    old = await worker.activate("Старая.")
    await worker.activate("Новая.")
    await worker.start()
    worker.loader.gate = threading.Event()
    loads = worker.loader.loads
    first, second = (asyncio.create_task(worker.shelf.for_bundle(old)) for _ in range(2))
    await soon(lambda: worker.loader.loads > loads)
    first.cancel()
    worker.loader.gate.set()
    assert greeting(await second) == "Старая."
    assert first.cancelled()


async def test_a_resumed_call_that_began_with_the_folder_gets_the_folder(worker: Worker) -> None:
    name = content_hash(read_files(worker.folder))
    await worker.activate("Новая.")
    await worker.start()
    assert greeting(await worker.shelf.for_bundle(name)) == "Из папки."


@pytest.mark.parametrize("store_is_down", [False, True])
async def test_a_resumed_call_whose_version_is_gone_is_told_so(
    worker: Worker, store: FakePublishedDialogues, store_is_down: bool
) -> None:
    await worker.start()
    store.down = store_is_down
    with pytest.raises(DialogueUnavailable, match="aaaaaaaaaaaa"):
        await worker.shelf.for_bundle("a" * 64)


async def test_the_same_phrases_are_learnt_once(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[int] = []

    def train(examples: Sequence[Example], threshold: float) -> EmbeddedUnderstanding:
        trained.append(len(examples))
        return EmbeddedUnderstanding(examples, threshold)

    monkeypatch.setattr(assembly, "EmbeddedUnderstanding", train)
    await worker.start()
    await worker.activate("Первая.")
    await soon(lambda: worker.greeting() == "Первая.")
    assert trained == [6]

    def learn_more(folder: Path) -> None:
        phrases = folder / "data" / "nlu" / "phrases.yml"
        phrases.write_text(phrases.read_text() + "      - который час\n")

    await worker.activate("Вторая.", learn_more)
    await soon(lambda: worker.greeting() == "Вторая.")
    assert trained == [6, 7]


async def test_metrics_name_what_takes_calls(worker: Worker) -> None:
    await worker.start()
    first = await worker.activate("Первая.")
    trial = await worker.publish("Пробная.")
    await worker.move(lambda pointer: pointer.try_out(trial, 20))

    def told() -> set[tuple[str, str]]:
        (metric,) = (each for each in worker.metrics.registry.collect() if each.name == "yulia_dialogue")
        return {(sample.labels["bundle"], sample.labels["role"]) for sample in metric.samples}

    await soon(lambda: told() == {(first, "active"), (trial, "canary")})
    await worker.move(lambda pointer: pointer.activate(trial))
    await soon(lambda: told() == {(trial, "active")})


async def test_over_a_real_redis_a_version_comes_by_itself_and_outlives_redis(
    tmp_path: Path, own_redis_server: RedisServer, own_redis_link: RedisLink
) -> None:
    async with AsyncExitStack() as stack:
        worker = Worker(tmp_path, RedisPublishedDialogues(own_redis_link), stack)
        stack.push_async_callback(worker.stop)
        await worker.start()
        await worker.activate("Первая.")
        await soon(lambda: worker.greeting() == "Первая.")
        await soon(lambda: LocalCopy(tmp_path / "dialogues").pointer() is not None)
        own_redis_server.kill()
        await worker.start()
        assert worker.greeting() == "Первая."
        own_redis_server.start()
        await worker.activate("Вторая.")
        await soon(lambda: worker.greeting() == "Вторая.")
