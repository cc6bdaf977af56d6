"""A stand-in of Facebook's Graph API v26.0, as a page's token sees it.

Posts, comments and answers with field expansion, both orders and filters, cursor paging with whole `next` addresses,
look-ups by `ids`, writes, usage headers, and errors with Graph's codes. Platform-only extras of an entry:
`from_withheld`, `withhold` (fields left out of every answer), `tags`, `media` (addresses), `image` (one address),
`sticker`, `likes` (account ids), `story`, `ad` (True: a post that no feed shows; "boosted": one that it shows too). A
post on another wall that tags a page is in the page's `tagged`. A page's token: kind `page`, `extra` with `app_id`,
`app_secret`, `scopes`, `require_proof`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, request

from sandbox import facebook_messages, instagram
from sandbox.entries import Account, Entry, Token
from sandbox.facebook_answers import (
    CHANGED,
    EXPIRED,
    NEWEST,
    OLDEST,
    PLATFORM,
    GraphError,
    answer,
    count_call,
    fault_answer,
    gone,
    not_permitted,
    world,
)
from sandbox.facebook_show import Node, edge, fields_of, node, shown
from sandbox.world import World

__all__ = ["blueprint", "fault_answer", "issue_tokens"]

blueprint = Blueprint("facebook", __name__)

LONGEST = 8000  # characters in a comment
MOST_IDS = 50
SCOPES = (
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_manage_posts",
    "pages_messaging",
)
METHODS = ["GET", "POST", "DELETE"]

Arguments = Mapping[str, str]


def issue_tokens(world: World, page_id: str) -> dict[str, str]:
    """Give a page a token that never expires, as the register takes it."""
    app = {"app_id": "733105001", "app_secret": secrets.token_hex(16)}
    token = world.issue_token(PLATFORM, page_id, "page", token=f"EAA{secrets.token_hex(24)}", extra=app)
    return {"access_token": token.token, **app}


@blueprint.errorhandler(GraphError)
def _error(error: GraphError) -> Response:
    return answer(error.body, error.status)


@blueprint.route("/v<int:major>.<int:minor>", defaults={"path": ""}, methods=METHODS)
@blueprint.route("/v<int:major>.<int:minor>/", defaults={"path": ""}, methods=METHODS)
@blueprint.route("/v<int:major>.<int:minor>/<path:path>", methods=METHODS)
def call(major: int, minor: int, path: str) -> Response:
    """Answer any call: who asks, for what, and what comes of it."""
    if major > NEWEST:
        raise GraphError(f"Unknown path components: /v{major}.{minor}/{path}", code=2500)
    g.version = f"v{max(major, OLDEST)}.0"
    given = {**request.args.to_dict(), **request.form.to_dict()}
    method = given.get("method", request.method).upper()
    parts = [part for part in path.split("/") if part]
    if parts == ["debug_token"]:
        return answer(_debug_token(given))
    g.token = _token(given)
    g.account = g.token.account
    count_call()
    if instagram.concerns(parts, given):
        g.use_case = instagram.PLATFORM
        return answer(instagram.done(method, parts, given))
    if not parts:
        return answer(_by_ids(given))
    owner = g.account if parts[0] == "me" else parts[0]
    return answer(_done(method, owner, "/".join(parts[1:]), given))


def _done(method: str, owner: str, name: str, given: Arguments) -> Any:
    if method == "GET":
        fields = fields_of(given.get("fields"))
        return edge(node(owner), name, given, fields) if name else shown(node(owner), fields)
    one = node(owner, method.lower())
    if method == "POST" and name == "messages" and isinstance(one, Account) and one.id == g.account:
        return facebook_messages.send(one, given)
    if method == "POST" and name in ("comments", "feed"):
        return _create(one, name, given)
    if name == "likes":
        return _like(one, liked=method == "POST")
    if not name:
        return _update(one, given) if method == "POST" else _delete(one)
    raise GraphError(f"Unsupported {method.lower()} request.", code=100, type="GraphMethodException")


def _by_ids(given: Arguments) -> dict[str, Any]:
    """One that is not there fails them all, as on Graph."""
    ids = [id for id in given.get("ids", "").split(",") if id]
    if not ids:
        raise GraphError("Unsupported get request.", code=100, type="GraphMethodException")
    if len(ids) > MOST_IDS:
        raise GraphError(f"(#100) Too many IDs. Maximum: {MOST_IDS}", code=100)
    fields = fields_of(given.get("fields"))
    return {id: shown(node(id), fields) for id in ids}


# Who asks


def _token(given: Arguments) -> Token:
    scheme, _, header = request.headers.get("Authorization", "").partition(" ")
    text = given.get("access_token") or (header if scheme.lower() in ("bearer", "oauth") else "")
    if not text:
        raise GraphError("An access token is required to request this resource.", code=104)
    token = world().token(text)
    if token is None or token.platform not in (PLATFORM, instagram.PLATFORM):
        raise GraphError("Invalid OAuth access token - Cannot parse access token", code=190)
    if token.revoked:
        raise GraphError(CHANGED, code=190, subcode=460)
    if not token.is_valid(world().now()):
        raise GraphError(EXPIRED, code=190, subcode=463)
    _check_proof(token, given.get("appsecret_proof"))
    return token


def _check_proof(token: Token, proof: str | None) -> None:
    if proof is None:
        if token.extra.get("require_proof"):
            raise GraphError("API calls from the server require an appsecret_proof argument", code=100)
        return
    secret = str(token.extra.get("app_secret", ""))
    right = hmac.new(secret.encode(), token.token.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), proof.encode()):
        raise GraphError("Invalid appsecret_proof provided in the API argument", code=100, type="GraphMethodException")


def _debug_token(given: Arguments) -> dict[str, Any]:
    """Tell an app about a token; the app signs in as `id|secret`."""
    app_id, _, app_secret = given.get("access_token", "").partition("|")
    tokens = [*world().tokens(PLATFORM), *world().tokens(instagram.PLATFORM)]
    apps = {(token.extra.get("app_id"), token.extra.get("app_secret")) for token in tokens}
    if (app_id, app_secret) not in apps:
        raise GraphError("Invalid OAuth access token signature.", code=190)
    token = world().token(given.get("input_token", ""))
    if token is None:
        error = {"code": 190, "message": "Malformed access token"}
        return {"data": {"is_valid": False, "scopes": [], "error": error}}
    about = {
        "app_id": app_id,
        "type": token.kind.upper(),
        "application": "Gensvar",
        "data_access_expires_at": 0,
        "expires_at": int(token.expires_at.timestamp()) if token.expires_at else 0,
        "is_valid": token.is_valid(world().now()),
        "profile_id": token.account,
        "scopes": list(token.extra.get("scopes", SCOPES)),
    }
    return {"data": about}


# Writes


def _create(one: Node, name: str, given: Arguments) -> dict[str, Any]:
    message, picture = given.get("message", ""), given.get("attachment_url")
    if not message.strip() and not picture:
        raise GraphError("(#100) Missing message or attachment", code=100)
    _check_length(message)
    extra = {"media": [picture]} if picture else None
    if name == "feed":
        if one.id != g.account:
            raise not_permitted()
        made = world().write(PLATFORM, "post", g.account, message, wall=one.id, extra=extra)
    elif isinstance(one, Entry):
        above = one.id if one.kind == "post" else one.thread  # an answer to an answer goes under the top one
        made = world().write(PLATFORM, "comment", g.account, message, parent=above, extra=extra)
    else:
        raise gone(one.id, "post")
    return shown(made, fields_of(given["fields"])) if given.get("fields") else {"id": made.id}


def _update(one: Node, given: Arguments) -> dict[str, bool]:
    if not isinstance(one, Entry):
        raise not_permitted()
    ours = one.author == g.account
    if "is_hidden" in given:
        if ours:
            raise GraphError("(#200) You cannot hide your own comment", code=200)
        world().hide(one.id, given["is_hidden"].lower() in ("1", "true"))
    if "message" in given:
        if not ours:
            raise not_permitted()
        _check_length(given["message"])
        world().edit(one.id, given["message"])
    return {"success": True}


def _check_length(message: str) -> None:
    if len(message) > LONGEST:
        raise GraphError(f"(#100) Param message must be no more than {LONGEST} characters", code=100)


def _like(one: Node, *, liked: bool) -> dict[str, bool]:
    if not isinstance(one, Entry):
        raise not_permitted()
    others = [id for id in one.extra.get("likes", ()) if id != g.account]
    world().annotate(one.id, likes=[*others, g.account] if liked else others)
    return {"success": True}


def _delete(one: Node) -> dict[str, bool]:
    if not isinstance(one, Entry) or g.account not in (one.wall, one.author):
        raise not_permitted()
    world().delete(one.id)
    return {"success": True}
