"""What Yulia said, read back from the audio of a call by the line's own recogniser."""

from __future__ import annotations

import asyncio
import random
import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from asr_models.port import Hypothesis, PhraseList, Recogniser, RecognitionError
from ivr.softphone.call_life import CallLife
from ivr.softphone.frames import FRAME_BYTES, FRAME_SECONDS, Frame, level_dbfs
from tts.spoken import last_digits, points

UNKNOWN_WORD = "[unk]"
UNKNOWN_SHOWN = "…"

# A pause this long ends a piece of speech: longer than the pauses between sentences of one prompt's synthesis would
# lose words at the seam, shorter ones would delay the live print for nothing.
_PAUSE_FRAMES = 20
_LOOK_BACK_FRAMES = 10
# Below the backlog that the recogniser takes at once, so that a recording can be read faster than it lasts.
_LONGEST_PIECE_FRAMES = 300
_FINISH_LIMIT_SECONDS = 15.0
_SAMPLED_AMOUNTS = 200
_SAMPLED_DIGITS = 40
_NUMBERS_AFTER_WORDS = 40
_WORD = re.compile(r"[^\W\d_]+")
_PIECES = re.compile(r"\{[^}]*\}|[^{}.!?;:,«»—–\n]+|[.!?;:,«»—–\n]+")


@dataclass(frozen=True, slots=True)
class HeardSpeech:
    """A piece of speech between two pauses."""

    started_at: float  # time.monotonic() for a live call, seconds into it for a recording
    ended_at: float
    text: str  # lower-case words; UNKNOWN_WORD where the model lacks the word
    confidence: float  # 0..1

    @property
    def shown(self) -> str:
        """The words for people."""
        return shown(self.text)


def shown(text: str) -> str:
    """Write recognised words for people: unknown ones, however many in a row, are one ellipsis."""
    words = text.replace(UNKNOWN_WORD, UNKNOWN_SHOWN).split()
    return " ".join(word for i, word in enumerate(words) if word != UNKNOWN_SHOWN or words[i - 1 : i] != [word])


def contains_phrase(text: str, phrase: str) -> bool:
    """Whether the words of a phrase were said, in their order and next to each other; «а|б» means either."""
    said = _plain_words(text)
    return any(_holds(said, _plain_words(choice)) for choice in phrase.split("|"))


def _plain_words(text: str) -> list[str]:
    # An unknown word stays a word, so that no phrase is found across it. The form of the points follows from their
    # number, and a small recogniser tells «балла» from «баллов» by chance.
    plain = re.findall(r"[^\W_]+|…", shown(text).lower().replace("ё", "е"))
    return ["баллов" if word == "балла" else word for word in plain]


def _holds(said: list[str], wanted: list[str]) -> bool:
    return bool(wanted) and any(said[i : i + len(wanted)] == wanted for i in range(len(said) - len(wanted) + 1))


@cache
def amount_phrases() -> tuple[str, ...]:
    """Return what amounts of points sound like: every small one and a few hundred up to 99,999.

    The recogniser makes a bigram of its list, so a sample serves for all.
    """
    chance = random.Random(1)
    # A bare «тысяча» and hundreds without thousands are seldom in an even sample, and frequent on the telephone.
    usual = (*range(41), *range(41, 1000, 13), *range(1000, 2000, 9))
    amounts = [*usual, *(chance.randint(41, 99999 if i % 3 == 0 else 9999) for i in range(_SAMPLED_AMOUNTS))]
    return tuple(dict.fromkeys(points(amount) for amount in amounts))


@cache
def last_digits_phrases() -> tuple[str, ...]:
    """Return what the last four digits of a card sound like: a sample."""
    chance = random.Random(2)
    return tuple(last_digits(f"{chance.randrange(10000):04}") for _ in range(_SAMPLED_DIGITS))


@dataclass(frozen=True, slots=True)
class TranscriptPhrases:
    """What is listened for, in two lists since one spoils the other.

    Each piece of speech is read with both; the reading with the amounts is taken when it holds an amount of points.
    Measured with the bundled model on prompts of the line's own voice through A-law (errors of words the model knows;
    balances read right): free speech 109 %, 48 %; one list 73 %, 82 %; two lists 52 %, 77 %, and 95 % of the balances
    after «Ваш баланс: », which ends in a pause.
    """

    texts: PhraseList
    amounts: PhraseList | None = None


def transcript_phrases(sentences: Iterable[str] = ()) -> TranscriptPhrases:
    """Make the lists for what Yulia says: the texts of her prompts where they are known, and amounts of points.

    A text may hold `{name|form}` parts; the words that lead up to a number are put in front of a sample of numbers as
    well, since the seam is where the recogniser goes astray. What is in no text is heard as unknown speech.
    """
    texts: dict[str, None] = {}
    amounts: dict[str, None] = {}
    for sentence in sentences:
        lead = ""
        for piece in _PIECES.findall(sentence):
            if piece.startswith("{"):
                for number in _numbers_for(piece) if lead else ():
                    amounts[f"{lead} {number}"] = None
                lead = ""
            else:
                lead = " ".join(_WORD.findall(piece.lower()))  # empty after a comma or a stop
                if lead:
                    texts[lead] = None
    amounts.update(dict.fromkeys((*amount_phrases(), *texts)))
    return TranscriptPhrases(PhraseList(tuple(texts)), PhraseList(tuple(amounts)))


def _numbers_for(placeholder: str) -> tuple[str, ...]:
    _, _, form = placeholder.strip("{}").partition("|")
    match form:
        case "points":
            return amount_phrases()[:: len(amount_phrases()) // _NUMBERS_AFTER_WORDS]
        case "last4":
            return last_digits_phrases()
        case _:
            return ()


def _holds_amount(text: str) -> bool:
    words = text.split()
    return any(before in _number_words() and word in ("балл", "балла", "баллов") for before, word in pairwise(words))


@cache
def _number_words() -> frozenset[str]:
    return frozenset(word for phrase in amount_phrases() for word in phrase.split()[:-1])


class Transcriber:
    """Reads back what is heard on one call while it goes on."""

    def __init__(
        self,
        recogniser: Recogniser,
        phrases: TranscriptPhrases,
        on_speech: Callable[[HeardSpeech], None] | None = None,
    ) -> None:
        self._recogniser = recogniser
        self._phrases = phrases
        self._on_speech = on_speech
        self.speech: list[HeardSpeech] = []
        self.failures = 0
        self._next_frame = 0
        self._pieces = _Pieces()

    @property
    def text(self) -> str:
        """Everything heard so far."""
        return " ".join(piece.text for piece in self.speech if piece.text)

    async def follow(self, call: CallLife) -> None:
        """Read along until the call is over; what was said last is read before the return."""
        while not call.over:
            await self.read(call.heard.frames_from(self._next_frame))
            await asyncio.sleep(5 * FRAME_SECONDS)
        await self.catch_up(call)

    async def catch_up(self, call: CallLife) -> None:
        """Read what came since the last look, and the piece of speech that is not yet over."""
        await self.read(call.heard.frames_from(self._next_frame))
        await self.read_rest()

    async def read_rest(self) -> None:
        """Read the piece of speech that is not yet over."""
        await self._recognise(self._pieces.rest())

    async def read(self, frames: list[Frame]) -> None:
        """Read the frames that follow those read before."""
        self._next_frame += len(frames)
        for frame in frames:
            await self._recognise(self._pieces.take(frame))

    async def _recognise(self, piece: list[Frame]) -> None:
        if not piece:
            return
        audio = b"".join(frame.pcm16 for frame in piece)
        try:
            hypothesis = await self._reading(audio, self._phrases.amounts) if self._phrases.amounts else None
            if hypothesis is None or not _holds_amount(hypothesis.text):
                hypothesis = await self._reading(audio, self._phrases.texts)
        except (RecognitionError, TimeoutError):
            self.failures += 1
            return
        if not hypothesis.text:
            return
        heard = HeardSpeech(piece[0].at - FRAME_SECONDS, piece[-1].at, hypothesis.text, hypothesis.confidence)
        self.speech.append(heard)
        if self._on_speech is not None:
            self._on_speech(heard)

    async def _reading(self, audio: bytes, phrases: PhraseList) -> Hypothesis:
        stream = self._recogniser.open_stream(phrases)
        try:
            stream.feed(audio)
            async with asyncio.timeout(_FINISH_LIMIT_SECONDS):
                return await stream.finish()
        finally:
            stream.cancel()


async def transcribe_recording(
    recogniser: Recogniser, pcm16: bytes, phrases: TranscriptPhrases, *, sound_dbfs: float = -45.0
) -> list[HeardSpeech]:
    """Read one direction of a recording (8 kHz); times count from its beginning."""
    frames = []
    for index in range(0, len(pcm16), FRAME_BYTES):
        frame = pcm16[index : index + FRAME_BYTES]
        frames.append(Frame(frame, (index // FRAME_BYTES + 1) * FRAME_SECONDS, level_dbfs(frame) >= sound_dbfs))
    reader = Transcriber(recogniser, phrases)
    await reader.read(frames)
    await reader.read_rest()
    return reader.speech


class _Pieces:
    """Cuts a stream of frames at pauses."""

    def __init__(self) -> None:
        self._before: deque[Frame] = deque(maxlen=_LOOK_BACK_FRAMES)
        self._piece: list[Frame] = []
        self._silent = 0

    def take(self, frame: Frame) -> list[Frame]:
        """Take a frame; return the piece of speech that it completes, if any."""
        if not self._piece:
            if not frame.is_sound:
                self._before.append(frame)
                return []
            self._piece = [*self._before]
            self._before.clear()
        self._piece.append(frame)
        self._silent = 0 if frame.is_sound else self._silent + 1
        if self._silent >= _PAUSE_FRAMES or len(self._piece) >= _LONGEST_PIECE_FRAMES:
            return self.rest()
        return []

    def rest(self) -> list[Frame]:
        """Return the piece that is under way."""
        piece, self._piece, self._silent = self._piece, [], 0
        return piece
