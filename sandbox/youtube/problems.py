"""How Google says no: its envelope, its reasons, and the faults that are switched on."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

QUOTA_TEXT = (
    "The request cannot be completed because you have exceeded your "
    '<a href="/youtube/v3/getting-started#quota">quota</a>.'
)
STATUS_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}
INVALID_CREDENTIALS = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


class Refused(Exception):
    """The platform says no; `response` is what it says."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def problem(
    code: int, reason: str, message: str, *, domain: str = "youtube.comment", where: str = "", **more: Any
) -> Response:
    """Word an error as Google does. `where` names the parameter it is about."""
    listed = {"message": message, "domain": domain, "reason": reason}
    if where:
        listed |= {"location": where, "locationType": "header" if where == "Authorization" else "parameter"}
    error = {"code": code, "message": message, "errors": [listed], **more}
    response = jsonify(error=error)
    response.status_code = code
    if code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    return response


def refused(code: int, reason: str, message: str, **more: Any) -> Refused:
    """Make the exception of an error."""
    return Refused(problem(code, reason, message, **more))


def invalid(reason: str, message: str, where: str) -> Refused:
    """Refuse a parameter."""
    return refused(400, reason, message, domain="youtube.parameter", where=where)


def comment_not_found() -> Refused:
    """Refuse because a comment is not there."""
    return refused(404, "commentNotFound", "One or more of the comments cannot be found.", where="id")


def forbidden(what: str) -> Refused:
    """Refuse because the caller may not."""
    return refused(403, "forbidden", f"The {what} due to insufficient permissions.")


def unauthenticated() -> Response:
    """Answer to a token that is unknown, expired or revoked."""
    return problem(
        401,
        "authError",
        INVALID_CREDENTIALS,
        domain="global",
        where="Authorization",
        status=STATUS_WORDS[401],
    )


def quota_exceeded() -> Response:
    """Answer when the day's units are spent."""
    return problem(403, "quotaExceeded", QUOTA_TEXT, domain="youtube.quota")


def oauth_problem(code: int, error: str, description: str) -> Response:
    """Word an error of the token endpoint."""
    response = jsonify(error=error, error_description=description)
    response.status_code = code
    return response


def invalid_grant() -> Response:
    """Answer to a refresh token that is expired or revoked."""
    return oauth_problem(400, "invalid_grant", "Token has been expired or revoked.")


def fault_answer(kind: str) -> Response | None:
    """Give Google's words for a fault that is on; None if it is not this platform's, or is seen to elsewhere."""
    if request.path == "/token":
        return invalid_grant() if kind == "token_revoked" else None
    if kind in ("token_expired", "token_revoked"):
        return unauthenticated()
    if kind == "quota":
        return quota_exceeded()
    if kind == "rate_limit":
        return problem(403, "rateLimitExceeded", "Rate Limit Exceeded", domain="usageLimits")
    if kind == "server_error":
        return problem(503, "backendError", "Backend Error", domain="global", status=STATUS_WORDS[503])
    return None
