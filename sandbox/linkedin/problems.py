"""How LinkedIn says no: its envelope, its codes, and the faults that are switched on."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

TOKEN_PATH = "/oauth/v2/accessToken"


class Refused(Exception):
    """The platform says no; `response` is what it says."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def problem(status: int, code: str, message: str, *, service: int | None = None, **more: Any) -> Response:
    """Word an error as LinkedIn does."""
    body: dict[str, Any] = {"status": status}
    if service is not None:
        body["serviceErrorCode"] = service
    response = jsonify({**body, "code": code, "message": message, **more})
    response.status_code = status
    return response


def refused(status: int, code: str, message: str, **more: Any) -> Refused:
    """Make the exception of an error."""
    return Refused(problem(status, code, message, **more))


def illegal(message: str) -> Refused:
    """Refuse a request that is not well formed."""
    return refused(400, "ILLEGAL_ARGUMENT", message)


def not_found(what: str) -> Refused:
    """Refuse because something is not there."""
    return refused(404, "NOT_FOUND", f"{what} is not found")


def denied(resource: str) -> Refused:
    """Refuse because the caller may not."""
    return refused(403, "ACCESS_DENIED", f"Not enough permissions to access: {resource}", service=100)


def too_long(limit: int) -> Refused:
    """Refuse a comment of too many characters."""
    error = {
        "code": "FIELD_LENGTH_TOO_LONG",
        "description": f"message/text :: length is out of range: it may hold {limit} characters",
        "input": {"inputPath": {"fieldPath": "message/text"}},
    }
    message = "Error processing request"
    return refused(400, "INVALID_FIELD", message, errorDetailType="", errorDetails={"inputErrors": [error]})


def token_problem(code: int, word: str, message: str) -> Response:
    """Answer to an access token that is no good."""
    return problem(401, word, message, service=code)


def revoked() -> Response:
    return token_problem(65601, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user")


def expired() -> Response:
    return token_problem(65602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired")


def day_is_spent() -> Response:
    message = "Resource level throttle APPLICATION DAY limit for calls to this resource is reached."
    return problem(429, "TOO_MANY_REQUESTS", message, service=101)


def oauth_problem(status: int, error: str, description: str) -> Response:
    """Word an error of the token endpoint."""
    response = jsonify(error=error, error_description=description)
    response.status_code = status
    return response


def invalid_grant() -> Response:
    """Answer to a refresh token that is expired or revoked."""
    return oauth_problem(400, "invalid_request", "The provided authorization grant or refresh token is invalid")


def fault_answer(kind: str) -> Response | None:
    """Give LinkedIn's words for a fault that is on; None if it is not this platform's, or is seen to elsewhere."""
    if request.path == TOKEN_PATH:
        return invalid_grant() if kind == "token_revoked" else None
    if kind == "token_expired":
        return expired()
    if kind == "token_revoked":
        return revoked()
    if kind == "quota":
        return day_is_spent()
    if kind == "rate_limit":
        answer = problem(429, "TOO_MANY_REQUESTS", "Resource level throttle limit is reached.", service=101)
        answer.headers["Retry-After"] = "60"
        return answer
    if kind == "server_error":
        return problem(500, "INTERNAL_SERVER_ERROR", "Internal Server Error")
    return None
