from __future__ import annotations

from tests.asr_models.conftest import vosk_server_url

__all__ = ["vosk_server_url"]
