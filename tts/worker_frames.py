"""What a speech worker process and the line say to each other over pipes. Standard library only: workers stay light."""

from __future__ import annotations

import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from typing import BinaryIO

REQUEST_HEAD = struct.Struct(">I")  # length of the UTF-8 text, bytes
ANSWER_HEAD = struct.Struct(">cII")  # kind, sample rate in Hz, length of the payload in bytes
READY = b"R"
AUDIO = b"A"  # payload: mono 16-bit little-endian samples
FAILED = b"F"  # payload: UTF-8 reason; the worker lives on

MAX_TEXT_BYTES = 64 * 1024
MAX_AUDIO_BYTES = 32 * 1024 * 1024

Synthesise = Callable[[str], tuple[bytes, int]]
"""Text to (samples, sample rate in Hz); raises when the text cannot be spoken."""


def serve(open_voice: Callable[[], Synthesise], *, limit_seconds: float) -> None:
    """Answer requests on standard input until it ends.

    A request that takes longer than `limit_seconds` ends the process by SIGALRM: Python cannot interrupt a synthesiser
    written in C, and a worker whose parent died would otherwise burn a core for ever.
    """
    requests, answers = _claim_pipes()
    # The line's 20 ms clock goes before synthesis.
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_REAL, limit_seconds)
    try:
        synthesise = open_voice()
    except Exception as error:
        _answer(answers, FAILED, 0, _reason(error))
        return
    _answer(answers, READY, 0, b"")
    while True:
        signal.setitimer(signal.ITIMER_REAL, 0)
        head = requests.read(REQUEST_HEAD.size)
        if len(head) < REQUEST_HEAD.size:
            return
        text = requests.read(REQUEST_HEAD.unpack(head)[0])
        signal.setitimer(signal.ITIMER_REAL, limit_seconds)
        try:
            pcm16, sample_rate_hz = synthesise(text.decode())
        except Exception as error:
            _answer(answers, FAILED, 0, _reason(error))
        else:
            _answer(answers, AUDIO, sample_rate_hz, pcm16)


def _claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    # Synthesisers print to standard output (pyttsx3 reports each file it saves): give them the null device
    # and keep the pipe for frames.
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    return sys.stdin.buffer, answers


def _answer(answers: BinaryIO, kind: bytes, sample_rate_hz: int, payload: bytes) -> None:
    answers.write(ANSWER_HEAD.pack(kind, sample_rate_hz, len(payload)) + payload)
    answers.flush()


def _reason(error: Exception) -> bytes:
    return f"{type(error).__name__}: {error}"[:500].encode(errors="replace")
