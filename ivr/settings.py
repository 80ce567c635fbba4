"""All settings of the line, read once from the environment: YULIA_<SECTION>__<FIELD>."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from asr_models.settings import HearingSettings
from dialogs.nlu.settings import UnderstandingSettings
from dialogs.settings import DialogueSettings
from integrations.loyalty.settings import LoyaltySettings
from integrations.operations.settings import OperationSettings
from integrations.settings import AttemptSettings, DatabaseSettings, RedisSettings, RetentionSettings
from ivr.agi.settings import AgiSettings
from ivr.ami.settings import AmiSettings
from ivr.audio.settings import AudioSettings
from ivr.line.settings import AsteriskSettings, LineSettings
from ivr.listening.settings import ListeningSettings
from ivr.observability.settings import LogSettings, WebSettings
from ivr.session.settings import SessionSettings
from ivr.softphone.settings import SoftphoneSettings
from tts.settings import SpeechSettings


class Settings(BaseSettings):
    """Every section; each belongs to its package."""

    model_config = SettingsConfigDict(
        env_prefix="YULIA_", env_nested_delimiter="__", env_file="yulia.env", extra="ignore", frozen=True
    )

    line: LineSettings = Field(default_factory=LineSettings)
    asterisk: AsteriskSettings = Field(default_factory=AsteriskSettings)
    agi: AgiSettings = Field(default_factory=AgiSettings)
    ami: AmiSettings = Field(default_factory=AmiSettings)
    audio: AudioSettings = Field(default_factory=AudioSettings)
    session: SessionSettings = Field(default_factory=SessionSettings)
    listening: ListeningSettings = Field(default_factory=ListeningSettings)
    hearing: HearingSettings = Field(default_factory=HearingSettings)
    speech: SpeechSettings = Field(default_factory=SpeechSettings)
    dialogue: DialogueSettings = Field(default_factory=DialogueSettings)
    understanding: UnderstandingSettings = Field(default_factory=UnderstandingSettings)
    loyalty: LoyaltySettings = Field(default_factory=LoyaltySettings)
    operations: OperationSettings = Field(default_factory=OperationSettings)
    redis: RedisSettings = Field(default_factory=RedisSettings)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    attempts: AttemptSettings = Field(default_factory=AttemptSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    softphone: SoftphoneSettings = Field(default_factory=SoftphoneSettings)
    web: WebSettings = Field(default_factory=WebSettings)
    logs: LogSettings = Field(default_factory=LogSettings)
