"""Recorded prompts: sound files that override synthesis, checked and read once, at load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from tts.port import Speech, SpeechError
from tts.telephone_audio import telephone_speech
from tts.wav import read_wav

_log = structlog.get_logger()

SHIPPED_DIR = Path(__file__).resolve().parent / "recorded"
NOTICES: Mapping[str, str] = {
    "notice_transfer": "Прошу прощения, у меня техническая заминка. Соединяю с сотрудником.",
    "notice_all_busy": "Сейчас очень много звонков. Соединяю с сотрудником, оставайтесь, пожалуйста, на линии.",
    "notice_keys_only": "Плохо вас слышу. Пожалуйста, ответьте с помощью клавиш телефона.",
    "notice_one_moment": "Одну секунду, пожалуйста.",
    "notice_goodbye": "Всего доброго, до свидания!",
    "notice_no_agents": "К сожалению, сейчас никто из сотрудников не может ответить. Пожалуйста, позвоните позже.",
}
"""What the shipped notices say: the line's words when nothing else works."""


@dataclass(frozen=True, slots=True)
class RecordingFault:
    """A sound file that is not used, and why."""

    path: Path
    reason: str


class RecordedPrompts:
    """Recordings by id, ready for the telephone."""

    def __init__(self, speech_by_id: Mapping[str, Speech], faults: tuple[RecordingFault, ...] = ()) -> None:
        self._speech_by_id = dict(speech_by_id)
        self.faults = faults

    def get(self, recording_id: str) -> Speech | None:
        """Return a recording, or None when there is none of that id (a trailing `.wav` does not matter)."""
        return self._speech_by_id.get(recording_id.removesuffix(".wav"))

    @property
    def ids(self) -> frozenset[str]:
        """Ids that are recorded."""
        return frozenset(self._speech_by_id)


def load_recordings(*folders: Path | None, level_dbfs: float) -> RecordedPrompts:
    """Read `<id>.wav` of each folder, a later folder overriding an earlier one; bad files are logged and left out."""
    speech_by_id: dict[str, Speech] = {}
    faults = []
    for folder in folders:
        if folder is None:
            continue
        if not folder.is_dir():
            faults.append(RecordingFault(folder, "no such folder"))
            continue
        for path in sorted(folder.glob("*.wav")):
            try:
                speech_by_id[path.stem] = telephone_speech(read_wav(path), level_dbfs=level_dbfs)
            except SpeechError as error:
                faults.append(RecordingFault(path, str(error)))
    for fault in faults:
        _log.warning("recording not used", path=str(fault.path), reason=fault.reason)
    return RecordedPrompts(speech_by_id, tuple(faults))


def check_recordings(folder: Path, *, level_dbfs: float = -20.0) -> tuple[RecordingFault, ...]:
    """Tell which sound files of a folder cannot be used, and why."""
    return load_recordings(folder, level_dbfs=level_dbfs).faults
