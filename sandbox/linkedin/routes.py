"""What can be asked of LinkedIn: posts, social metadata, comments, reactions, organisations; fresh tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request

from sandbox.control import world
from sandbox.entries import Entry
from sandbox.ids import posts_of
from sandbox.linkedin import objects
from sandbox.linkedin.keys import Caller, caller, refresh
from sandbox.linkedin.paging import cut
from sandbox.linkedin.problems import Refused, denied, illegal, not_found, too_long

blueprint = Blueprint("linkedin", __name__)

LONGEST = 1_250  # characters of a comment
BARE = re.compile(r"[():,]")  # signs of Rest.li's own, which an id may hold only encoded
REACTIONS = {"LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT"}


@blueprint.errorhandler(Refused)
def _refused(refusal: Refused) -> Response:
    return refusal.response


@blueprint.post("/oauth/v2/accessToken")
def token() -> Response:
    """Refresh an access token."""
    return refresh()


@blueprint.get("/rest/posts")
def posts() -> Response:
    """List the posts of an organisation."""
    who = caller()
    if request.args.get("q") != "author":
        raise illegal("The finder is not supported")
    author = request.args.get("author", "")
    who.must_be(author, "partnerApiPostsExternal.FINDER-author")
    shown, paging = cut(world().entries("linkedin", kind="post", author=author), who.account)
    return jsonify(elements=[objects.post(entry) for entry in shown], paging=paging)


@blueprint.get("/rest/socialMetadata")
def social_metadata() -> Response:
    """Show the counts of several posts and comments."""
    who = caller()
    _mind_metadata(who)
    return _batch(_ids("ids"), lambda urn: _described(urn))


@blueprint.get("/rest/socialMetadata/<urn>")
def one_social_metadata(urn: str) -> Response:
    """Show the counts of one post or comment."""
    who = caller()
    _mind_metadata(who)
    _mind_encoding()
    return jsonify(objects.metadata(_entity(urn)))


@blueprint.route("/rest/socialActions/<urn>/comments", methods=["GET", "POST"])
def comments(urn: str) -> Response:
    """List the comments on a post or the answers to a comment, look some up, or write one."""
    _mind_encoding()
    if request.method == "POST":
        return _create(urn)
    who = caller()
    entity = _entity(urn)
    if "ids" in request.args:
        return _batch(_ids("ids"), lambda id: objects.comment(_comment(entity, id), who.account))
    found = objects.under(entity)[0] if entity.kind == "post" else objects.answers_to(entity)
    if who.account.extra.get("oldest_first"):
        found = found[::-1]
    shown, paging = cut(found, who.account)
    return jsonify(paging=paging, elements=[objects.comment(entry, who.account) for entry in shown])


@blueprint.route("/rest/socialActions/<urn>/comments/<id>", methods=["GET", "POST", "DELETE"])
def one_comment(urn: str, id: str) -> Response:
    """Show, change or delete one comment."""
    _mind_encoding()
    who = caller(writes=request.method != "GET")
    entry = _comment(_entity(urn), id)
    if request.method == "GET":
        return jsonify(objects.comment(entry, who.account))
    who.must_be(request.args.get("actor", ""), "partnerApiSocialActions.UPDATE")
    if request.method == "DELETE":
        if who.account.id not in (entry.author, entry.wall):
            raise denied("partnerApiSocialActions.DELETE")
        world().delete(entry.id)
        return Response(status=204)
    if request.headers.get("X-RestLi-Method", "").upper() != "PARTIAL_UPDATE":
        raise illegal("POST operation not supported for this resource: name the method PARTIAL_UPDATE")
    who.must_be(entry.author, "partnerApiSocialActions.PARTIAL_UPDATE")
    world().edit(entry.id, _text(_dict(_dict(_body().get("patch")).get("message")).get("$set")))
    return Response(status=204)


@blueprint.post("/rest/reactions")
def react() -> Response:
    """React to a post or a comment."""
    who = caller(writes=True)
    actor, body = request.args.get("actor", ""), _body()
    who.must_be(actor, "partnerApiReactions.CREATE")
    if body.get("reactionType") not in REACTIONS:
        raise illegal("reactionType is not one of the known")
    entry = _entity(str(body.get("root") or ""))
    world().annotate(entry.id, reactions={**entry.extra.get("reactions", {}), actor: body["reactionType"]})
    answer = jsonify(root=body["root"], reactionType=body["reactionType"], id=f"urn:li:reaction:({actor},{entry.id})")
    answer.status_code = 201
    return answer


@blueprint.get("/rest/organizations/<int:number>")
def organization(number: int) -> Response:
    """Show an organisation to those who administer it."""
    who = caller()
    who.must_be(f"urn:li:organization:{number}", "organizations.GET")
    return jsonify(objects.organization(who.account))


def _create(urn: str) -> Response:
    who = caller(writes=True)
    body, entity = _body(), _entity(urn)
    who.must_be(str(body.get("actor") or ""), "partnerApiSocialActions.CREATE")
    if entity.kind == "comment":
        if entity.parent:
            raise illegal("A comment on a comment on a comment is not supported")
        if body.get("parentComment") != entity.id:
            raise illegal("parentComment must be the comment that is answered")
    elif "parentComment" in body:
        raise illegal("parentComment must be the comment that is answered")
    if _post(str(body.get("object") or "")) != (entity if entity.kind == "post" else _post(entity.root or "")):
        raise illegal("object must be what the comment stands under")
    text = _text(body.get("message"))
    place = {"root": entity.id} if entity.kind == "post" else {"parent": entity.id}
    entry = world().write("linkedin", "comment", who.account.id, text, **place)
    answer = jsonify(objects.comment(entry, who.account))
    answer.status_code = 201
    answer.headers["x-restli-id"] = objects.number_of(entry.id)
    return answer


def _batch(ids: Iterable[str], show: Callable[[str], dict[str, Any]]) -> Response:
    """Answer a look-up of many: what was found by id, and of the others a status."""
    results: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for id in ids:
        try:
            results[id] = show(id)
        except Refused as refusal:
            errors[id] = refusal.response.get_json()
    statuses = dict.fromkeys(results, 200) | {id: error["status"] for id, error in errors.items()}
    return jsonify(results=results, statuses=statuses, errors=errors)


def _described(urn: str) -> dict[str, Any]:
    return objects.metadata(_entity(urn))


def _mind_metadata(who: Caller) -> None:
    if who.account.extra.get("no_metadata"):
        raise denied("socialMetadata.BATCH_GET")


def _mind_encoding() -> None:
    """Rest.li reads bare parentheses, commas and colons as its own signs."""
    path = str(request.environ.get("REQUEST_URI", request.path)).partition("?")[0]
    if BARE.search(path):
        raise illegal("Invalid path variables: ids have to be percent-encoded")


def _ids(name: str) -> list[str]:
    """Read a List from the raw query, where an encoded comma is no separator."""
    found = re.search(rf"(?:^|&){name}=List\(([^&]*)\)(?:&|$)", request.query_string.decode())
    if found is None:
        raise illegal(f"Query parameter '{name}' is not a List")
    parts = [part for part in found[1].split(",") if part]
    if any(BARE.search(part) for part in parts):
        raise illegal(f"Query parameter '{name}': ids have to be percent-encoded")
    return list(dict.fromkeys(map(unquote, parts)))


def _entity(urn: str) -> Entry:
    """Give the post or the comment that a URN names."""
    found = _standing(world().entry(urn)) if urn.startswith("urn:li:comment:") else _post(urn)
    if found is None:
        raise not_found(urn)
    return found


def _post(urn: str) -> Entry | None:
    """Give a post by its own URN or by that of its activity."""
    for id in (urn, *posts_of(urn)):
        entry = world().entry(id)
        if entry and entry.platform == "linkedin" and entry.kind == "post" and not entry.is_deleted:
            return entry
    return None


def _comment(entity: Entry, id: str) -> Entry:
    root = entity if entity.kind == "post" else _post(entity.root or "")
    entry = _standing(world().entry(comment_id(root.id, id))) if root else None
    if entry is None:
        raise not_found(f"Comment {id}")
    return entry


def comment_id(post: str, number: str) -> str:
    """Give the URN of a comment by its number."""
    return f"urn:li:comment:({objects.activity_of(post)},{number})"


def _standing(entry: Entry | None) -> Entry | None:
    """Give a comment that the platform shows: neither deleted itself nor under something that is."""
    if entry is None or entry.platform != "linkedin" or entry.kind != "comment" or entry.is_deleted:
        return None
    if entry.visible_at > world().now() or _post(entry.root or "") is None:
        return None
    return entry if entry.parent is None or _standing(world().entry(entry.parent)) else None


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise illegal("The body is no JSON object")
    return body


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(message: Any) -> str:
    text = _dict(message).get("text")
    if not isinstance(text, str) or not text.strip():
        raise illegal("message/text :: field is required but not found and has no default value")
    if len(text) > LONGEST:
        raise too_long(LONGEST)
    return text
