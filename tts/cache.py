"""Spoken sentences kept: a small layer in memory over a bounded folder on disk."""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import structlog

from tts.port import Speech

_log = structlog.get_logger()

# Raise when the same text, voice and settings begin to sound otherwise: trimming, filters, levels.
FORMAT_VERSION = 1

# "YSP", version, sample rate in Hz, CRC-32 of the samples; then the samples
_HEAD = struct.Struct(">3sBII")
_MAGIC = b"YSP"
_FILL_AFTER_EVICTION = 0.9


def cache_key(engine: str, voice: str, level_dbfs: float, text: str) -> str:
    """Return the name under which a sentence is kept."""
    parts = (str(FORMAT_VERSION), engine, voice, f"{level_dbfs:g}", text)
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


class MemoryCache:
    """The hottest sentences, by bytes; the least recently used go first."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._speech_by_key: OrderedDict[str, Speech] = OrderedDict()

    def get(self, key: str) -> Speech | None:
        """Return a sentence, and count it as used."""
        speech = self._speech_by_key.get(key)
        if speech is not None:
            self._speech_by_key.move_to_end(key)
        return speech

    def put(self, key: str, speech: Speech) -> None:
        """Keep a sentence, unless it alone would fill the cache."""
        size = len(speech.pcm16)
        if size > self._max_bytes:
            return
        previous = self._speech_by_key.pop(key, None)
        self._bytes += size - (len(previous.pcm16) if previous else 0)
        self._speech_by_key[key] = speech
        while self._bytes > self._max_bytes:
            _, evicted = self._speech_by_key.popitem(last=False)
            self._bytes -= len(evicted.pcm16)

    @property
    def bytes_kept(self) -> int:
        """Bytes of sound in memory."""
        return self._bytes


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    size_bytes: int
    used_at_ns: int


class DiskCache:
    """Sentences as files in one folder, which several lines and processes may share.

    Blocking: call it off the event loop. A fault of the disk is counted and logged, never raised: the line speaks
    without a cache then.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._bytes: int | None = None  # known after the first look at the folder
        self._making_room = threading.Lock()
        self.corrupt = 0
        self.evicted = 0
        self.faults = 0

    def get(self, key: str) -> Speech | None:
        """Return a sentence; a corrupt file is removed and counts as missing."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._fault("speech cache cannot be read", error)
            return None
        speech = _speech(content)
        try:
            if speech is None:
                self.corrupt += 1
                _log.warning("corrupt file in the speech cache", path=str(path))
                path.unlink(missing_ok=True)
            else:
                os.utime(path)
        except OSError:
            # Removed by another process meanwhile: what was read is good.
            pass
        return speech

    def put(self, key: str, speech: Speech) -> None:
        """Keep a sentence: written beside, then renamed, so that no reader meets half a file."""
        content = _HEAD.pack(_MAGIC, FORMAT_VERSION, speech.sample_rate_hz, zlib.crc32(speech.pcm16)) + speech.pcm16
        if len(content) > self._max_bytes:
            return
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix="new-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                os.replace(temporary, path)
            except BaseException:
                os.unlink(temporary)
                raise
            with self._making_room:
                self._make_room(len(content))
        except OSError as error:
            self._fault("speech cache cannot be written", error)

    def _make_room(self, added_bytes: int) -> None:
        if self._bytes is not None:
            self._bytes += added_bytes
            if self._bytes <= self._max_bytes:
                return
        entries = sorted(self._entries(), key=lambda entry: entry.used_at_ns)
        self._bytes = sum(entry.size_bytes for entry in entries)
        if self._bytes <= self._max_bytes:
            return
        for entry in entries:
            if self._bytes <= _FILL_AFTER_EVICTION * self._max_bytes:
                break
            entry.path.unlink(missing_ok=True)
            self._bytes -= entry.size_bytes
            self.evicted += 1

    def _entries(self) -> list[_Entry]:
        found = []
        for path in self._folder.glob("*/*"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found.append(_Entry(path, status.st_size, status.st_mtime_ns))
        return found

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def _fault(self, message: str, error: OSError) -> None:
        self.faults += 1
        _log.warning(message, folder=str(self._folder), error=str(error))


def _speech(content: bytes) -> Speech | None:
    if len(content) < _HEAD.size:
        return None
    magic, version, sample_rate_hz, checksum = _HEAD.unpack_from(content)
    pcm16 = content[_HEAD.size :]
    if magic != _MAGIC or version != FORMAT_VERSION or zlib.crc32(pcm16) != checksum:
        return None
    return Speech(pcm16, sample_rate_hz)
