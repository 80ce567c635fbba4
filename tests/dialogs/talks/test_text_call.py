"""A call in text: what the engine must not do is found, and understanding is learnt once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import Engine
from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import (
    Ask,
    CallStarted,
    Event,
    Heard,
    HungUp,
    Intent,
    Prompt,
    RunAction,
    Say,
    Turn,
    Understood,
)
from dialogs.nlu.embedded import EmbeddedUnderstanding
from dialogs.talks.text_call import BadTurn, TextCall
from dialogs.talks.understanding import CannotLearn, FolderUnderstanding
from tests.dialogs.talks.conftest import Played

HELLO = Say((Prompt("utter_hello", "Здравствуйте!"),))


class OneTurnEngine(Engine):
    """Answers everything with one turn."""

    def __init__(self, bundle: Bundle, turn: Turn, state: DialogueState | None = None) -> None:
        super().__init__(bundle)
        self.turn = turn
        self.state = state

    def step(self, state: DialogueState, event: Event) -> tuple[DialogueState, Turn]:
        return self.state or state, self.turn


async def understand(text: str) -> Understood:
    return Understood((Intent(text, 1.0),))


def question(bundle: Bundle) -> Ask:
    _, (*_, asked) = Engine(bundle).step(Engine(bundle).begin(), CallStarted(None))
    assert isinstance(asked, Ask)
    return asked


async def test_a_turn_that_ends_in_silence_is_a_fault(bundle: Bundle) -> None:
    asked = question(bundle)
    for turn in ((), (HELLO,), (asked, HELLO), (asked, asked), (Ask((), asked.question),)):
        with pytest.raises(BadTurn):
            await TextCall(OneTurnEngine(bundle, turn), understand, None).tell(Heard("да"))


async def test_a_state_that_does_not_survive_its_saving_is_a_fault(bundle: Bundle) -> None:
    lossy = DialogueState(bundle.hash, asked=["дело"])  # type: ignore[arg-type]  # comes back as a tuple
    with pytest.raises(BadTurn, match="another one"):
        await TextCall(OneTurnEngine(bundle, (question(bundle),), lossy), understand, None).tell(Heard("да"))


async def test_nothing_follows_a_hang_up(bundle: Bundle) -> None:
    call = TextCall(Engine(bundle), understand, None)
    await call.tell(CallStarted("+79160000001"))
    assert (await call.tell(HungUp())).last is None


async def test_without_an_outside_an_action_ends_the_reaction(bundle: Bundle) -> None:
    call = TextCall(Engine(bundle), understand, None)
    await call.tell(CallStarted("+79160000001"))
    reaction = await call.tell(Heard("баланс"))
    assert isinstance(reaction.last, RunAction)
    assert reaction.actions == (reaction.last,)
    assert reaction.outcomes == ()


def test_a_phrase_that_nobody_can_understand_fails_its_conversation(played: Played) -> None:
    slots = "test_cases:\n  - test_case: a\n    steps:\n      - user: сами не знаем чего\n"
    (result,) = played(slots).cases
    assert result.failure is not None
    assert result.failure.place.line == 4
    assert result.failure.message.startswith("понимание не обучить:")


PHRASES = """
nlu:
  - intent: hours
    examples: |
      - до скольки вы работаете
      - часы работы магазина
      - когда вы закрываетесь
  - intent: place
    examples: |
      - где вы находитесь
      - адрес магазина
      - как вас найти
"""


@pytest.fixture
def learning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A folder of phrases beside which each learning is noted by its number of phrases."""
    learnt: list[int] = []
    learn = EmbeddedUnderstanding.__init__

    def noted(self: EmbeddedUnderstanding, examples: tuple[object, ...]) -> None:
        learnt.append(len(examples))
        learn(self, examples)  # type: ignore[arg-type]

    monkeypatch.setattr(EmbeddedUnderstanding, "__init__", noted)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text(PHRASES)
    return learnt


async def test_the_same_phrases_are_learnt_once_in_a_process(learning: list[int], tmp_path: Path) -> None:
    meant = await FolderUnderstanding(tmp_path).understand("часы работы")
    assert meant.intents[0].name == "hours"
    await FolderUnderstanding(tmp_path).understand("адрес")
    other = Path(shutil.copytree(tmp_path, tmp_path / "copy"))
    await FolderUnderstanding(other).understand("адрес")
    assert learning == [6]
    (tmp_path / "data" / "nlu.yml").write_text(PHRASES + "      - на какой вы улице\n")
    await FolderUnderstanding(tmp_path).understand("адрес")
    assert learning == [6, 7]


async def test_too_few_phrases_teach_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text("nlu:\n  - intent: one\n    examples: |\n      - раз\n")
    with pytest.raises(CannotLearn, match="мало фраз"):
        await FolderUnderstanding(tmp_path).understand("раз")
