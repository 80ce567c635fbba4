"""The dialogue that comes with Yulia: what it asks a recogniser to hear, and how it sounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialogs.call_times import call_times
from dialogs.customer_facts import FIND_BY_CARD, FIND_BY_PHONE
from dialogs.engine.bundle import Bundle
from dialogs.engine.state import plain
from dialogs.engine.steps.collect import Asking, Collect
from dialogs.engine.vocabulary import AnswerKind
from dialogs.grammar import may_be_corrected, satisfies
from dialogs.reader import load_bundle
from dialogs.reader.content import dialogue_files
from dialogs.reader.problems import Problems
from dialogs.settings import BUNDLED_FOLDER, DialogueSettings
from dialogs.talks.example_results import RESULTS
from ivr.line.settings import AsteriskSettings

VOCABULARY = Path(__file__).parents[2] / "asr_models" / "ru-8k" / "phrases" / "graph" / "words.txt"


def askings(bundle: Bundle) -> Iterator[Asking]:
    for flow in bundle.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Collect):
                yield step.asking
                if step.read_back is not None:
                    yield step.read_back


def test_the_bundled_model_knows_every_word_that_questions_listen_for(bundle: Bundle) -> None:
    if not VOCABULARY.exists():
        pytest.fail("no model lies in asr_models/")
    known = {line.split()[0] for line in VOCABULARY.read_text().splitlines() if line.strip()}
    asked = {word for asking in askings(bundle) for phrase in asking.question.phrases for word in phrase.split()}
    assert asked - known == set()


def test_every_phrase_of_a_closed_question_answers_it(bundle: Bundle) -> None:
    for asking in askings(bundle):
        question = asking.question
        assert len(question.meanings) == len(question.phrases)
        if question.answer is AnswerKind.DIGITS:
            continue
        for phrase, meaning in zip(question.phrases, question.meanings, strict=True):
            if may_be_corrected(question) and meaning in ("", "no"):
                assert not satisfies(question, phrase), phrase  # what is right may follow
                continue
            assert meaning, phrase
            grows = any(
                other != phrase and other.startswith(phrase + " ") and its != meaning
                for other, its in zip(question.phrases, question.meanings, strict=True)
            )
            assert satisfies(question, phrase) or grows, (question.id, phrase)


def test_one_question_at_a_time_and_each_short_enough_to_be_heard_out(bundle: Bundle) -> None:
    for response in bundle.responses.values():
        for variant in response.variants:
            text = "".join(part if isinstance(part, str) else "…" for part in variant.text.parts)
            assert text.count("?") <= 1, response.id
            assert len(text) <= 130, response.id
            assert text[-1] in ".!?…", response.id
            assert not re.search(r"\d", text), f"{response.id}: numbers are written as words"


def test_what_is_said_when_things_fail_needs_no_synthesis(bundle: Bundle) -> None:
    static = {prompt.id: prompt for prompt in bundle.static_prompts()}
    for response_id in ("utter_hearing_failed", "utter_internal_error", "utter_handoff", "utter_resumed"):
        assert static[response_id].recorded
    for asking in askings(bundle):
        if not asking.question.id.endswith("/confirm"):
            assert static[asking.utter_keys].recorded


def test_recordings_are_named_once(bundle: Bundle) -> None:
    names = [variant.recorded for response in bundle.responses.values() for variant in response.variants]
    recorded = [name for name in names if name]
    assert len(recorded) == len(set(recorded))


def test_every_named_result_keeps_the_contract_but_the_garbage(bundle: Bundle) -> None:
    for name, result in RESULTS.items():
        record = plain(result)
        assert isinstance(record, dict)
        fits = bundle.actions[FIND_BY_CARD].fits(record)
        assert fits is (name != "garbage"), name
        if result["outcome"] != "locked" and fits:
            assert bundle.actions[FIND_BY_PHONE].fits(record)


def test_settings_are_put_into_texts_and_rules(bundle: Bundle) -> None:
    settings = DialogueSettings(company_name="Ромашка", robot_name="Лиза", card_series=("55", "66"))
    other = load_bundle(BUNDLED_FOLDER, settings)
    greeting = {prompt.id: prompt for prompt in other.static_prompts()}["utter_greeting"]
    assert greeting.text == "Здравствуйте! Я Лиза, робот сети «Ромашка». Разговор записывается."
    silent = load_bundle(BUNDLED_FOLDER, DialogueSettings(recording_notice=""))
    greeting = {prompt.id: prompt for prompt in silent.static_prompts()}["utter_greeting"]
    assert greeting.text == "Здравствуйте! Я Юля, робот сети «Магазин у дома»."
    card = next(asking for asking in askings(other) if asking.slot == "card_number")
    assert card.question.digit_prefixes == ("55", "66")
    assert other.hash == bundle.hash, "settings are no content: a version has one name on all hosts"


def test_the_hash_names_the_content(bundle: Bundle, tmp_path: Path) -> None:
    assert load_bundle(BUNDLED_FOLDER).hash == bundle.hash
    for name, content in dialogue_files(BUNDLED_FOLDER, Problems()).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "notes.txt").write_text("не часть разговора")
    assert load_bundle(tmp_path).hash == bundle.hash, "the folder's place does not matter"
    seen = {bundle.hash}
    for name in ("flows/menu.yml", "data/nlu/balance.yml", "domain.yml"):
        path = tmp_path / name
        path.write_text(path.read_text() + "# другой\n")
        seen.add(load_bundle(tmp_path).hash)
    assert len(seen) == 4
    assert re.fullmatch("[0-9a-f]{64}", bundle.hash)


def test_queues_of_flows_exist(bundle: Bundle) -> None:
    assert bundle.default_queue == "hotline"
    assert set(bundle.queues) == set(AsteriskSettings().queues), "the line has the queues that flows hand calls to"


def test_no_flow_keeps_a_caller_longer_than_the_line_does(bundle: Bundle) -> None:
    limit = AsteriskSettings().bot_limit_seconds
    assert [each for each in call_times(bundle) if each.seconds > limit] == []
