from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

BUNDLED_MODEL_DIR = Path(__file__).parent / "ru-8k" / "phrases"
BUNDLED_DIGITS_MODEL_DIR = Path(__file__).parent / "ru-8k" / "digits"


class HearingSettings(BaseModel, frozen=True):
    """Speech recognition: Vosk in this process, or a vosk-server elsewhere."""

    engine: Literal["vosk", "vosk-server"] = Field(
        "vosk", description="Where speech is recognised: `vosk` in this process, `vosk-server` over its websocket."
    )
    model_dir: Path | None = Field(
        None, description="Vosk model folder for questions with a phrase list; unset means the bundled one."
    )
    digits_model_dir: Path | None = Field(
        None, description="Vosk model folder for dictated numbers; unset means the bundled one."
    )
    open_model_dir: Path | None = Field(
        None, description="Vosk model folder for open questions; unset means the one for phrase lists."
    )
    server_url: str = Field("ws://127.0.0.1:2700", description="Address of the vosk-server.")
    server_connect_limit_seconds: float = Field(
        2.0, gt=0, description="How long connecting to the vosk-server may take before the question fails."
    )
    threads: int = Field(0, ge=0, le=64, description="Decoding threads; 0 means one per CPU core.")
    niceness: int = Field(5, ge=0, le=19, description="OS niceness of the decoding threads.")
    max_streams: int = Field(60, ge=1, description="Utterances decoded at once; more are refused as an overload.")
    backlog_seconds: float = Field(
        8.0, gt=0, description="Audio one utterance may be behind its caller; beyond that it fails as an overload."
    )
    gather_seconds: float = Field(0.06, gt=0, le=0.5, description="Audio collected before a decoding thread is woken.")
    slice_seconds: float = Field(
        0.2, gt=0, le=2, description="Longest audio of one utterance decoded before the others get their turn."
    )
    final_limit_seconds: float = Field(3.0, gt=0, description="How long the final result may take.")
    min_word_confidence: float = Field(
        0.5, ge=0, le=1, description="Phrase-list words below this count as unknown speech, [unk] (0 keeps all)."
    )
    decoys: tuple[str, ...] = Field(
        ("алло", "угу", "ага", "минуту", "секунду", "здравствуйте", "подождите", "сейчас", "ну"),
        description="Common words added to phrase lists that lack them; heard, they count as unknown speech, [unk].",
    )
    dictation_decoys: tuple[str, ...] = Field(
        ("а", "э", "эм", "мм", "ой", "так", "вот", "значит", "щас", "минутку", "минуточку", "секундочку", "дальше"),
        description="More of them while a number is dictated: what people say between its groups.",
    )
    trial_limit_seconds: float = Field(
        60.0, gt=0, description="How long a foreign model may take to load in the child process that tries it."
    )


class GateSettings(BaseModel, frozen=True):
    """When a caller counts as speaking."""

    aggressiveness: int = Field(2, ge=0, le=3, description="WebRTC voice detector: 0 takes most as speech, 3 least.")
    min_level_db: float = Field(-56.0, le=0, description="Quieter than this is never speech (dB of full scale).")
    noise_margin_db: float = Field(6.0, ge=0, description="Speech must be this much louder than the line's noise.")
    noise_ceiling_db: float = Field(-28.0, le=0, description="The noise level is never estimated higher than this.")
    onset_frames: int = Field(3, ge=1, description="Voiced 20 ms frames of the onset window that open the gate.")
    onset_window_frames: int = Field(5, ge=1, description="Frames looked at for the onset.")
    look_back_seconds: float = Field(0.3, ge=0, le=1, description="Audio from before the onset that is heard too.")
    close_seconds: float = Field(0.2, gt=0, description="Pause that closes the gate and flushes the recogniser.")
    background_margin_db: float = Field(
        12.0, ge=0, description="What stays this much quieter than the caller is other people's talk."
    )
    background_hold_seconds: float = Field(
        0.3, ge=0, description="How long it must stay so: a caller has quiet syllables. So long a silence ends it, too."
    )
    nearer_margin_db: float = Field(
        10.0,
        ge=0,
        description="Who begins to speak this much louder than what was heard before is another, nearer one.",
    )
    dictation_close_seconds: float = Field(
        0.4, gt=0, description="The same while a number is dictated: cut into words, it is heard less well in noise."
    )
    levelling: bool = Field(True, description="Bring every caller to one loudness before they are recognised.")
