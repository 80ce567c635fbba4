"""Who speaks in the speech bank, and how much.

Only voices whose licence lets their speech teach a free model: RHVoice aleksandr, anna, elena, irina (GPL) and
aleksandr-hq (CC BY-SA), espeak-ng (GPL), festvox-ru (its own BSD-like licence), ru_tts (MIT). RHVoice's non-commercial
voices are never trained on: they are the strangers that the model is tested with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from asr_models.trainer.number_texts import row
from asr_models.trainer.timbre import Timbre

RHVOICE_SPEAKERS = ("aleksandr", "anna", "elena", "irina", "aleksandr-hq")
ESPEAK_VARIANTS = row(
    "Alex Alicia Andrea Andy Annie Antonio Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Mario Michael Mike"
    " RicishayMax2 Storm adam anika aunty belinda benjamin boris caleb david ed edward f1 f2 f3 f4 f5 gustave iven2"
    " john klatt2 klatt3 linda m1 m2 m3 m4 m5 m6 m7 m8 marcelo max michel miguel norbert pablo paul pedro quincy rob"
    " robert sandro shelby steph steph3 travis victor whisper zac"
)
_TIMBRES_PER_RHVOICE = 6
_TIMBRES_PER_OTHER = 4


@dataclass(frozen=True, slots=True)
class VoicePlan:
    """A speaker of the bank: who, how many clips, how differently said (least, most, usual)."""

    name: str
    synthesiser: Literal["rhvoice", "espeak", "festival", "ru_tts"]
    speaker: str
    clips: int
    core_rounds: int  # how often each digit, «да» and «нет» are said alone
    rates: tuple[float, float, float] = (0.6, 1.7, 1.0)
    pitches: tuple[float, float, float] = (0.75, 1.3, 1.0)
    timbre: Timbre | None = None
    foreign: bool = False


def voice_plans() -> Iterator[VoicePlan]:
    """List the speakers, always the same."""
    random = Random(11)
    for speaker in RHVOICE_SPEAKERS:
        name = f"rhvoice-{speaker}"
        yield VoicePlan(name, "rhvoice", speaker, clips=1000, core_rounds=7)
        for index in range(_TIMBRES_PER_RHVOICE):
            yield VoicePlan(f"{name}-{index}", "rhvoice", speaker, 150, 2, timbre=_timbre(random, index))
    yield VoicePlan("festival", "festival", "msu_ru_nsh", clips=600, core_rounds=5, rates=(0.75, 1.35, 1.0))
    for index in range(_TIMBRES_PER_OTHER):
        plan = VoicePlan(f"festival-{index}", "festival", "msu_ru_nsh", 150, 2, rates=(0.75, 1.35, 1.0))
        yield _with(plan, _timbre(random, index))
    for speaker in ("man", "woman"):
        yield VoicePlan(f"ru-tts-{speaker}", "ru_tts", speaker, clips=400, core_rounds=4, rates=(0.7, 1.6, 1.0))
        for index in range(_TIMBRES_PER_OTHER):
            plan = VoicePlan(f"ru-tts-{speaker}-{index}", "ru_tts", speaker, 120, 2, rates=(0.7, 1.6, 1.0))
            yield _with(plan, _timbre(random, index))
    for variant in ESPEAK_VARIANTS:
        yield VoicePlan(f"espeak-{variant}", "espeak", variant, clips=55, core_rounds=1, rates=(0.6, 1.35, 0.95))
    for variant in ESPEAK_VARIANTS[::3]:
        yield VoicePlan(f"espeak-foreign-{variant}", "espeak", variant, clips=16, core_rounds=0, foreign=True)


def _with(plan: VoicePlan, timbre: Timbre) -> VoicePlan:
    return VoicePlan(plan.name, plan.synthesiser, plan.speaker, plan.clips, plan.core_rounds, plan.rates, timbre=timbre)


def _timbre(random: Random, index: int) -> Timbre:
    """Spread the speakers from a deep voice to a high one; formants follow the pitch only roughly."""
    pitch = (0.68, 0.82, 0.95, 1.1, 1.3, 1.55)[index] * random.uniform(0.94, 1.06)
    return Timbre(
        pitch=pitch,
        formants=min(1.22, max(0.86, pitch**0.35 * random.uniform(0.92, 1.08))),
        liveliness=random.choice([0.25, 0.6, 1.0, 1.5]),
        breath=random.choice([0.0, 0.0, 0.2, 0.5]),
    )
