"""Scenarios: what a caller does on a call, and what has to come of it, written in YAML.

```yaml
name: balance                       # one word; also the recording's file name
description: Asks for the balance by voice
caller_number: "+79160000001"       # who calls; the command line may override it
number: "100"                       # whom; default: the line's own hotline number
voice: {name: ru+f3, words_per_minute: 130, pitch: 50}     # espeak-ng; this is the default
behind: {people: 5, below_db: 14}    # optional: who talks on behind the caller, and how much more quietly
listen_for: ["на карте {n|points}"] # more texts that may be said, for the transcript (`{n|points}` an amount)
steps:                              # from the answer on
  - wait_prompt                     # until Yulia has spoken and been silent for 0.7 s, at most 30 s
  - wait_prompt: {limit_seconds: 20, silence_seconds: 1.0}
  - wait_sound: 5                   # until she begins to speak, at most 5 s
  - say: баланс                     # spoken by espeak-ng
  - say: {wav: hello.wav}           # a file beside the scenario; 16 bit, any rate
  - press: "1"                      # keys; gap_seconds parts them
  - silence: 3                      # seconds on the line
  - expect_transcript: [тысяча двести пятьдесят, "до свидания|всего доброго"]
  - expect_not_heard: оператор
  - wait_agent                      # until the agent's phone below has answered
  - expect_ended: {by: them, limit_seconds: 10}
  - hang_up
agent:                              # optional: an agent's phone that takes part
  user: agent1
  answer_after_seconds: 1           # or `rejects: true`
  says: Здравствуйте, слушаю вас
  talk_seconds: 3                   # after that the agent hangs up, unless `hangs_up: false`
  expect_headers: {X-Yulia-Context: ".+"}      # regular expressions for headers of the INVITE
```

`expect_transcript` looks at what was heard since the last such step; all of its phrases have to occur, in any order, as
whole words next to each other. A call that the scenario leaves up is hung up at its end.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ivr.softphone.caller_voice import EspeakVoice
from ivr.softphone.surroundings import MOST_PEOPLE

_Seconds = Annotated[float, Field(ge=0, le=600)]
_Limit = Annotated[float, Field(gt=0, le=600)]


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


_Phrases = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_one_or_more), Field(min_length=1)
]


def _not_empty(value: object) -> object:
    if value == []:
        raise ValueError("a scenario has at least 1 step")
    return value


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WaitPrompt(_Read):
    """Wait until Yulia has spoken and is silent again."""

    step: Literal["wait_prompt"]
    limit_seconds: _Limit = 30.0
    silence_seconds: _Limit = 0.7


class WaitSound(_Read):
    """Wait until Yulia begins to speak."""

    step: Literal["wait_sound"]
    limit_seconds: _Limit = 10.0


class Say(_Read):
    """Say a text or a sound file."""

    step: Literal["say"]
    text: str | None = Field(None, min_length=1, max_length=500)
    wav: Path | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Say:
        if (self.text is None) == (self.wav is None):
            raise ValueError("say needs either a text or a wav")
        return self


class Press(_Read):
    """Press keys."""

    step: Literal["press"]
    keys: Annotated[str, Field(pattern=r"^[0-9A-D*#]{1,64}$")]
    gap_seconds: _Seconds = 0.12


class Silence(_Read):
    """Say nothing for a while."""

    step: Literal["silence"]
    seconds: _Limit


class ExpectTranscript(_Read):
    """Phrases that Yulia must have said since the last such step."""

    step: Literal["expect_transcript"]
    phrases: _Phrases
    limit_seconds: _Limit = 8.0


class ExpectNotHeard(_Read):
    """Phrases that she must not have said since the last expect_transcript."""

    step: Literal["expect_not_heard"]
    phrases: _Phrases


class ExpectEnded(_Read):
    """The call must end by itself."""

    step: Literal["expect_ended"]
    by: Literal["them", "us"] = "them"
    limit_seconds: _Limit = 15.0


class WaitAgent(_Read):
    """Wait until the scenario's agent has answered."""

    step: Literal["wait_agent"]
    limit_seconds: _Limit = 40.0


class HangUp(_Read):
    """Hang up."""

    step: Literal["hang_up"]


Listening = WaitPrompt | WaitSound | Silence | WaitAgent
Doing = Say | Press | HangUp
Expecting = ExpectTranscript | ExpectNotHeard | ExpectEnded
Step = Listening | Doing | Expecting


class AgentPart(_Read):
    """An agent's phone that takes part in a scenario."""

    user: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = "agent1"
    answer_after_seconds: _Seconds = 1.0
    rejects: bool = False
    says: str | None = None
    talk_seconds: _Seconds = 2.0
    hangs_up: bool = True
    expect_headers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _expressions(self) -> AgentPart:
        for header, expression in self.expect_headers.items():
            try:
                re.compile(expression)
            except re.error as error:
                raise ValueError(f"{header}: not a regular expression: {error}") from error
        return self


class Behind(_Read):
    """People who talk on behind the caller for the whole call."""

    people: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] = 5
    below_db: Annotated[float, Field(ge=0, le=60)] = 14.0


class Scenario(_Read):
    """A caller's part, read and checked."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    description: str = ""
    caller_number: Annotated[str, Field(pattern=r"^\+?[0-9]{1,15}$")]
    number: Annotated[str, Field(pattern=r"^[0-9*#+]{1,20}$")] | None = None
    voice: EspeakVoice = EspeakVoice()
    behind: Behind | None = None
    listen_for: tuple[str, ...] = ()
    steps: Annotated[tuple[Annotated[Step, Field(discriminator="step")], ...], BeforeValidator(_not_empty)]
    agent: AgentPart | None = None
    # Where each step stands, for failures to name it; filled by the reader.
    step_lines: tuple[int, ...] = ()
    file: Path | None = None

    @model_validator(mode="after")
    def _agent_is_there(self) -> Scenario:
        if self.agent is None and any(isinstance(step, WaitAgent) for step in self.steps):
            raise ValueError("wait_agent needs an `agent:` block")
        return self

    def where(self, index: int) -> str:
        """Name a step for people."""
        line = f", line {self.step_lines[index]}" if index < len(self.step_lines) else ""
        return f"step {index + 1} ({self.steps[index].step}{line})"
