"""What a caller may want beside answering: another task, a question, to cancel, to go back, to wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import Engine
from dialogs.engine.state import DialogueState
from dialogs.engine.steps.collect import MAX_PHRASES
from dialogs.engine.vocabulary import (
    Ask,
    CallStarted,
    Event,
    HandOff,
    Heard,
    HearingFailed,
    Intent,
    KeysPressed,
    NothingHeard,
    Resumed,
    Say,
    Turn,
    Understand,
    Understood,
)
from dialogs.reader import load_bundle

ORDER = Understood((Intent("order", 0.95),))
HOURS = Understood((Intent("store_hours", 0.95),))
THANKS = Understood((Intent("thanks", 0.95),))
IN_THE_ORDER = (Heard("хочу сделать заказ"), ORDER)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(Path(__file__).parent / "dialogue")


class Call:
    """A call to the small dialogue; the state is saved and read back between any two events."""

    def __init__(self, bundle: Bundle, *events: Event) -> None:
        self.faults: list[Exception] = []
        self.engine = Engine(bundle, lambda error, event: self.faults.append(error))
        self.state = self.engine.begin()
        self.turn: Turn = ()
        self.tell(CallStarted("+79160000001", "call-1"), *events)

    def tell(self, *events: Event) -> Call:
        for event in events:
            self.state, self.turn = self.engine.step(DialogueState.from_bytes(self.state.to_bytes()), event)
        assert self.faults == []
        return self

    @property
    def said(self) -> list[str]:
        return [prompt.id for each in self.turn if isinstance(each, Say | Ask) for prompt in each.prompts]

    @property
    def flows(self) -> list[str]:
        return [frame.flow for frame in self.state.frames]

    @property
    def question(self) -> Ask:
        assert isinstance(self.turn[-1], Ask)
        return self.turn[-1]


def test_a_free_phrase_at_the_menu_is_understood_and_starts_its_flow(bundle: Bundle) -> None:
    call = Call(bundle, Heard("хочу сделать заказ"))
    assert call.turn == (Understand("хочу сделать заказ"),)
    call.tell(ORDER)
    assert call.flows == ["order"]
    assert call.said == ["utter_ask_code"]
    assert call.state.topic == "order"


def test_unknown_speech_is_cut_out_and_nothing_but_it_is_not_understood_at_all(bundle: Bundle) -> None:
    assert Call(bundle, Heard("[unk] сделать заказ [unk]")).turn == (Understand("сделать заказ"),)
    assert Call(bundle, Heard("[unk]")).said == ["utter_again"]
    assert Call(bundle, Heard("ну вот")).said == ["utter_again"]
    assert Call(bundle, Heard("сорок пять [unk] три")).said == ["utter_again"], "noise is readily taken for numbers"


def test_what_cannot_be_understood_is_an_answer_that_was_not_understood(bundle: Bundle) -> None:
    for nothing in (Understood(), Understood((Intent("no_such_intent", 1.0),)), Understood((Intent("order", 0.1),))):
        assert Call(bundle, Heard("бу бы сде ла"), nothing).said == ["utter_again"]


def test_a_doubtful_wish_is_asked_about_first(bundle: Bundle) -> None:
    call = Call(bundle, Heard("насчёт заказа там"), Understood((Intent("order", 0.5), Intent("store_hours", 0.3))))
    assert call.said == ["utter_confirm_order"]
    assert call.tell(Heard("нет")).said == ["utter_confirm_hours"]
    assert call.tell(Heard("да")).said == ["utter_ask_place"]
    assert call.flows == ["hours"]


def test_none_of_the_proposals_leads_back_to_the_question(bundle: Bundle) -> None:
    call = Call(bundle, Heard("насчёт заказа там"), Understood((Intent("order", 0.5),)), Heard("нет"))
    assert call.said == ["utter_otherwise", "utter_ask_wish"]
    assert call.flows == ["pattern_session_start"]


def test_no_with_the_right_wish_behind_it_is_taken_at_once(bundle: Bundle) -> None:
    call = Call(
        bundle, Heard("насчёт заказа там"), Understood((Intent("order", 0.5),)), Heard("нет узнать часы работы")
    )
    assert call.turn == (Understand("нет узнать часы работы"),)
    assert call.tell(HOURS).flows == ["hours"]


def test_a_single_word_is_asked_about_whatever_the_figures_say(bundle: Bundle) -> None:
    call = Call(bundle, Heard("заказ"), Understood((Intent("order", 1.0),)))
    assert call.said == ["utter_confirm_order"]
    assert call.tell(KeysPressed("1")).flows == ["order"]


def test_a_proposal_can_be_answered_by_keys_when_hearing_fails(bundle: Bundle) -> None:
    call = Call(bundle, Heard("заказ"), Understood((Intent("order", 1.0),)), HearingFailed())
    assert call.said[0] == "utter_hearing_failed"
    assert call.tell(KeysPressed("1")).flows == ["order"]


def test_a_question_in_the_middle_of_a_task_is_answered_and_the_task_goes_on(bundle: Bundle) -> None:
    call = Call(bundle, *IN_THE_ORDER, Heard("а во сколько вы открываетесь"), HOURS)
    assert (call.flows, call.state.topic) == (["order", "hours"], "hours")
    call.tell(Heard("москва"))
    assert call.said == ["utter_open", "utter_continue", "utter_ask_code"]
    assert call.flows == ["order"]
    assert call.state.done == ("Узнать часы работы",)
    assert call.state.left == ("Сделать заказ",)
    assert call.state.topic == "order", "an agent is needed for the task, not for what was answered on the way"


def test_a_number_that_was_read_back_survives_a_digression(bundle: Bundle) -> None:
    call = Call(bundle, *IN_THE_ORDER, Heard("двенадцать тридцать четыре"))
    assert call.said == ["utter_read_back"]
    call.tell(Heard("а во сколько вы открываетесь"), HOURS, Heard("тверь"))
    assert call.said == ["utter_open", "utter_continue", "utter_read_back"]
    call.tell(Heard("да"))
    assert call.state.slots["code"].value == "1234"
    assert call.said == ["utter_ask_amount"]


def test_an_answer_given_before_a_digression_is_not_asked_for_again(bundle: Bundle) -> None:
    call = Call(
        bundle, *IN_THE_ORDER, KeysPressed("1234"), Heard("а во сколько вы открываетесь"), HOURS, Heard("тверь")
    )
    assert call.said[-1] == "utter_ask_amount"
    assert call.state.slots["code"].value == "1234"


def test_small_talk_is_answered_anywhere_and_the_question_is_put_again(bundle: Bundle) -> None:
    call = Call(bundle, *IN_THE_ORDER, Heard("спасибо вам большое"), THANKS)
    assert call.said == ["utter_welcome", "utter_ask_code"]
    assert Call(bundle, Heard("спасибо вам большое"), THANKS).said == ["utter_welcome", "utter_ask_wish"]


def test_the_task_under_way_is_not_started_twice(bundle: Bundle) -> None:
    call = Call(bundle, *IN_THE_ORDER, *IN_THE_ORDER)
    assert call.flows == ["order"]
    assert call.said == ["utter_ask_code"]


def test_a_flow_that_is_no_digression_does_not_interrupt_a_task(bundle: Bundle) -> None:
    complaint = Understood((Intent("complaint", 0.99),))
    assert Call(bundle, *IN_THE_ORDER, Heard("я буду жаловаться"), complaint).said == ["utter_again"]
    assert isinstance(Call(bundle, Heard("я буду жаловаться"), complaint).turn[-1], HandOff)


def test_a_matter_out_of_scope_goes_to_an_agent_from_the_menu_but_does_not_end_a_task(bundle: Bundle) -> None:
    other = Understood((Intent("out_of_scope", 0.9),))
    last = Call(bundle, Heard("у вас собака в магазине"), other).turn[-1]
    assert isinstance(last, HandOff)
    assert last.reason == "out_of_scope"
    assert Call(bundle, *IN_THE_ORDER, Heard("у вас собака в магазине"), other).said == ["utter_again"]


def test_commands_in_free_words_are_obeyed_when_the_understanding_is_sure(bundle: Bundle) -> None:
    phrase = Heard("переключите меня уже на кого нибудь")
    assert isinstance(Call(bundle, phrase, Understood((Intent("operator", 0.9),))).turn[-1], HandOff)
    assert Call(bundle, phrase, Understood((Intent("operator", 0.5),))).said == ["utter_again"]


def test_cancel_ends_the_task_and_asks_what_else(bundle: Bundle) -> None:
    call = Call(bundle, *IN_THE_ORDER, Heard("отмена"))
    assert call.said == ["utter_cancelled", "utter_ask_more"]
    assert call.flows == ["pattern_completed"]
    assert (call.state.done, call.state.left) == ((), ())


def test_cancel_in_a_digression_goes_back_to_the_task(bundle: Bundle) -> None:
    call = Call(bundle, *IN_THE_ORDER, Heard("а во сколько вы открываетесь"), HOURS, Heard("отмена"))
    assert call.said == ["utter_cancelled", "utter_ask_code"]
    assert call.flows == ["order"]
    assert call.state.left == ("Сделать заказ",)


def test_back_puts_the_question_before_again(bundle: Bundle) -> None:
    call = Call(bundle, *IN_THE_ORDER, KeysPressed("1234"), Heard("назад"))
    assert call.said == ["utter_ask_code"]
    assert "code" not in call.state.slots
    assert call.tell(Heard("назад")).said == ["utter_ask_code"], "there is nothing before the first question"


def test_back_at_a_read_back_asks_for_the_number_anew(bundle: Bundle) -> None:
    call = Call(bundle, *IN_THE_ORDER, Heard("двенадцать тридцать четыре"), Heard("назад"))
    assert call.said == ["utter_ask_code"]
    assert call.state.candidate is None


def test_wait_gives_more_time_and_counts_no_miss(bundle: Bundle) -> None:
    call = Call(bundle, *IN_THE_ORDER)
    usual = call.question.question.limits.start_seconds
    call.tell(Heard("подождите"))
    assert call.said == ["utter_wait"]
    assert call.question.question.limits.start_seconds > usual
    assert call.tell(NothingHeard()).said == ["utter_again"]
    assert call.tell(Heard("сейчас")).said == ["utter_wait"]


def test_a_command_word_inside_another_wish_is_no_command(bundle: Bundle) -> None:
    assert Call(bundle, Heard("подождите а сколько у меня баллов")).turn == (
        Understand("подождите а сколько у меня баллов"),
    )


def test_a_command_word_beside_unknown_speech_is_no_command(bundle: Bundle) -> None:
    """«до скольки работает магазин» was heard so."""
    assert Call(bundle, Heard("[unk] подождите")).turn == (Understand("подождите"),)


def test_the_phrase_that_starts_a_flow_answers_its_questions(bundle: Bundle) -> None:
    call = Call(bundle, Heard("во сколько открывается магазин в твери"), HOURS)
    assert call.said == ["utter_open", "utter_ask_more"]
    call = Call(bundle, Heard("заказ номер двенадцать тридцать четыре"), ORDER)
    assert call.said == ["utter_read_back"]
    assert call.tell(Heard("да")).state.slots["code"].value == "1234"


def test_repeat_after_a_phrase_that_was_not_understood_repeats_the_question(bundle: Bundle) -> None:
    call = Call(bundle, Heard("бу бы сде ла"), Understood((Intent("repeat", 0.9),)))
    assert call.said == ["utter_hello", "utter_ask_wish"]


def test_another_worker_takes_over_while_a_phrase_is_being_understood(bundle: Bundle) -> None:
    call = Call(bundle, Heard("хочу сделать заказ"), Resumed())
    assert call.said == ["utter_resumed", "utter_ask_wish"]
    assert call.tell(ORDER).said == ["utter_ask_wish"], "a meaning that nobody waits for starts nothing"


def test_a_caller_who_only_ever_digresses_comes_to_an_end(bundle: Bundle) -> None:
    call = Call(bundle)
    for _ in range(MAX_PHRASES + 2):
        call.tell(Heard("спасибо вам большое"))
        if isinstance(call.turn[-1], Understand):
            call.tell(THANKS)
    assert isinstance(call.turn[-1], HandOff)


def test_where_no_task_is_under_way_there_is_nothing_to_cancel(bundle: Bundle) -> None:
    call = Call(bundle, Heard("у меня другой вопрос"), Understood((Intent("cancel", 0.9),)))
    assert "utter_cancelled" not in call.said
    assert isinstance(call.turn[-1], Ask)
