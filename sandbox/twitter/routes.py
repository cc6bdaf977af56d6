"""What can be asked of X API v2: mentions, timelines, search, look-ups, writing, hiding, and fresh tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from sandbox.control import world
from sandbox.entries import Account, Entry
from sandbox.twitter import objects, query
from sandbox.twitter.keys import Caller, caller, refresh
from sandbox.twitter.problems import (
    NOT_SUMMONED,
    PROBLEMS,
    Refused,
    forbidden,
    invalid,
    not_found,
    not_ours_to_see,
    problem,
)
from sandbox.twitter.timelines import RECENT, count_request, page, query_args, refuse_what_is_too_old

blueprint = Blueprint("twitter", __name__, url_prefix="/2")

MENTIONS_REACHABLE = 800
TIMELINE_REACHABLE = 3200
LIMITS = {"mentions": 300, "timeline": 900, "search": 300, "lookup": 5000, "users": 900, "me": 75, "write": 100,
          "delete": 50, "hide": 50, "quotes": 75}  # requests in 15 minutes with a user's token  # fmt: skip
CREATE_KEYS = {"text", "reply", "quote_tweet_id", "media", "poll", "reply_settings", "for_super_followers_only", "geo",
               "direct_message_deep_link", "community_id"}  # fmt: skip
SAME_AGAIN = timedelta(hours=24)  # how long X remembers that a text was written


@blueprint.errorhandler(Refused)
def _refused(refusal: Refused) -> Response:
    return refusal.response


@blueprint.after_request
def _headers(response: Response) -> Response:
    for name, value in g.get("x_headers", {}).items():
        response.headers.setdefault(name, value)
    response.headers["api-version"] = "2.166"
    response.headers["x-access-level"] = "read-write"
    return response


def counted(endpoint: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Ask who calls and count it, before a view that takes the caller first."""

    def wrap(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def wrapped(**path: str) -> Response:
            who = caller()
            g.x_headers = count_request(who, endpoint, LIMITS[endpoint])
            return view(who, **path)

        return wrapped

    return wrap


def _want(who: Caller) -> objects.Wanted:
    account = who.account or next(iter(world().accounts("twitter", ours=True)), None)
    return objects.wanted(
        query_args(), vocabulary=str(account.extra.get("vocabulary", "tweet")) if account else "tweet"
    )


@blueprint.get("/users/<id>/mentions")
@counted("mentions")
def mentions(who: Caller, id: str) -> Response:
    """List what names an account, newest first; the 800 newest are reachable."""
    account, args, want = _user(id), query_args(), _want(who)
    refuse_what_is_too_old({"since_id": args["since_id"]} if "since_id" in args else {})
    found = (entry for entry in _visible(world().entries("twitter")) if _names(entry, account))
    return page(found, args, want, smallest=5, token_name="pagination_token", reachable=MENTIONS_REACHABLE)


@blueprint.get("/users/<id>/tweets")
@counted("timeline")
def timeline(who: Caller, id: str) -> Response:
    """List what an account wrote, newest first; `exclude` leaves out replies or retweets."""
    account, args, want = _user(id), query_args(), _want(who)
    left_out = set(filter(None, args.get("exclude", "").split(",")))
    if left_out - {"replies", "retweets"}:
        raise invalid("The `exclude` query parameter value is not one of [replies,retweets]", exclude=args["exclude"])
    found = (
        entry
        for entry in _visible(world().entries("twitter", author=account.id))
        if not ("replies" in left_out and entry.parent) and not ("retweets" in left_out and entry.extra.get("retweets"))
    )
    return page(found, args, want, smallest=5, token_name="pagination_token", reachable=TIMELINE_REACHABLE)


@blueprint.get("/tweets/search/recent")
@counted("search")
def search(who: Caller) -> Response:
    """Search the last seven days; retweets are never shown (since 2026-05-04)."""
    args, want = query_args(), _want(who)
    asked = query.parse(args.get("query", ""))
    refuse_what_is_too_old(args)
    if args.get("sort_order", "recency") not in ("recency", "relevancy"):
        raise invalid("The `sort_order` query parameter value is not valid.", sort_order=args["sort_order"])
    if "pagination_token" in args:
        args.setdefault("next_token", args["pagination_token"])
    since = world().now() - RECENT
    if asked.conversations is None:
        candidates = world().entries("twitter", since=since)
    else:
        candidates = [e for id in asked.conversations for e in world().entries("twitter", thread=id, since=since)]
    found = (e for e in _visible(candidates) if not e.extra.get("retweets") and asked.fits(e))
    return page(found, args, want, smallest=10, token_name="next_token")


@blueprint.get("/tweets/<id>/quote_tweets")
@counted("quotes")
def quotes(who: Caller, id: str) -> Response:
    """List the tweets that quote one."""
    found = (entry for entry in _visible(world().entries("twitter")) if entry.extra.get("quotes") == id)
    return page(found, query_args(), _want(who), smallest=10, token_name="pagination_token")


@blueprint.get("/tweets")
@counted("lookup")
def lookup(who: Caller) -> Response:
    """Look up to 100 tweets up; those that are gone or not ours to see come in `errors`, with status 200."""
    ids = [id for id in query_args().get("ids", "").split(",") if id]
    if not 1 <= len(ids) <= 100:
        raise invalid(f"The number of values in the `ids` query parameter list [{len(ids)}] is not between 1 and 100",
                      ids=",".join(ids))  # fmt: skip
    for id in ids:
        _check_id(id, "ids")
    return jsonify(_looked_up(ids, _want(who), "ids"))


@blueprint.get("/tweets/<id>")
@counted("lookup")
def one(who: Caller, id: str) -> Response:
    """Look one tweet up."""
    _check_id(id, "id")
    body = _looked_up([id], _want(who), "id")
    if "data" in body:
        body["data"] = body["data"][0]
    return jsonify(body)


def _looked_up(ids: list[str], want: objects.Wanted, parameter: str) -> dict[str, Any]:
    found: list[Entry] = []
    versions: list[str] = []
    errors = []
    for id in ids:
        entry = world().entry(id)
        if entry is None or entry.platform != "twitter" or entry.is_deleted or entry.visible_at > world().now():
            errors.append(not_found(id, parameter=parameter))
        elif entry.extra.get("protected"):
            errors.append(not_ours_to_see(id, parameter=parameter))
        else:
            found.append(entry)
            versions.append(id)
    body = objects.answer(found, want, versions=versions)
    return {**body, "errors": errors} if errors else body


@blueprint.post("/tweets")
@counted("write")
def create(who: Caller) -> Response:
    """Write a tweet or an answer."""
    me, given = who.me, request.get_json(silent=True)
    if not isinstance(given, dict):
        raise invalid("The request body is not valid JSON.")
    for name in sorted(given.keys() - CREATE_KEYS):
        raise invalid(f"[$.{name}: is not defined in the schema and the schema does not allow additional properties]")
    text = given.get("text")
    if not isinstance(text, str) or not text.strip():
        raise invalid("[$.text: is missing or empty]")
    if weighted_length(text) > int(me.extra.get("max_length", objects.LONGEST)):
        raise forbidden("Your Tweet text is too long. For more information on how Twitter determines text length see "
                        "https://github.com/twitter/twitter-text.")  # fmt: skip
    parent = _answered(given, me)
    quoted = given.get("quote_tweet_id")
    if _was_written(me, text, parent):
        raise forbidden("You are not allowed to create a Tweet with duplicate content.")
    if parent and me.extra.get("prefixes_replies"):
        text = f"@{_handle(parent.author)} {text}"
    extra = {"quotes": quoted} if quoted else {}
    entry = world().write("twitter", "tweet", me.id, text, parent=parent.id if parent else None, extra=extra)
    response = jsonify(
        data={"id": entry.id, "text": objects.wire_text(entry.text), "edit_history_tweet_ids": [entry.id]}
    )
    response.status_code = 201
    return response


def _answered(given: dict[str, Any], me: Account) -> Entry | None:
    """Find the tweet that is answered; refuse what X refuses: gone, or by someone who has not turned to us."""
    reply = given.get("reply")
    if reply is None:
        return None
    id = reply.get("in_reply_to_tweet_id") if isinstance(reply, dict) else None
    if not isinstance(id, str):
        raise invalid("[$.reply.in_reply_to_tweet_id: is missing or not a string]")
    _check_id(id, "reply.in_reply_to_tweet_id")
    parent = world().entry(id)
    if parent is None or parent.is_deleted or parent.extra.get("protected"):
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    if not me.extra.get("enterprise") and not _has_turned_to(parent, me):
        raise forbidden(NOT_SUMMONED)
    return parent


def _has_turned_to(entry: Entry, me: Account) -> bool:
    """Tell whether a tweet is ours, names us, answers us or quotes us."""
    above = [world().entry(id) for id in (entry.parent, entry.extra.get("quotes")) if id]
    return entry.author == me.id or _names(entry, me) or any(each and each.author == me.id for each in above)


def _was_written(me: Account, text: str, parent: Entry | None) -> bool:
    recent = world().entries("twitter", author=me.id, since=world().now() - SAME_AGAIN)
    return any(each.text == text and each.parent == (parent.id if parent else None) for each in recent)


@blueprint.delete("/tweets/<id>")
@counted("delete")
def delete(who: Caller, id: str) -> Response:
    """Delete a tweet of the caller's own."""
    me, entry = who.me, _present(id)
    if entry.author != me.id:
        raise forbidden("You are not authorized to delete this Tweet.")
    world().delete(entry.id)
    return jsonify(data={"deleted": True})


@blueprint.put("/tweets/<id>/hidden")
@counted("hide")
def hide(who: Caller, id: str) -> Response:
    """Hide an answer in a conversation that the caller began, or show it again."""
    me, entry = who.me, _present(id)
    given = request.get_json(silent=True)
    hidden = given.get("hidden") if isinstance(given, dict) else None
    if not isinstance(hidden, bool):
        raise invalid("[$.hidden: is missing or not a boolean]")
    first = world().entry(entry.thread) if entry.thread else None
    if first is None or first.author != me.id or entry.id == first.id:
        raise forbidden("You are not allowed to hide this reply.")
    world().hide(entry.id, hidden)
    return jsonify(data={"hidden": hidden})


def _present(id: str) -> Entry:
    _check_id(id, "id")
    entry = world().entry(id)
    if entry is None or entry.is_deleted:
        raise Refused(problem(404, "Not Found Error", f"Could not find tweet with id: [{id}].",
                              f"{PROBLEMS}/resource-not-found"))  # fmt: skip
    return entry


@blueprint.get("/users/me")
@counted("me")
def me(who: Caller) -> Response:
    """Tell whom a user's token speaks for."""
    return jsonify(data=objects.user(who.me, _want(who).user))


@blueprint.get("/users")
@counted("users")
def users(who: Caller) -> Response:
    """Look users up by id."""
    ids = [id for id in query_args().get("ids", "").split(",") if id]
    return _users({id: world().account(id, "twitter") for id in ids}, _want(who), "ids")


@blueprint.get("/users/by")
@counted("users")
def users_by_name(who: Caller) -> Response:
    """Look users up by handle."""
    names = [name for name in query_args().get("usernames", "").split(",") if name]
    found = {name: world().account_by_handle("twitter", name) for name in names}
    return _users(found, _want(who), "usernames")


@blueprint.get("/users/by/username/<name>")
@counted("users")
def user_by_name(who: Caller, name: str) -> Response:
    """Look one user up by handle."""
    return _user_answer(world().account_by_handle("twitter", name), name, _want(who), "username")


@blueprint.get("/users/<id>")
@counted("users")
def user(who: Caller, id: str) -> Response:
    """Look one user up by id."""
    return _user_answer(world().account(id, "twitter"), id, _want(who), "id")


@blueprint.post("/oauth2/token")
def token() -> Response:
    """Bring a fresh token."""
    return refresh()


def _users(found: dict[str, Account | None], want: objects.Wanted, parameter: str) -> Response:
    body: dict[str, Any] = {}
    data = [objects.user(account, want.user) for account in found.values() if account]
    errors = [not_found(key, resource="user", parameter=parameter) for key, account in found.items() if not account]
    if data:
        body["data"] = data
    if errors:
        body["errors"] = errors
    return jsonify(body)


def _user_answer(account: Account | None, key: str, want: objects.Wanted, parameter: str) -> Response:
    if account is None:
        return jsonify(errors=[not_found(key, resource="user", parameter=parameter)])
    return jsonify(data=objects.user(account, want.user))


def _user(id: str) -> Account:
    _check_id(id, "id")
    account = world().account(id, "twitter")
    if account is None:
        raise Refused(jsonify(errors=[not_found(id, resource="user", parameter="id")]))
    return account


def _check_id(id: str, name: str) -> None:
    if not re.fullmatch(r"\d{1,19}", id):
        raise invalid(f"The `{name}` query parameter value [{id}] is not valid", **{name: id})


def _visible(entries: Iterable[Entry]) -> Iterable[Entry]:
    return (entry for entry in entries if not entry.extra.get("protected"))


def _names(entry: Entry, account: Account) -> bool:
    """Tell whether somebody else's tweet names an account."""
    return entry.author != account.id and objects.names(entry.text, account.handle)


def _handle(account: str) -> str:
    found = world().account(account, "twitter")
    return found.handle if found else account


def weighted_length(text: str) -> int:
    """Count a text as X does: a link is 23, most letters 1, other scripts and emoji 2."""
    links = objects.LINK.findall(text)
    rest = objects.LINK.sub("", text)
    light = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
    return 23 * len(links) + sum(1 if any(a <= ord(c) <= b for a, b in light) else 2 for c in rest)
