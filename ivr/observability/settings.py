from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class WebSettings(BaseModel, frozen=True):
    """Health and metrics over HTTP."""

    host: str = Field("127.0.0.1", description="Address of /healthz, /readyz and /metrics.")
    port: int = Field(8090, ge=0, le=65535, description="Port of /healthz, /readyz and /metrics.")


class LogSettings(BaseModel, frozen=True):
    """Logs of the worker."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level written.")
    style: Literal["console", "json"] = Field("json", description="Form of a line: JSON, or coloured for people.")
