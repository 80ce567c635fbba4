from __future__ import annotations

import shutil
import struct
import subprocess
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soxr

from asr_models.g711 import A_LAW, MU_LAW, linear
from asr_models.recording import RecordingUnreadable, read_recording
from tests.asr_models.speech_samples import spoken, tones

Samples = npt.NDArray[np.float64]


def pcm_wav(file: Path, pcm16: bytes, *, rate_hz: int = 8000, width: int = 2, channels: int = 1) -> Path:
    samples = soxr.resample(np.frombuffer(pcm16, dtype="<i2").astype(np.float32) / 32768, 8000, rate_hz)
    match width:
        case 1:
            content = np.repeat(samples * 127 + 128, channels).astype(np.uint8).tobytes()
        case 3:
            wide = np.repeat(samples * 2**31, channels).astype("<i4").view(np.uint8).reshape(-1, 4)
            content = wide[:, 1:].tobytes()
        case _:
            content = np.repeat(samples * (2 ** (8 * width - 1) - 1), channels).astype(f"<i{width}").tobytes()
    with wave.open(str(file), "wb") as recording:
        recording.setnchannels(channels)
        recording.setsampwidth(width)
        recording.setframerate(rate_hz)
        recording.writeframes(content)
    return file


def wav(file: Path, data: bytes, *, tag: int, bits: int, channels: int = 1, rate_hz: int = 8000) -> Path:
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * block, block, bits)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    file.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return file


def by_ffmpeg(file: Path, *arguments: str) -> Path:
    source = pcm_wav(file.with_suffix(".source.wav"), spoken("проверить баланс"))
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *arguments, file], check=True, timeout=30)
    return file


def likeness(pcm16: bytes, other: bytes) -> float:
    """Correlate two recordings at their best offset: 1 for the same, 0 for strangers."""
    one, two = (np.frombuffer(each, dtype="<i2").astype(np.float64) for each in (pcm16, other))
    size = 1 << (len(one) + len(two)).bit_length()
    together: Samples = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(two, size)))
    return float(np.abs(together).max() / np.sqrt(np.dot(one, one) * np.dot(two, two)))


SPEECH = spoken("проверить баланс")


@pytest.mark.parametrize(
    ("rate_hz", "width", "channels"),
    [(8000, 2, 1), (16000, 2, 2), (44100, 3, 1), (48000, 4, 2), (11025, 1, 1), (8000, 1, 2)],
)
def test_pcm_of_any_rate_width_and_channels_is_read(tmp_path: Path, rate_hz: int, width: int, channels: int) -> None:
    read = read_recording(pcm_wav(tmp_path / "a.wav", SPEECH, rate_hz=rate_hz, width=width, channels=channels))

    assert len(read) == pytest.approx(len(SPEECH), abs=8)
    assert likeness(read, SPEECH) > 0.98


@pytest.mark.parametrize(("tag", "table"), [(6, A_LAW), (7, MU_LAW)])
@pytest.mark.parametrize("suffix", ["wav", "headerless"])
def test_g711_is_read_with_and_without_a_header(
    tmp_path: Path, tag: int, table: npt.NDArray[np.int16], suffix: str
) -> None:
    codes = bytes(range(256)) * 4
    if suffix == "wav":
        file = wav(tmp_path / "a.wav", codes, tag=tag, bits=8)
    else:
        file = tmp_path / {6: "a.al", 7: "a.UL"}[tag]
        file.write_bytes(codes)

    assert read_recording(file) == table[np.frombuffer(codes, np.uint8)].tobytes()


@pytest.mark.parametrize(("law", "table"), [("alaw", A_LAW), ("mulaw", MU_LAW)])
def test_every_g711_code_is_expanded_as_others_do(law: str, table: npt.NDArray[np.int16]) -> None:
    arguments = ["ffmpeg", "-v", "error", "-f", law, "-ar", "8000", "-i", "-", "-f", "s16le", "-"]
    codes = bytes(range(256))

    expected = subprocess.run(arguments, input=codes, capture_output=True, check=True, timeout=30).stdout

    assert linear(codes, table).tobytes() == expected


def test_float_samples_are_read_and_what_is_no_number_is_silence(tmp_path: Path) -> None:
    samples = np.array([0.5, np.nan, 2.0, -np.inf, -0.5], dtype="<f4")

    read = read_recording(wav(tmp_path / "a.wav", samples.tobytes(), tag=3, bits=32))

    assert np.frombuffer(read, "<i2").tolist() == [16384, 0, 32767, -32768, -16384]


def test_asterisks_signed_linear_files_are_read_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.sln").write_bytes(SPEECH + b"\0")

    assert read_recording(tmp_path / "a.sln") == SPEECH


def test_one_channel_can_be_chosen(tmp_path: Path) -> None:
    left, right = tones((300,), 0.5), tones((900,), 0.5)
    both = np.stack([np.frombuffer(each, "<i2") for each in (left, right)], axis=1).tobytes()
    file = wav(tmp_path / "a.wav", both, tag=1, bits=16, channels=2)

    assert read_recording(file, 1) == left
    assert read_recording(file, 2) == right
    assert likeness(read_recording(file), left) == pytest.approx(likeness(read_recording(file), right), abs=0.1)
    with pytest.raises(RecordingUnreadable, match="has 2 channels, not 3"):
        read_recording(file, 3)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("a.flac", ("-ar", "16000")),
        ("a.ogg", ("-c:a", "libvorbis")),
        ("a.opus", ("-c:a", "libopus")),
        ("a.mp3", ()),
        ("a.wav", ("-c:a", "gsm_ms")),
        ("-map.flac", ()),
    ],
)
def test_other_files_are_read_by_ffmpeg(tmp_path: Path, name: str, arguments: tuple[str, ...]) -> None:
    if "gsm_ms" in arguments:
        converter = ["sox", str(pcm_wav(tmp_path / "s.wav", SPEECH)), "-e", "gsm-full-rate", str(tmp_path / name)]
        subprocess.run(converter, check=True, timeout=30)
        file = tmp_path / name
    else:
        file = by_ffmpeg(tmp_path / name, *arguments)

    assert likeness(read_recording(file), SPEECH) > 0.8


def test_without_ffmpeg_it_is_said_what_would_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = by_ffmpeg(tmp_path / "a.flac")
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(RecordingUnreadable, match="apt install ffmpeg"):
        read_recording(file)


def test_a_recording_that_broke_off_is_read_to_its_end(tmp_path: Path) -> None:
    file = wav(tmp_path / "a.wav", SPEECH, tag=1, bits=16)
    file.write_bytes(file.read_bytes()[:-1001])

    assert read_recording(file) == SPEECH[:-1002]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"no sound here, only text", "ffprobe cannot read it"),
        (b"RIFF\x24\0\0\0WAVE", "truncated"),
        (b"RIFF\x24\0\0\0WAVEfmt \x02\0\0\0\x01\0", "truncated"),
        (b"RIFF\x24\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 0, 8000, 0, 0, 16) + b"data\0\0\0\0", "0 channels"),
        (b"RIFF\x24\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 1, 2, 2, 16) + b"data\0\0\0\0", "1 Hz"),
        (
            b"RIFF\x24\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 99, 1, 8000, 2, 2, 7) + b"data\0\0\0\0",
            "no sound|cannot read it",
        ),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "no sound|ffprobe cannot read it"),
        (bytes(range(256)) * 50, "ffprobe cannot read it"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(content)

    with pytest.raises(RecordingUnreadable, match=reason):
        read_recording(file)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for file in (tmp_path / "missing.wav", tmp_path):
        with pytest.raises(RecordingUnreadable, match=str(file)):
            read_recording(file)


def test_hours_of_sound_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.al"
    with file.open("wb") as recording:
        recording.truncate(8000 * 3601)

    with pytest.raises(RecordingUnreadable, match="longer than 60 minutes"):
        read_recording(file)
