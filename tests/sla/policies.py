"""The policies that the tests of the clock speak of."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sla.clock import Policy
from sla.policyfile import SE24, policy_from_json

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OFFICE = [["08:00", "16:30"]]
SE24_POLICY = policy_from_json(SE24)


def local(text: str, tz: ZoneInfo = STOCKHOLM, fold: int = 0) -> datetime:
    """Read "2026-01-13 10:00" as a time of the zone."""
    return datetime.fromisoformat(text).replace(tzinfo=tz, fold=fold)


def changed(**keys: Any) -> Policy:
    """The default policy with some keys written otherwise."""
    return policy_from_json({**deepcopy(SE24), **keys})


def weekdays(windows: list[list[str]]) -> dict[str, list[list[str]]]:
    return dict.fromkeys("01234", windows)
