"""Composed answers of LinkedIn (tests/payloads/linkedin), and small ones made on the spot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "payloads" / "linkedin"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
ACTIVITY = "urn:li:activity:7092217928969244495"
US = "urn:li:organization:48217"


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def raw(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def urn(number: int | str) -> str:
    return f"urn:li:comment:({ACTIVITY},{number})"


def comment(number: int | str = 7092217928969249999, text: str = "Hej", at: int = 1791957601000, **more: Any) -> Any:
    return {
        "id": str(number),
        "commentUrn": urn(number),
        "object": ACTIVITY,
        "actor": "urn:li:person:Ab3xQ9kLmZ",
        "message": {"text": text},
        "created": {"time": at},
        "lastModified": {"time": at},
        **more,
    }


def page(*records: Any, start: int = 0, count: int = 100, total: int | None = None) -> dict[str, Any]:
    paging: dict[str, Any] = {"start": start, "count": count}
    return {"elements": list(records), "paging": paging if total is None else {**paging, "total": total}}
