"""The process that speaks with RHVoice through its C library: `python -m tts.rhvoice_worker OPTIONS`."""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path

from tts.worker_frames import Synthesise, serve

_SET_SAMPLE_RATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
_PLAY_SPEECH = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_uint, ctypes.c_void_p)
_PRELOAD_VOICES = 1
CONFIG_DIR = Path(__file__).resolve().parent / "rhvoice_config"


# The structures of RHVoice.h, the same in 1.8 (Debian 12) and 1.14 (Debian 13).
class _Callbacks(ctypes.Structure):
    _fields_ = (
        ("set_sample_rate", _SET_SAMPLE_RATE),
        ("play_speech", _PLAY_SPEECH),
        ("process_mark", ctypes.c_void_p),
        ("word_starts", ctypes.c_void_p),
        ("word_ends", ctypes.c_void_p),
        ("sentence_starts", ctypes.c_void_p),
        ("sentence_ends", ctypes.c_void_p),
        ("play_audio", ctypes.c_void_p),
        ("done", ctypes.c_void_p),
    )


class _InitParams(ctypes.Structure):
    _fields_ = (
        ("data_path", ctypes.c_char_p),
        ("config_path", ctypes.c_char_p),
        ("resource_paths", ctypes.POINTER(ctypes.c_char_p)),
        ("callbacks", _Callbacks),
        ("options", ctypes.c_uint),
    )


class _SynthParams(ctypes.Structure):
    _fields_ = (
        ("voice_profile", ctypes.c_char_p),
        ("absolute_rate", ctypes.c_double),
        ("absolute_pitch", ctypes.c_double),
        ("absolute_volume", ctypes.c_double),
        ("relative_rate", ctypes.c_double),
        ("relative_pitch", ctypes.c_double),
        ("relative_volume", ctypes.c_double),
        ("punctuation_mode", ctypes.c_int),
        ("punctuation_list", ctypes.c_char_p),
        ("capitals_mode", ctypes.c_int),
        ("flags", ctypes.c_int),
    )


def load_library(path: Path) -> ctypes.CDLL:
    """Load libRHVoice, first the libraries that it needs when they lie in the same (private) folder."""
    for pattern in ("libsonic.so.*", "libRHVoice_core.so.*"):
        for needed in sorted(path.parent.glob(pattern))[:1]:
            ctypes.CDLL(str(needed), mode=ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(str(path))
    library.RHVoice_new_tts_engine.restype = ctypes.c_void_p
    library.RHVoice_new_tts_engine.argtypes = [ctypes.POINTER(_InitParams)]
    library.RHVoice_new_message.restype = ctypes.c_void_p
    library.RHVoice_new_message.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.POINTER(_SynthParams),
        ctypes.c_void_p,
    ]
    library.RHVoice_speak.argtypes = [ctypes.c_void_p]
    library.RHVoice_delete_message.argtypes = [ctypes.c_void_p]
    return library


def open_voice(library_path: Path, data_path: Path, voice: str, rate: float) -> Synthesise:
    """Start RHVoice with its voices preloaded and return its `synthesise`."""
    library = load_library(library_path)
    samples = bytearray()
    sample_rate_hz = 0

    def set_sample_rate(rate_hz: int, _user: int | None) -> int:
        nonlocal sample_rate_hz
        sample_rate_hz = rate_hz
        return 1

    def play_speech(chunk: ctypes._Pointer[ctypes.c_short], count: int, _user: int | None) -> int:
        samples.extend(ctypes.string_at(chunk, count * 2))
        return 1

    callbacks = _Callbacks(set_sample_rate=_SET_SAMPLE_RATE(set_sample_rate), play_speech=_PLAY_SPEECH(play_speech))
    params = _InitParams(
        data_path=bytes(data_path),
        config_path=bytes(CONFIG_DIR),
        callbacks=callbacks,
        options=_PRELOAD_VOICES,
    )
    engine = library.RHVoice_new_tts_engine(ctypes.byref(params))
    if not engine:
        raise RuntimeError(f"RHVoice did not start with the data in {data_path}")
    how = _SynthParams(voice_profile=voice.encode(), relative_rate=rate, relative_pitch=1, relative_volume=1)

    def synthesise(text: str) -> tuple[bytes, int]:
        samples.clear()
        encoded = text.encode()
        message = library.RHVoice_new_message(engine, encoded, len(encoded), 0, ctypes.byref(how), None)
        if not message:
            raise RuntimeError("RHVoice refused the text or the voice")
        try:
            if not library.RHVoice_speak(message):
                raise RuntimeError("RHVoice failed in the middle of the text")
        finally:
            library.RHVoice_delete_message(message)
        return bytes(samples), sample_rate_hz

    # RHVoice keeps bare pointers to these.
    synthesise.kept = (params, callbacks)  # type: ignore[attr-defined]
    # The first text reads the language's dictionaries (about 0.1 s): not at a caller's cost.
    synthesise("да")
    return synthesise


def main() -> None:
    """Serve until standard input ends."""
    options = json.loads(sys.argv[1])
    serve(
        lambda: open_voice(Path(options["library"]), Path(options["data"]), options["voice"], options["rate"]),
        limit_seconds=options["limit_seconds"] + 1,
    )


if __name__ == "__main__":
    main()
