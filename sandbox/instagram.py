"""Instagram in the pretend Graph API: what a professional account's token sees, at the same addresses as Facebook.

Media and their comments newest first, 50 at most a page, answers one level deep and oldest first; hashtags (30 in
seven days, 24 hours back, nobody named, the same cursor on every page); mentions on others' media through our account
alone. Platform-only extras of an entry: `from_withheld`, `withhold` (fields left out of every answer), `media`
(addresses). An account's searched hashtags lie in its `extra["hashtags"]`; a Facebook page whose `extra["instagram"]`
is an account's id may use it with its own token.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Response, current_app, g

from sandbox.entries import Account, Entry, iso, parse_iso
from sandbox.facebook_answers import GraphError, gone, nonexistent, not_permitted, world
from sandbox.facebook_answers import answer as graph_answer
from sandbox.facebook_answers import fault_answer as graph_fault
from sandbox.facebook_fields import Field
from sandbox.facebook_paging import CHUNK, Listing, address, moment, paged
from sandbox.facebook_show import fields_of
from sandbox.world import World

PLATFORM = "instagram"
WWW = "https://www.instagram.com"
LONGEST = 2200  # characters in a comment
MOST = 50  # on a page
MOST_IDS = 50
HASHTAGS, HASHTAG_WEEK, HASHTAG_DAY = 30, timedelta(days=7), timedelta(hours=24)
AFTER = "QVFIR"  # the one cursor of every page of a hashtag
ID = re.compile(r"1[78]\d{15}")  # of anything on Instagram
SCOPES = ("instagram_basic", "instagram_manage_comments", "pages_read_engagement", "pages_show_list")

FIELDS = {
    kind: frozenset(names.split())
    for kind, names in {
        "IGUser": "id name username biography website media_count followers_count profile_picture_url media "
        "mentioned_comment mentioned_media",
        "IGMedia": "id caption comments_count like_count media_type media_product_type media_url thumbnail_url "
        "permalink shortcode timestamp username owner comments children is_comment_enabled",
        "IGComment": "id text timestamp username from hidden parent_id like_count media replies",
        "IGHashtag": "id name",
    }.items()
}
DEFAULTS = {
    "IGUser": ("id",),
    "IGMedia": ("id",),
    "IGComment": ("timestamp", "text", "id"),
    "IGHashtag": ("id",),
}
PUBLIC = FIELDS["IGMedia"] - {"username", "owner", "comments", "thumbnail_url", "shortcode", "is_comment_enabled"}

Arguments = Mapping[str, str]
Node = Account | Entry


def issue_tokens(world: World, account_id: str) -> dict[str, str]:
    """Give an account a token that never expires, as the register takes it."""
    app = {"app_id": "733105001", "app_secret": secrets.token_hex(16), "page_id": "100064718203355"}
    token = world.issue_token(
        PLATFORM, account_id, "page", token=f"EAA{secrets.token_hex(24)}", extra={**app, "scopes": SCOPES}
    )
    return {"access_token": token.token, **app}


def concerns(parts: Sequence[str], given: Arguments) -> bool:
    """Tell whether a call is to Instagram: by what it names, or by whose token came where it names nothing."""
    if not parts:
        return ID.fullmatch(given.get("ids", "").split(",")[0]) is not None
    if parts[0] == "me":
        return world().account(g.account, PLATFORM) is not None
    return parts[0] == "ig_hashtag_search" or ID.fullmatch(parts[0]) is not None


def done(method: str, parts: Sequence[str], given: Arguments) -> Any:
    """Do what a call asks; `facebook.call` has found out who asks."""
    g.account = _linked(g.account)
    if not parts:
        return _by_ids(given)
    if parts[0] == "ig_hashtag_search":
        return {"data": [{"id": _searched(given)}]}
    owner, name = (g.account if parts[0] == "me" else parts[0]), "/".join(parts[1:])
    if method == "GET":
        tag = _tag(owner)
        if tag is not None:
            return _hashtag(tag, owner, name, given)
        fields = fields_of(given.get("fields"))
        return edge(node(owner), name, given, fields) if name else shown(node(owner), fields)
    return _written(method, owner, name, given)


def fault_answer(kind: str) -> Response | None:
    """Answer with a fault that is on, in Graph's words and with Instagram's own limit."""
    g.use_case = "instagram"
    if kind != "rate_limit":
        return graph_fault(kind)
    words = "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again."
    error = GraphError(words, code=80002)
    return graph_answer(error.body, error.status, blocked=True)


def _linked(account: str) -> str:
    page = world().account(account, "facebook")
    return str(page.extra.get("instagram") or account) if page else account


# What is there


def node(id: str, method: str = "get") -> Node:
    """Find what an id stands for, of what this account may see. Raises GraphError 100/33."""
    entry = world().entry(id)
    if entry is not None and entry.platform == PLATFORM and is_there(entry) and _is_ours(entry):
        return entry
    if id != g.account or (account := world().account(id, PLATFORM)) is None:
        raise gone(id, method)
    return account


def is_there(entry: Entry) -> bool:
    """Instagram takes what hangs under a media or a comment away with it."""
    if entry.is_deleted or entry.visible_at > world().now():
        return False
    above = [world().entry(id) for id in (entry.root, entry.thread) if id and id != entry.id]
    return not any(one and one.is_deleted for one in above)


def _is_ours(entry: Entry) -> bool:
    """Others' media and comments are not there to be read, our own comments under them are."""
    media = world().entry(entry.root) if entry.root else entry
    return g.account in (entry.author, media.author if media else None)


def _by_ids(given: Arguments) -> dict[str, Any]:
    """One that is not there fails them all, as on Graph."""
    ids = [id for id in given.get("ids", "").split(",") if id]
    if len(ids) > MOST_IDS:
        raise GraphError(f"(#100) Too many IDs. Maximum: {MOST_IDS}", code=100)
    fields = fields_of(given.get("fields"))
    return {id: shown(node(id), fields) for id in ids}


def shown(one: Node, fields: Sequence[Field]) -> dict[str, Any]:
    """Show a node with the fields asked for, and always its id."""
    kind = "IGUser" if isinstance(one, Account) else "IGMedia" if one.kind == "post" else "IGComment"
    return _shown(one, fields, kind, FIELDS[kind])


def _shown(one: Node, fields: Sequence[Field], kind: str, known: frozenset[str]) -> dict[str, Any]:
    chosen = list(fields) or [Field(name) for name in DEFAULTS[kind]]
    if not any(field.name == "id" for field in chosen):
        chosen.append(Field("id"))
    withheld = {*one.extra.get("withhold", ()), *(["from"] if one.extra.get("from_withheld") else [])}
    found = {}
    for field in chosen:
        if field.name not in known:
            raise nonexistent(field.name, kind)
        value = None if field.name in withheld else _value(one, field)
        if value is not None:
            found[field.alias or field.name] = value
    return found


def _value(one: Node, field: Field) -> Any:
    if isinstance(one, Account):
        return _of_account(one, field)
    if field.name in ("comments", "replies"):
        page = edge(one, field.name, {**field.args, "fields": field.source}, field.fields)
        return page if page["data"] else None  # the key is absent where nothing is
    return _of_media(one, field) if one.kind == "post" else _of_comment(one, field)


def _of_account(account: Account, field: Field) -> Any:
    if field.name in ("mentioned_comment", "mentioned_media"):
        return _mentioned(account, field)
    if field.name == "media":
        return edge(account, "media", {**field.args, "fields": field.source}, field.fields)
    if field.name == "media_count":
        return world().count(PLATFORM, kind="post", author=account.id)
    given = {"id": account.id, "name": account.name, "username": account.handle}
    return given.get(field.name, account.extra.get(field.name))


def _of_media(entry: Entry, field: Field) -> Any:
    pictures = list(entry.extra.get("media", ()))
    code = hashlib.sha256(entry.id.encode()).hexdigest()[:11]
    return {
        "id": entry.id,
        "caption": entry.text or None,
        "comments_count": _count(entry),
        "like_count": len(entry.extra.get("likes", ())),
        "media_type": "CAROUSEL_ALBUM" if len(pictures) > 1 else "IMAGE",
        "media_product_type": "FEED",
        "media_url": pictures[0] if pictures else None,
        "permalink": f"{WWW}/p/{code}/",
        "shortcode": code,
        "timestamp": moment(entry.created_at),
        "username": _username(entry),
        "owner": {"id": entry.author},
        "is_comment_enabled": True,
    }.get(field.name)


def _of_comment(entry: Entry, field: Field) -> Any:
    if field.name == "media":
        media = world().entry(entry.root or "")
        return _shown(media, field.fields, "IGMedia", FIELDS["IGMedia"]) if media else None
    return {
        "id": entry.id,
        "text": entry.text,
        "timestamp": moment(entry.created_at),
        "username": _username(entry),
        "from": {"id": entry.author, "username": _username(entry)},
        "hidden": entry.hidden,
        "parent_id": entry.parent,
        "like_count": len(entry.extra.get("likes", ())),
    }.get(field.name)


def _username(entry: Entry) -> str:
    names: dict[str, str] = g.setdefault("instagram_names", {})
    if entry.author not in names:
        account = world().account(entry.author, PLATFORM)
        names[entry.author] = account.handle if account else ""
    return names[entry.author]


def _count(media: Entry) -> int:
    """Count comments and answers together, those not that went with the comment they answer."""
    doomed = _deleted(root=media.id)
    if not doomed:
        return world().count(PLATFORM, kind="comment", root=media.id)
    return sum(1 for one in world().entries(PLATFORM, kind="comment", root=media.id) if one.thread not in doomed)


def _deleted(**under: str) -> set[str]:
    everything: dict[str, Any] = {"kind": "comment", "include_deleted": True, **under}
    if world().count(PLATFORM, **everything) == world().count(PLATFORM, kind="comment", **under):  # type: ignore[arg-type]
        return set()
    return {entry.id for entry in world().entries(PLATFORM, **everything) if entry.is_deleted}


# Edges


def edge(one: Node, name: str, given: Arguments, fields: Sequence[Field]) -> dict[str, Any]:
    """Show a page of an edge."""
    if isinstance(one, Account) and name == "media":
        return paged(one.id, name, _listing(lambda entry: True, kind="post", author=one.id), given, fields)
    if isinstance(one, Entry) and one.kind == "post" and name == "comments":
        return paged(
            one.id, name, _listing(lambda entry: entry.parent is None, kind="comment", root=one.id), given, fields
        )
    if isinstance(one, Entry) and one.kind == "comment" and name == "replies":
        below = _listing(lambda entry: entry.id != one.id, ascending=True, kind="comment", thread=one.id)
        return paged(one.id, name, below, given, fields)
    raise nonexistent(name, "IGUser" if isinstance(one, Account) else "IGMedia" if one.kind == "post" else "IGComment")


def _listing(keep: Callable[[Entry], bool], *, ascending: bool = False, **where: str) -> Listing:
    def chunk(start: datetime | None, upward: bool, offset: int) -> list[Entry]:
        span: dict[str, Any] = {}
        if start:
            span = {"since": start} if upward else {"until": start + timedelta(microseconds=1)}
        order = "old" if upward else "new"
        filters: dict[str, Any] = {"include_deleted": True, **where, **span}
        return world().entries(PLATFORM, order=order, limit=CHUNK, offset=offset, **filters)

    return Listing(chunk, keep, ascending, lambda: 0, show=shown, platform=PLATFORM, most=MOST)


# Hashtags and mentions


def _searched(given: Arguments) -> str:
    """Find a hashtag's id, and count it among those of the last seven days."""
    if given.get("user_id") != g.account or not given.get("q"):
        raise GraphError("(#100) The parameters user_id and q are required", code=100)
    tag = given["q"].lower()
    account = world().account(g.account, PLATFORM)
    assert account is not None
    searched = dict(account.extra.get("hashtags") or {})
    now = world().now()
    recent = {name for name, at in searched.items() if (parse_iso(at) or now) > now - HASHTAG_WEEK}
    if tag not in recent and len(recent) >= HASHTAGS:
        words = "(#18) You have reached the maximum of 30 unique hashtags that can be queried within 7 days."
        raise GraphError(words, code=18)
    if not any(f"#{tag}" in entry.text.lower() for entry in world().entries(PLATFORM, kind="post")):
        raise GraphError("The requested resource does not exist", code=24)
    searched.setdefault(tag, iso(now))
    extra = {**account.extra, "hashtags": searched}
    world().add_account(PLATFORM, account.name, id=account.id, handle=account.handle, ours=account.ours, extra=extra)
    return hashtag_id(tag)


def hashtag_id(tag: str) -> str:
    """Give a hashtag's id, the same for everybody for ever."""
    return str(178 * 10**14 + int(hashlib.sha256(tag.encode()).hexdigest()[:11], 16) % 10**14)


def _tag(id: str) -> str | None:
    names = {name for account in world().accounts(PLATFORM, ours=True) for name in account.extra.get("hashtags") or {}}
    return next((name for name in names if hashtag_id(name) == id), None)


def _hashtag(tag: str, id: str, name: str, given: Arguments) -> dict[str, Any]:
    if not name:
        return {"id": id, "name": tag}
    if name not in ("recent_media", "top_media"):
        raise nonexistent(name, "IGHashtag")
    if given.get("user_id") != g.account:
        raise GraphError("(#100) The parameter user_id is required", code=100)
    since = world().now() - HASHTAG_DAY
    pattern = re.compile(rf"#{re.escape(tag)}\b", re.IGNORECASE)
    posts = [one for one in world().entries(PLATFORM, kind="post", since=since) if pattern.search(one.text)]
    fields, limit = fields_of(given.get("fields")), min(int(given.get("limit") or 25), MOST)
    pages = current_app.config.setdefault("INSTAGRAM_HASHTAG_PAGES", {})
    start = pages.get((g.token.token, tag), 0) if given.get("after") == AFTER else 0
    pages[(g.token.token, tag)] = start + limit
    page: dict[str, Any] = {"data": [_shown(one, fields, "IGMedia", PUBLIC) for one in posts[start : start + limit]]}
    if start + limit < len(posts):
        page["paging"] = {"cursors": {"after": AFTER}, "next": address(id, name, {**given, "after": AFTER})}
    return page


def _mentioned(account: Account, field: Field) -> dict[str, Any]:
    """Show what somebody wrote elsewhere, if it names us."""
    id = field.args.get("comment_id" if field.name == "mentioned_comment" else "media_id", "")
    kind = "comment" if field.name == "mentioned_comment" else "post"
    entry = world().entry(id)
    if entry is None or entry.kind != kind or not is_there(entry) or not _names(entry, account):
        raise gone(id)
    return shown(entry, field.fields)


def _names(entry: Entry, account: Account) -> bool:
    return entry.platform == PLATFORM and f"@{account.handle}".lower() in entry.text.lower()


# Writes


def _written(method: str, owner: str, name: str, given: Arguments) -> Any:
    one = node(owner, method.lower())
    if method == "POST" and name == "mentions" and isinstance(one, Account):
        return {"id": _answer_mention(one, given).id}
    if method == "POST" and name in ("comments", "replies") and isinstance(one, Entry):
        made = _commented(one, name, given)
        return shown(made, fields_of(given["fields"])) if given.get("fields") else {"id": made.id}
    if isinstance(one, Entry) and one.kind == "comment" and not name:
        return _hide(one, given) if method == "POST" else _delete(one)
    raise GraphError(f"Unsupported {method.lower()} request.", code=100, type="GraphMethodException")


def _commented(one: Entry, name: str, given: Arguments) -> Entry:
    if (name == "comments") != (one.kind == "post"):
        raise nonexistent(name, "IGMedia" if one.kind == "post" else "IGComment")
    if one.hidden:
        raise GraphError("(#100) You cannot reply to a hidden comment", code=100)
    return world().write(PLATFORM, "comment", g.account, _message(given), parent=one.id)


def _answer_mention(account: Account, given: Arguments) -> Entry:
    media, comment = world().entry(given.get("media_id", "")), world().entry(given.get("comment_id", ""))
    named = comment if given.get("comment_id") else media
    if media is None or named is None or not is_there(named) or not _names(named, account):
        raise gone(given.get("comment_id") or given.get("media_id", ""), "post")
    return world().write(PLATFORM, "comment", account.id, _message(given), parent=named.id)


def _message(given: Arguments) -> str:
    message = given.get("message", "")
    if not message.strip():
        raise GraphError("(#100) The parameter message is required", code=100)
    if len(message) > LONGEST:
        raise GraphError(f"(#100) Param message must be no more than {LONGEST} characters", code=100)
    return message


def _hide(one: Entry, given: Arguments) -> dict[str, bool]:
    if "hide" not in given:
        raise GraphError("(#100) The parameter hide is required", code=100)
    media = world().entry(one.root or "")
    if media is None or media.author != g.account:
        raise not_permitted()
    world().hide(one.id, given["hide"].lower() in ("1", "true"))
    return {"success": True}


def _delete(one: Entry) -> dict[str, bool]:
    world().delete(one.id)
    return {"success": True}
