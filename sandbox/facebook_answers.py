"""How the pretend Graph API answers: bodies, usage headers, and errors with Graph's codes and words."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response, current_app, g, jsonify, make_response

from sandbox.world import World

PLATFORM = "facebook"
NEWEST, OLDEST = 26, 21  # versions alive on 2026-11-22; a call to a dead one is answered by the oldest
CALLS_A_DAY = 960_000  # Business Use Case limit of a page: 4,800 × engaged users, here 200
REGAIN_MINUTES = 37
EXPIRED = "Error validating access token: Session has expired on Friday, 20-Nov-26 08:00:00 PST."
CHANGED = (
    "Error validating access token: The session has been invalidated because the user changed their password or "
    "Facebook has changed the session for security reasons."
)


class GraphError(Exception):
    """An answer in Graph's words."""

    def __init__(
        self,
        message: str,
        *,
        code: int,
        subcode: int | None = None,
        type: str = "OAuthException",
        status: int = 400,
        transient: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        error: dict[str, Any] = {"message": message, "type": type, "code": code}
        if subcode is not None:
            error["error_subcode"] = subcode
        if transient is not None:
            error["is_transient"] = transient
        self.body = {"error": {**error, "fbtrace_id": "A" + hashlib.sha1(message.encode()).hexdigest()[:22]}}


def gone(id: str, method: str = "get") -> GraphError:
    """Deleted, or not visible: Graph does not say which."""
    return GraphError(
        f"Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation. Please read the Graph API documentation at "
        "https://developers.facebook.com/docs/graph-api",
        code=100,
        subcode=33,
        type="GraphMethodException",
    )


def nonexistent(name: str, kind: str) -> GraphError:
    return GraphError(f"(#100) Tried accessing nonexistent field ({name}) on node type ({kind})", code=100)


def not_permitted() -> GraphError:
    return GraphError("(#200) Permissions error", code=200)


def fault_answer(kind: str) -> Response | None:
    """Answer with a fault that is on, as Graph words it; None for what is not Graph's or comes while paging."""
    if kind == "rate_limit":
        words = (
            "(#80001) There have been too many calls to this Page account. Wait a bit and try again. For more info, "
            "please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting."
        )
        error = GraphError(words, code=80001)
    elif kind == "quota":
        error = GraphError("(#4) Application request limit reached", code=4, status=403, transient=True)
    elif kind == "token_expired":
        error = GraphError(EXPIRED, code=190, subcode=463)
    elif kind == "token_revoked":
        error = GraphError(CHANGED, code=190, subcode=460, status=401)
    elif kind == "server_error":
        words = "An unexpected error has occurred. Please retry your request later."
        error = GraphError(words, code=2, status=500, transient=True)
    else:
        return None
    return answer(error.body, error.status, blocked=kind == "rate_limit")


def answer(body: Any, status: int = 200, *, blocked: bool = False) -> Response:
    """Send JSON with the headers that tell how much of the limits is used."""
    response = make_response(jsonify(body), status)
    response.headers["Content-Type"] = "application/json; charset=UTF-8"
    response.headers["facebook-api-version"] = g.get("version", f"v{NEWEST}.0")
    share = 100 if blocked else share_used()
    used = {"call_count": share, "total_cputime": share // 2, "total_time": share // 2}
    business = {
        "type": g.get("use_case", "pages"),
        **used,
        "estimated_time_to_regain_access": REGAIN_MINUTES if blocked else 0,
    }
    response.headers["X-App-Usage"] = json.dumps(used, separators=(",", ":"))
    response.headers["X-Business-Use-Case-Usage"] = json.dumps(
        {g.get("account") or "0": [business]}, separators=(",", ":")
    )
    return response


def count_call() -> None:
    """Count a call of the account whose token came; refuse it when the day's calls are used up."""
    counts = current_app.config.setdefault("FACEBOOK_CALLS", {})
    today = (g.account, world().now().date())
    counts[today] = counts.get(today, 0) + 1
    if share_used() > 100:
        raise GraphError("(#80001) There have been too many calls to this Page account.", code=80001)


def share_used() -> int:
    """Give the share of the day's calls that are used, in per cent. A page's `extra` may set `calls_a_day`."""
    account = world().account(g.get("account") or "", PLATFORM)
    most = int(account.extra.get("calls_a_day", CALLS_A_DAY)) if account else CALLS_A_DAY
    counts = current_app.config.get("FACEBOOK_CALLS", {})
    return int(100 * counts.get((g.get("account"), world().now().date()), 0) / most)


def world() -> World:
    """Give the world of the application that answers."""
    found: World = current_app.config["WORLD"]
    return found
