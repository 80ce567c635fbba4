"""Prompts that nobody would hear out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dialogs.engine.bundle import Flow, Response
from dialogs.engine.steps.collect import Asking, Collect
from dialogs.reader.problems import Place, Problems
from dialogs.reader.spoken_length import asked_by, longest_seconds
from dialogs.settings import DialogueSettings


def check_prompts(
    flows: Iterable[Flow],
    responses: Mapping[str, Response],
    places: Mapping[str, Place],
    limits: DialogueSettings,
    problems: Problems,
) -> None:
    """Tell of responses that sound longer than a question, or anything else, may; `places` are the responses'."""
    asked = {each for flow in flows for each in _asked(flow)}
    for response in responses.values():
        is_question = response.id in asked
        limit = limits.longest_question_seconds if is_question else limits.longest_statement_seconds
        seconds = longest_seconds(response)
        if seconds > limit:
            what = "вопрос" if is_question else "реплика"
            problems.add(
                places[response.id],
                f"{what} «{response.id}» звучит около {seconds:.0f} с, а предел — {limit:g} с",
                "Сократите: по телефону длинного не дослушивают; подробности — после ответа, отдельной репликой",
            )


def _asked(flow: Flow) -> Iterator[str]:
    if flow.confirm is not None:
        yield flow.confirm
    for step in flow.steps.values():
        if isinstance(step, Collect):
            for asking in asked_by(step):
                yield from _said_by(asking)


def _said_by(asking: Asking) -> Iterator[str]:
    yield asking.utter
    yield asking.utter_keys
    yield from asking.no_input.rungs
    yield from asking.no_match.rungs
