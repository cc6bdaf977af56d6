"""How X cuts a list into pages: newest first, `next_token` until the end, and the odd pages on purpose."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, current_app, jsonify, request

from sandbox.control import world
from sandbox.entries import Entry
from sandbox.faults import active
from sandbox.ids import X_EPOCH_MS
from sandbox.twitter import objects
from sandbox.twitter.keys import Caller
from sandbox.twitter.problems import WINDOW, Refused, invalid, too_many

RECENT = timedelta(days=7)
TOKEN = re.compile(r"^(7140dibdnow9c7btw|e)([0-9a-z]+)$")  # the ordinary kind, and the one after an empty page
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def page(
    entries: Iterable[Entry],
    args: Mapping[str, str],
    want: objects.Wanted,
    *,
    smallest: int,
    token_name: str,
    reachable: int | None = None,
) -> Response:
    """Answer one page of a list. `reachable`: how many of the newest can be had at all."""
    found = sorted(_within(entries, args), key=lambda entry: int(entry.id), reverse=True)[:reachable]
    size = _size(args, smallest)
    token = args.get(token_name)
    kind, before = _read_token(token, token_name)
    if token and kind != "e" and active("twitter", "empty_page"):
        return _answer([], want, token=f"e{_base36(before)}")
    if token is None and active("twitter", "empty_page"):
        size = min(size, 2)  # a short page with a token, then an empty one
    repeats = token is not None and active("twitter", "repeat_page")
    left = [entry for entry in found if repeats or before is None or int(entry.id) < before]
    shown, more = left[:size], len(left) > size
    next_token = f"7140dibdnow9c7btw{_base36(int(shown[-1].id))}" if more else None
    if next_token and active("twitter", "missing_next"):
        next_token = None
    return _answer(shown, want, token=next_token)


def _answer(entries: list[Entry], want: objects.Wanted, *, token: str | None) -> Response:
    body = objects.answer(entries, want)
    meta: dict[str, Any] = {"result_count": len(entries)}
    if entries:
        meta |= {"newest_id": entries[0].id, "oldest_id": entries[-1].id}
    if token:
        meta["next_token"] = token
    return jsonify({**body, "meta": meta})


def _within(entries: Iterable[Entry], args: Mapping[str, str]) -> Iterable[Entry]:
    since, until = _id(args, "since_id"), _id(args, "until_id")
    start, end = moment(args, "start_time"), moment(args, "end_time")
    return (
        entry
        for entry in entries
        if (since is None or int(entry.id) > since)
        and (until is None or int(entry.id) < until)
        and (start is None or entry.created_at >= start)
        and (end is None or entry.created_at < end)
    )


def refuse_what_is_too_old(args: Mapping[str, str]) -> None:
    """Raise `Refused` for a `since_id` or `start_time` more than seven days back, as X does for ever after."""
    oldest = world().now() - RECENT
    since, start = _id(args, "since_id"), moment(args, "start_time")
    floor = (int(oldest.timestamp() * 1000) - X_EPOCH_MS) << 22
    if since is not None and since < floor:
        raise invalid(
            f"'since_id' must be a tweet id created after {oldest:%Y-%m-%dT%H:%MZ}. Please use a 'since_id' that is "
            f"larger than {floor}",
            since_id=since,
        )
    if start is not None and start < oldest:
        raise invalid(f"'start_time' must be on or after {oldest:%Y-%m-%dT%H:%MZ}.", start_time=args["start_time"])


def moment(args: Mapping[str, str], name: str) -> datetime | None:
    """Read a time parameter; raise `Refused` for one that is not RFC 3339."""
    text = args.get(name)
    if text is None:
        return None
    if not TIME.match(text):
        raise invalid(f"The `{name}` query parameter value [{text}] is not a valid RFC3339 date-time.", **{name: text})
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def _id(args: Mapping[str, str], name: str) -> int | None:
    text = args.get(name)
    if text is not None and not re.fullmatch(r"\d{1,19}", text):
        raise invalid(f"The `{name}` query parameter value [{text}] is not valid.", **{name: text})
    return None if text is None else int(text)


def _size(args: Mapping[str, str], smallest: int) -> int:
    text = args.get("max_results", "10")
    if not text.isdigit() or not smallest <= int(text) <= 100:
        raise invalid(
            f"The `max_results` query parameter value [{text}] is not between {smallest} and 100", max_results=text
        )
    return int(text)


def _read_token(token: str | None, name: str) -> tuple[str, int | None]:
    if token is None:
        return "", None
    match = TOKEN.match(token)
    if not match:
        raise invalid(f"The `{name}` query parameter value [{token}] is not valid.", **{name: token})
    return match.group(1), int(match.group(2), 36)


def _base36(number: int | None) -> str:
    number, made = number or 0, ""
    while number:
        number, digit = divmod(number, 36)
        made = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + made
    return made or "0"


def count_request(caller: Caller, endpoint: str, limit: int) -> dict[str, str]:
    """Count a request in its window of 15 minutes; give the three headers, refuse it where rates are enforced."""
    windows: dict[tuple[str, str], list[int]] = current_app.config.setdefault("X_WINDOWS", {})
    now = int(time.time())
    window = windows.setdefault((caller.app, endpoint), [now + WINDOW, 0])
    if window[0] <= now:
        window[:] = [now + WINDOW, 0]
    window[1] += 1
    if window[1] > limit and caller.account and caller.account.extra.get("enforces_rates"):
        raise Refused(too_many(window[0], limit))
    return {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(max(0, limit - window[1])),
        "x-rate-limit-reset": str(window[0]),
    }


def query_args() -> dict[str, str]:
    """Give the query's parameters, each once."""
    return request.args.to_dict()
