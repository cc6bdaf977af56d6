"""How X says no: problem bodies with the titles, types and words that it uses."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, request

PROBLEMS = "https://api.twitter.com/2/problems"
NOT_SUMMONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author "
    "of the post you are replying to."
)
WINDOW = 900  # seconds in which X counts requests


class Refused(Exception):
    """Carries an answer out of whatever found the request wanting."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def problem(
    status: int,
    title: str,
    detail: str,
    type: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Make a problem body. Pass `status_in_body=False` for those in which X leaves the status out."""
    body = {"title": title, "detail": detail, "type": type, "status": status, **more}
    if not body.pop("status_in_body", True):
        del body["status"]
    response = jsonify(body)
    response.status_code = status
    response.headers.update(dict(headers or {}))
    return response


def invalid(message: str, **parameters: Any) -> Refused:
    """Say that a parameter is wrong, as X words it."""
    errors = [{"parameters": {name: [str(value)] for name, value in parameters.items()}, "message": message}]
    detail = "One or more parameters to your request was invalid."
    return Refused(
        problem(400, "Invalid Request", detail, f"{PROBLEMS}/invalid-request", errors=errors, status_in_body=False)
    )


def unauthorized() -> Refused:
    return Refused(problem(401, "Unauthorized", "Unauthorized"))


def forbidden(detail: str, **more: Any) -> Refused:
    return Refused(problem(403, "Forbidden", detail, **more))


def needs_a_user() -> Refused:
    """Say that an app's own token does not do here."""
    detail = (
        "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint. Supported authentication types "
        "are [OAuth 1.0a User Context, OAuth 2.0 User Context]."
    )
    return Refused(problem(403, "Unsupported Authentication", detail, f"{PROBLEMS}/unsupported-authentication"))


def too_many(reset: int | None = None, limit: int = 450) -> Response:
    """Say that the rate limit is reached, with the three headers."""
    headers = {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": "0",
        "x-rate-limit-reset": str(reset or int(time.time()) + WINDOW),
    }
    return problem(429, "Too Many Requests", "Too Many Requests", headers=headers)


def not_found(id: str, *, resource: str = "tweet", parameter: str = "ids") -> dict[str, Any]:
    """Make the entry of `errors` for something that is gone or never was."""
    return {
        "value": id,
        "detail": f"Could not find {resource} with {parameter}: [{id}].",
        "title": "Not Found Error",
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": id,
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    }


def not_ours_to_see(id: str, *, parameter: str = "ids") -> dict[str, Any]:
    """Make the entry of `errors` for a tweet of a protected or suspended account."""
    return {
        "value": id,
        "detail": f"Sorry, you are not authorized to see the Tweet with {parameter}: [{id}].",
        "title": "Authorization Error",
        "resource_type": "tweet",
        "parameter": parameter,
        "resource_id": id,
        "type": "https://api.twitter.com/2/problems/not-authorized-for-resource",
    }


def fault_answer(kind: str) -> Response | None:
    """Answer a fault that is switched on in X's own words; None for those that happen while a page is built."""
    refreshes = request.path.endswith("/oauth2/token")
    if kind == "token_expired" and refreshes:
        return None  # that is what the refresh is for
    if kind == "token_revoked" and refreshes:
        return refresh_refused()
    made = {
        "rate_limit": too_many,
        "quota": _usage_cap,
        "usage_cap": _usage_cap,
        "credits": _no_credits,
        "token_expired": lambda: unauthorized().response,
        "token_revoked": lambda: unauthorized().response,
        "server_error": lambda: problem(503, "Service Unavailable", "Service Unavailable"),
    }.get(kind)
    return made() if made else None


def refresh_refused() -> Response:
    """Say that a refresh token was used before, or never was."""
    response = jsonify(error="invalid_request", error_description="Value passed for the token was invalid.")
    response.status_code = 400
    return response


def _usage_cap() -> Response:
    return problem(
        429, "UsageCapExceeded", "Usage cap exceeded: Monthly product cap", f"{PROBLEMS}/usage-capped",
        status_in_body=False,
    )  # fmt: skip


def _no_credits() -> Response:
    account = 2051032422414544301  # above 2^53, as X sends it: a JSON number that JavaScript would bend
    detail = f"Your enrolled account [{account}] does not have any credits to fulfill this request."
    return problem(402, "CreditsDepleted", detail, f"{PROBLEMS}/credits", account_id=account, status_in_body=False)
