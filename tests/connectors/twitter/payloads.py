"""The recorded, observed and composed answers of X under tests/payloads/twitter, and who is who in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests

from connectors.twitter.mapping import Us

FOLDER = Path(__file__).parents[2] / "payloads" / "twitter"
US = Us("1698610011305870259", "@ExempelbySE")
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
LISTS = [name for name in NAMES if not name.startswith(("error_", "activity_", "dm_", "reply_", "tweet_"))]
ERRORS = [name for name in NAMES if name.startswith("error_")]


def body(name: str) -> Any:
    return load(name)["response"]["body"]


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def response(name: str) -> requests.Response:
    """Give the payload as requests would hand it over."""
    recorded = load(name)["response"]
    made = requests.Response()
    made.status_code = recorded["status"]
    made.headers.update(recorded["headers"])
    made._content = json.dumps(recorded["body"]).encode()
    return made
