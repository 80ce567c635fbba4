"""The environment of the line's own programs: YULIA_<SECTION>__<FIELD>, secrets among them."""

from __future__ import annotations

import json

from pydantic import BaseModel

from ivr.line.plan import LinePlan


def worker_environment(
    plan: LinePlan,
    *,
    ami_secret: str,
    redis_url: str,
    loyalty_url: str,
    loyalty_token: str,
    database_url: str,
    attempts_secret: str,
) -> dict[str, str]:
    """Say what a worker of this line has to know; what the plan adds comes last and wins."""
    values = {
        **as_environment("LINE", plan.line),
        **as_environment("ASTERISK", plan.asterisk),
        "YULIA_LINE__STATE_DIR": str(plan.state_dir),
        "YULIA_AMI__USERNAME": plan.ami_username,
        "YULIA_AMI__SECRET": ami_secret,
        "YULIA_REDIS__URL": redis_url,
        "YULIA_LOYALTY__URL": loyalty_url,
        "YULIA_LOYALTY__TOKEN": loyalty_token,
        "YULIA_DATABASE__URL": database_url,
        "YULIA_ATTEMPTS__SECRET": attempts_secret,
    }
    for section, address in (("AGI", plan.agi), ("AMI", plan.ami), ("AUDIO", plan.audio), ("WEB", plan.web)):
        values[f"YULIA_{section}__HOST"] = address.host
        values[f"YULIA_{section}__PORT"] = str(address.port)
    return values | plan.environment


def as_environment(section: str, settings: BaseModel) -> dict[str, str]:
    """Write a section of the settings as variables that pydantic-settings reads back to the same values."""
    values = settings.model_dump(mode="json", exclude_none=True)
    return {
        f"YULIA_{section}__{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }
