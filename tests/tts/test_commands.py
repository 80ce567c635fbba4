from __future__ import annotations

import wave
from pathlib import Path

from typer.testing import CliRunner

from tts.commands import app
from tts.recordings import NOTICES

run = CliRunner()


def test_say_writes_what_a_caller_would_hear(tmp_path: Path) -> None:
    result = run.invoke(app, ["say", "Здравствуйте, это Юля.", "-o", str(tmp_path / "out.wav"), "--engine", "pyttsx3"])

    assert result.exit_code == 0, result.output
    assert "spoken by pyttsx3" in result.output.replace("\n", " ")
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert file.getframerate() == 8000
        assert 1 < file.getnframes() / 8000 < 4


def test_a_text_that_cannot_be_said_ends_with_a_message_and_no_file(tmp_path: Path) -> None:
    result = run.invoke(app, ["say", "слово " * 1000, "-o", str(tmp_path / "out.wav"), "--engine", "pyttsx3"])

    assert result.exit_code == 1
    assert "Cannot speak" in result.output
    assert not (tmp_path / "out.wav").exists()


def test_check_names_bad_recordings_and_fails(tmp_path: Path) -> None:
    (tmp_path / "greeting.wav").write_text("not a sound")

    result = run.invoke(app, ["check", str(tmp_path)])

    assert result.exit_code == 1
    assert "greeting.wav: not a PCM WAV file" in result.output.replace("\n", " ")


def test_notices_are_rendered_again(tmp_path: Path) -> None:
    result = run.invoke(app, ["notices", "--folder", str(tmp_path), "--engine", "pyttsx3"])

    assert result.exit_code == 0, result.output
    assert {path.stem for path in tmp_path.glob("*.wav")} == NOTICES.keys()
    assert run.invoke(app, ["check", str(tmp_path)]).exit_code == 0


def test_hold_music_is_written(tmp_path: Path) -> None:
    assert run.invoke(app, ["hold-music", "-o", str(tmp_path / "hold.wav")]).exit_code == 0
    assert (tmp_path / "hold.wav").stat().st_size > 400_000
