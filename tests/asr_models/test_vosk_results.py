from __future__ import annotations

import json

import pytest

from asr_models.phrase_grammar import Grammar
from asr_models.port import Hypothesis
from asr_models.vosk_results import MAX_ALTERNATIVES, Reading, ResultGarbled, Transcript, scored_by_agreement


def listening_for(*words: str, decoys: tuple[str, ...] = ()) -> Grammar:
    return Grammar("[]", frozenset(words), frozenset(decoys))


def with_words(*words: tuple[str, float]) -> str:
    entries = [{"word": word, "conf": confidence, "start": 0, "end": 1} for word, confidence in words]
    return json.dumps({"result": entries, "text": " ".join(word for word, _ in words)}, ensure_ascii=False)


def with_alternatives(**likelihoods: float) -> str:
    entries = [
        {"text": text.replace("_", " "), "confidence": likelihood, "result": []}
        for text, likelihood in likelihoods.items()
    ]
    return json.dumps({"alternatives": entries}, ensure_ascii=False)


def final(*results: str, grammar: Grammar | None = None, min_word_confidence: float = 0.0) -> Hypothesis:
    transcript = Transcript(grammar, min_word_confidence=min_word_confidence)
    for result in results:
        transcript.take(result)
    return transcript.final()


def test_doubtful_words_count_as_unknown_speech_and_runs_of_it_as_one() -> None:
    heard = final(
        with_words(("[unk]", 1.0), ("ага", 0.4), ("да", 0.7)),
        grammar=listening_for("да", "ага"),
        min_word_confidence=0.55,
    )

    assert heard == Hypothesis("[unk] да", sum((1.0, 0.4, 0.7)) / 3, is_final=True)


def test_a_word_gets_back_the_confidence_its_forms_took() -> None:
    forms = listening_for("оператор", "оператора", "оператором", "баланс")

    heard = final(with_words(("оператор", 0.28)), grammar=forms, min_word_confidence=0.55)

    assert heard.text == "оператор"
    assert heard.confidence == pytest.approx(3 * 0.28)


def test_numbers_that_begin_alike_are_not_forms_of_one_word() -> None:
    numbers = listening_for("восемь", "восемнадцать", "восемьсот", "пять", "пятьсот")

    assert [numbers.forms_of(word) for word in ("восемь", "восемнадцать", "восемьсот", "пять")] == [1, 1, 1, 1]


def test_alternatives_are_told_likeliest_first_and_rate_the_words_they_agree_in() -> None:
    heard = final(with_alternatives(пять_шесть=60.0, пять_семь=59.0, пятьсот=40.0))

    assert heard.text == "пять шесть"
    assert heard.alternatives == ("пять семь", "пятьсот")
    assert heard.confidence == pytest.approx((1.0 + 0.731) / 2, abs=0.001)  # all but none have «пять», 73 % «шесть»


def test_alternatives_that_differ_in_unknown_speech_only_are_one() -> None:
    grammar = listening_for("пять", "семь", decoys=("сейчас",))

    heard = final(
        with_alternatives(пять_сейчас=9.0, пять=8.5, сейчас_пять_сейчас=8.0, семь=7.0, сейчас=6.0), grammar=grammar
    )

    assert heard.text == "пять [unk]"
    assert heard.alternatives == ("семь",)


def test_alternatives_of_several_pieces_are_joined_by_their_likelihood_together() -> None:
    heard = final(with_alternatives(пять=10.0, шесть=7.0), with_alternatives(два=10.0, три=9.0))

    assert heard.text == "пять два"
    assert heard.alternatives == ("пять три", "шесть два", "шесть три")
    assert heard.behind == (1.0, 3.0, 4.0)


def test_many_pieces_do_not_make_endless_alternatives() -> None:
    heard = final(*[with_alternatives(пять=10.0, шесть=9.5, семь=9.0)] * 40)

    assert len(heard.alternatives) == MAX_ALTERNATIVES - 1
    assert heard.text == " ".join(["пять"] * 40)


def test_a_sure_reading_is_sure_and_an_empty_one_says_nothing() -> None:
    assert final(with_alternatives(пять=10.0)) == Hypothesis("пять", 1.0, is_final=True)
    assert final('{"alternatives": [{"confidence": 0.0, "text": ""}]}') == Hypothesis("", 0.0, is_final=True)
    assert final('{"text": ""}') == Hypothesis("", 0.0, is_final=True)


def test_readings_of_another_length_agree_word_by_word() -> None:
    scored = scored_by_agreement([Reading(("сорок", "два"), 1.0), Reading(("сорок", "один", "два"), 1.0)])

    assert [(word.word, word.confidence) for word in scored] == [("сорок", 1.0), ("два", 1.0)]


def test_the_reading_so_far_begins_with_the_pieces_before() -> None:
    transcript = Transcript(None, min_word_confidence=0.0)
    transcript.take(with_alternatives(пять=10.0, шесть=7.0))

    assert transcript.partial('{"partial": "два"}') == Hypothesis("пять два", 0.0, is_final=False)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"text": 1',
        "[" * 100_000,
        '{"result": 1}',
        '{"result": [{"word": "да"}]}',
        '{"result": [{"word": "да", "conf": "very"}]}',
        '{"alternatives": [{"text": "да"}]}',
        '{"alternatives": [{"text": "да", "confidence": NaN}]}',
        '{"alternatives": {"a": 1}}',
    ],
)
def test_garbage_is_told_from_results(garbage: str) -> None:
    with pytest.raises(ResultGarbled):
        Transcript(None, min_word_confidence=0.0).take(garbage)


@pytest.mark.parametrize("garbage", ["", "7", '{"partial": 7}', '{"partial": ["да"]}'])
def test_garbage_is_told_from_partial_results(garbage: str) -> None:
    with pytest.raises(ResultGarbled):
        Transcript(None, min_word_confidence=0.0).partial(garbage)
