"""Settings of the test caller and of the agents' phones."""

from __future__ import annotations

from ipaddress import IPv4Address

from pydantic import BaseModel, Field


class SoftphoneSettings(BaseModel, frozen=True):
    """How the phones of tests, demonstrations and benches behave."""

    address: IPv4Address = Field(
        IPv4Address("127.0.0.1"), description="Address the phones call from; also tells a trunk from an agent"
    )
    rtp_first_port: int = Field(
        61000, ge=1024, le=65000, description="First UDP port for the phones' audio; above the kernel's own range"
    )
    rtp_last_port: int = Field(65500, ge=1030, le=65535, description="Last UDP port for the phones' audio")
    answer_limit_seconds: float = Field(10.0, gt=0, description="Longest wait for the line to answer")
    register_limit_seconds: float = Field(5.0, gt=0, description="Longest wait for an agent's registration")
    hang_up_limit_seconds: float = Field(3.0, gt=0, description="Longest wait for a hang-up to be confirmed")
    pump_seconds: float = Field(
        0.005, ge=0.001, le=0.02, description="How often audio is read and written; the grain of all its times"
    )
    lead_seconds: float = Field(0.2, ge=0.04, le=1.0, description="Caller's audio handed to the stack ahead of time")
    sound_dbfs: float = Field(-45.0, lt=0, description="A 20 ms frame is sound, not silence, from this level on")
    recording_limit_seconds: float = Field(
        1800.0, gt=0, description="Audio kept of one call for its recording; what comes later is not recorded"
    )
