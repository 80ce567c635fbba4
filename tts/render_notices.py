"""Render the notices again with the best voice of this machine: `python -m tts.render_notices`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from tts.assembly import speech_engines
from tts.prompt_speech import TelephonePromptSpeech
from tts.recordings import NOTICES, SHIPPED_DIR
from tts.settings import SpeechSettings
from tts.wav import wav_bytes


async def render_notices(settings: SpeechSettings, folder: Path) -> list[Path]:
    """Speak each notice into `<id>.wav` of a folder.

    Raises:
        SpeechError: a notice could not be spoken; the old file stays.
    """
    speech = TelephonePromptSpeech(speech_engines(settings), settings)
    written = []
    try:
        for notice_id, text in NOTICES.items():
            path = folder / f"{notice_id}.wav"
            path.write_bytes(wav_bytes(await speech.speech_for(text)))
            written.append(path)
    finally:
        await speech.close()
    return written


if __name__ == "__main__":
    for rendered in asyncio.run(render_notices(SpeechSettings(), SHIPPED_DIR)):
        Console().print(rendered)
