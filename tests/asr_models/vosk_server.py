"""A vosk-server, written from its protocol's description: `python -m tests.asr_models.vosk_server MODEL`.

As the one of the vosk-server project (websocket/asr_server.py): the first text may configure the utterance; the
recogniser is made with the first audio; each message of audio is answered; the end of audio is told by one exact text.
It prints the port it listens on.
"""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import vosk
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

END_OF_AUDIO = '{"eof" : 1}'


class Server:
    """One model, one recogniser for each connection."""

    def __init__(self, model: str) -> None:
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(model)
        self._threads = ThreadPoolExecutor(2)

    async def recognise(self, connection: ServerConnection) -> None:
        """Serve one utterance."""
        loop = asyncio.get_running_loop()
        config: dict[str, Any] = {}
        recogniser = None
        try:
            async for message in connection:
                if isinstance(message, str) and "config" in message:
                    config |= json.loads(message)["config"]
                    continue
                if recogniser is None:
                    recogniser = self._recogniser(config)
                answer, is_last = await loop.run_in_executor(self._threads, process, recogniser, message)
                await connection.send(answer)
                if is_last:
                    return
        except ConnectionClosed:
            pass

    def _recogniser(self, config: dict[str, Any]) -> Any:
        phrases = config.get("phrase_list")
        arguments = (json.dumps(phrases, ensure_ascii=False),) if phrases else ()
        recogniser = vosk.KaldiRecognizer(self._model, float(config.get("sample_rate", 8000)), *arguments)
        recogniser.SetWords(bool(config.get("words", True)))
        recogniser.SetMaxAlternatives(int(config.get("max_alternatives", 0)))
        return recogniser


def process(recogniser: Any, message: str | bytes) -> tuple[str, bool]:
    """Answer one message; say whether it was the last."""
    if message == END_OF_AUDIO:
        return recogniser.FinalResult(), True
    if recogniser.AcceptWaveform(message):
        return recogniser.Result(), False
    return recogniser.PartialResult(), False


async def main(model: str) -> None:
    """Serve until the process is ended."""
    async with serve(Server(model).recognise, "127.0.0.1", 0) as server:
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
