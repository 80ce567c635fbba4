"""What counts of an answer that other speech stands beside; the looks' readings are scripted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_models.port import FREE_SPEECH, Hypothesis, PhraseList, RecognitionError
from dialogs.engine.vocabulary import Question
from dialogs.grammar import yes_no
from dialogs.grammar.words import UNKNOWN
from ivr.listening.second_look import SecondLook
from tests.ivr.listening.test_second_look import ANYTHING_ELSE, READ_BACK


@dataclass(slots=True)
class ScriptedStream:
    """Implements `asr_models.port.RecognitionStream`."""

    reading: tuple[str, ...]
    fails: bool = False

    def feed(self, pcm16: bytes) -> None:
        pass

    async def partials(self) -> AsyncIterator[Hypothesis]:
        return
        yield

    async def finish(self) -> Hypothesis:
        if self.fails:
            raise RecognitionError("too slow")
        text, *others = self.reading
        return Hypothesis(text, 1.0 if text else 0.0, is_final=True, alternatives=tuple(others))

    def cancel(self) -> None:
        pass


@dataclass(slots=True)
class ScriptedRecogniser:
    """Reads the same speech by the question's list, by the list of corrections and freely."""

    listed: str
    corrected: tuple[str, ...] = ("",)
    free: str = ""
    looks_fail: bool = False
    name: str = "scripted"

    def open_stream(self, phrases: PhraseList) -> ScriptedStream:
        if phrases == FREE_SPEECH:
            return ScriptedStream((self.free,), self.looks_fail)
        if phrases.dictation:
            return ScriptedStream(self.corrected, self.looks_fail)
        return ScriptedStream((self.listed,))

    def vocabulary_lacks(self, phrases: PhraseList) -> tuple[str, ...]:
        return ()

    async def close(self) -> None:
        pass


async def heard(recogniser: ScriptedRecogniser, question: Question = ANYTHING_ELSE) -> Hypothesis:
    return await SecondLook(recogniser, question).open_stream(PhraseList(question.phrases)).finish()


@pytest.mark.parametrize("listed", ["нет [unk]", "[unk] да", "да [unk]"])
async def test_a_yes_or_no_beside_unknown_speech_needs_free_speech_to_hold_it(listed: str) -> None:
    answer = await heard(ScriptedRecogniser(listed, free="пакет для"))
    assert all(yes_no.parse(reading) is None for reading in (answer.text, *answer.alternatives))


@pytest.mark.parametrize(
    ("listed", "free"), [("да [unk]", "да это моя карта"), ("нет [unk]", "нет больше ничего"), ("[unk] да", "ну да")]
)
async def test_an_answer_that_free_speech_holds_as_well_is_an_answer(listed: str, free: str) -> None:
    assert (await heard(ScriptedRecogniser(listed, free=free))).text == listed


async def test_an_answer_by_itself_is_not_looked_at_again() -> None:
    assert (await heard(ScriptedRecogniser("да конечно", free="баланс"))).text == "да конечно"


async def test_a_yes_that_only_free_speech_holds_is_none() -> None:
    answer = await heard(ScriptedRecogniser("[unk]", free="ладно заблокировать карту"))
    assert answer.text == "[unk] заблокировать карту"


async def test_a_yes_that_only_the_look_for_corrections_holds_confirms_no_number() -> None:
    looks = ScriptedRecogniser(
        "[unk]",
        ("третья группа сорок верно", "верно сорок", "третья группа сорок"),
        "третья группа сорок верно",
    )
    answer = await heard(looks, READ_BACK)
    assert answer.text == "третья группа сорок [unk]"
    assert answer.alternatives == ("[unk] сорок", "третья группа сорок")


async def test_a_yes_of_the_list_goes_with_its_correction() -> None:
    said = "да только в конце ноль три"
    assert (await heard(ScriptedRecogniser("да [unk]", (said,), said), READ_BACK)).text == said


async def test_a_correction_that_free_speech_does_not_hold_is_none() -> None:
    looks = ScriptedRecogniser("[unk]", ("вторая группа шестьсот тринадцать",), "приедет на выходных сестра")
    assert "тринадцать" not in (await heard(looks, READ_BACK)).text


async def test_a_correction_that_free_speech_mostly_holds_is_one() -> None:
    looks = ScriptedRecogniser("нет [unk]", ("нет вторая группа сорок пять",), "нет второй раз сорок пять")
    assert (await heard(looks, READ_BACK)).text == "нет вторая группа сорок пять"


@pytest.mark.parametrize("question", [ANYTHING_ELSE, READ_BACK])
@pytest.mark.parametrize(("listed", "left"), [("[unk]", "[unk]"), ("нет [unk]", "[unk]"), ("да конечно", "да конечно")])
async def test_a_look_that_fails_leaves_what_the_list_is_sure_of(question: Question, listed: str, left: str) -> None:
    looks = ScriptedRecogniser(listed, ("сорок три",), "баланс", looks_fail=True)
    assert (await heard(looks, question)).text == left


async def test_looks_are_not_begun_after_the_stream_was_thrown_away() -> None:
    look = SecondLook(ScriptedRecogniser("[unk]", free="баланс"), ANYTHING_ELSE)
    stream = look.open_stream(PhraseList(ANYTHING_ELSE.phrases))
    stream.cancel()
    assert (await stream.finish()).text == "[unk]"


SPOKEN = st.lists(
    st.sampled_from(["да", "верно", "нет", "не", "ага", "сорок", "три", "группа", "вторая", "карта", UNKNOWN]),
    max_size=6,
).map(" ".join)


@given(SPOKEN, st.lists(SPOKEN, min_size=1, max_size=4), SPOKEN, st.sampled_from([ANYTHING_ELSE, READ_BACK]))
async def test_nothing_is_confirmed_that_the_list_of_answers_did_not_hear(
    listed: str, corrected: list[str], free: str, question: Question
) -> None:
    answer = await heard(ScriptedRecogniser(listed, tuple(corrected), free), question)
    confirms = any(yes_no.parse(reading) is True for reading in (answer.text, *answer.alternatives))
    assert not confirms or yes_no.parse(listed) is True
