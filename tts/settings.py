"""Settings of speaking, read once by the composition root."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field


class SpeechSettings(BaseModel, frozen=True):
    """How the line speaks: engines, voices, limits, recordings and the cache."""

    engine: Literal["auto", "rhvoice", "pyttsx3"] = Field(
        "auto",
        description="auto or rhvoice: RHVoice where it is installed, pyttsx3 (espeak-ng) behind it; pyttsx3: only that",
    )
    rhvoice_voice: str = Field("anna", description="RHVoice voice; its data must be installed")
    rhvoice_rate: float = Field(1.0, ge=0.5, le=2.0, description="Speed of RHVoice, 1.0 is the voice's own")
    rhvoice_dir: Path | None = Field(
        None, description="Private RHVoice folder made by the set-up (line: its state folder); none: the system's own"
    )
    pyttsx3_voice: str = Field(
        "ru+f3",
        pattern=r"^(zle/)?ru(-lv)?(\+\w+)?$",
        description="espeak-ng voice of pyttsx3, with a variant after the plus",
    )
    pyttsx3_rate_wpm: int = Field(150, ge=80, le=300, description="Speed of pyttsx3, words a minute")
    recorded_dir: Path | None = Field(
        None, description="Own recordings (<id>.wav), which override the shipped ones and synthesis; none: shipped only"
    )
    cache_dir: Path | None = Field(
        None, description="Where spoken sentences are kept (line: its state folder); none: in memory only"
    )
    cache_megabytes: int = Field(
        200, ge=1, description="Size limit of the disk cache; the least recently used go first"
    )
    memory_megabytes: int = Field(16, ge=1, description="Size limit of the sentences kept in memory")
    synthesis_limit_seconds: float = Field(
        4.0, gt=0, description="Longest wait for one engine to speak one sentence, queueing included"
    )
    prompt_limit_seconds: float = Field(8.0, gt=0, description="Longest wait for a whole prompt, fallbacks included")
    engine_rest_seconds: float = Field(
        15.0, ge=0, description="How long an engine that failed is left alone while another one can speak"
    )
    worker_start_limit_seconds: float = Field(10.0, gt=0, description="Longest start of an engine's worker process")
    worker_processes: int = Field(1, ge=1, le=8, description="Worker processes of each engine")
    queue_size: int = Field(32, ge=1, description="Sentences that may wait for one engine; more are refused")
    max_text_chars: int = Field(2000, ge=50, description="Longest text that is spoken as one prompt")
    level_dbfs: float = Field(
        -20.0, ge=-40, le=-10, description="Speech level of every prompt, RMS over its speech, in dB of full scale"
    )
    sentence_pause_seconds: float = Field(0.25, ge=0, le=2, description="Pause between two sentences of a prompt")
