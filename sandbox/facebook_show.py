"""What the pretend Graph API shows: pages, people, posts and comments with the fields asked for, and their edges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import g

from sandbox import facebook_messages as messages
from sandbox.entries import Account, Entry
from sandbox.facebook_answers import PLATFORM, GraphError, gone, nonexistent, world
from sandbox.facebook_fields import BadFields, Field, parse
from sandbox.facebook_messages import Conversation
from sandbox.facebook_paging import CHUNK, Listing, instant, moment, paged, span

WWW = "https://www.facebook.com"
STICKER = "https://example.org/sticker.png"

FIELDS = {
    kind: frozenset(names.split())
    for kind, names in {
        "Page": "id name username link category access_token tasks fan_count picture",
        "User": "id name first_name last_name picture link",
        "PagePost": "id message story created_time updated_time permalink_url from to message_tags attachments "
        "full_picture comments likes reactions shares is_hidden is_published status_type",
        "Comment": "id message created_time from parent object comment_count like_count user_likes is_hidden "
        "is_private can_hide can_comment can_remove can_like can_reply_privately message_tags attachment "
        "permalink_url comments likes reactions",
    }.items()
}
DEFAULTS = {
    "Page": ("name", "id"),
    "User": ("name", "id"),
    "PagePost": ("created_time", "message", "id"),
    "Comment": ("created_time", "from", "message", "id"),
}

Node = Account | Entry | Conversation
Arguments = Mapping[str, str]


def node(id: str, method: str = "get") -> Node:
    """Find what an id stands for. Raises GraphError 100/33."""
    if id.startswith("t_"):
        return messages.conversation(id)
    entry = world().entry(id)
    if entry is not None and entry.platform == PLATFORM and is_there(entry):
        return entry
    account = world().account(id, PLATFORM)
    if account is None:
        raise gone(id, method)
    return account


def is_there(entry: Entry) -> bool:
    """Facebook takes what hangs under a post or a comment away with it."""
    if entry.is_deleted or entry.visible_at > world().now():
        return False
    above = [world().entry(id) for id in (entry.root, entry.thread) if id and id != entry.id]
    return not any(one and one.is_deleted for one in above)


def fields_of(text: str | None) -> tuple[Field, ...]:
    try:
        return parse(text or "")
    except BadFields as error:
        raise GraphError(f"Syntax error: unexpected '{error}' in fields", code=2500) from error


def shown(one: Node, fields: Sequence[Field]) -> dict[str, Any]:
    """Show a node with the fields asked for, and always its id."""
    if isinstance(one, Conversation):
        return messages.shown(one, fields)
    if isinstance(one, Entry) and one.kind == "message":
        return messages.message(one, fields)
    kind = _kind(one)
    chosen = list(fields) or [Field(name) for name in DEFAULTS[kind]]
    if not any(field.name == "id" for field in chosen):
        chosen.append(Field("id"))
    found = {}
    withheld = _withheld(one)
    for field in chosen:
        if field.name not in FIELDS[kind]:
            raise nonexistent(field.name, kind)
        value = None if field.name in withheld else _value(one, field)
        if value is not None:
            found[field.alias or field.name] = value
    return found


def _kind(one: Node) -> str:
    if isinstance(one, Account):
        return "Page" if one.ours else "User"
    return "PagePost" if one.kind == "post" else "Comment"


def _withheld(one: Node) -> set[str]:
    withheld = set(one.extra.get("withhold", ()))
    return withheld | {"from"} if one.extra.get("from_withheld") else withheld


def _value(one: Node, field: Field) -> Any:
    if isinstance(one, Account):
        return _of_account(one, field.name)
    if field.name in ("comments", "likes", "reactions"):
        return edge(one, field.name, {**field.args, "fields": field.source}, field.fields)
    if field.name == "from":
        return _author(one)
    return _of_post(one, field.name) if one.kind == "post" else _of_comment(one, field)


def _of_account(account: Account, name: str) -> Any:
    if name == "access_token":
        tokens = world().tokens(PLATFORM, account.id, "page")
        return tokens[0].token if tokens else None
    if name == "link":
        return f"{WWW}/{account.handle or account.id}"
    given = {"id": account.id, "name": account.name, "username": account.handle or None, "category": "Government"}
    return given.get(name, account.extra.get(name))


def _author(entry: Entry) -> dict[str, str]:
    names = g.setdefault("facebook_names", {})
    if entry.author not in names:
        account = world().account(entry.author, PLATFORM)
        names[entry.author] = {"name": account.name} if account else {}
    return {"id": entry.author, **names[entry.author]}


def _of_post(entry: Entry, name: str) -> Any:
    pictures = _pictures(entry)
    if name == "updated_time":
        newest = world().entries(PLATFORM, root=entry.id, kind="comment", limit=1)
        return moment(max([entry.updated_at, *(comment.created_at for comment in newest)]))
    return {
        "id": entry.id,
        "message": entry.text or None,
        "story": entry.extra.get("story"),
        "created_time": moment(entry.created_at),
        "permalink_url": f"{WWW}/{entry.wall}/posts/{entry.id.rpartition('_')[2]}",
        "message_tags": entry.extra.get("tags"),
        "attachments": {"data": [_attachment(link) for link in pictures]} if pictures else None,
        "full_picture": pictures[0] if pictures else None,
        "is_hidden": entry.hidden,
        "is_published": entry.extra.get("ad") is not True,
        "status_type": "added_photos" if pictures else "mobile_status_update",
    }.get(name)


def _of_comment(entry: Entry, field: Field) -> Any:
    if field.name == "comment_count":
        return world().count(PLATFORM, kind="comment", thread=entry.id) - 1 if entry.parent is None else 0
    if field.name == "parent":
        # The top-level comment, however deep the people answered each other.
        above = world().entry(entry.thread or "") if entry.parent else None
        return shown(above, field.fields) if above else None
    pictures, likes = _pictures(entry), entry.extra.get("likes", ())
    return {
        "id": entry.id,
        "message": entry.text,
        "created_time": moment(entry.created_at),
        "like_count": len(likes),
        "user_likes": g.account in likes,
        "is_hidden": entry.hidden,
        "is_private": False,
        "can_hide": entry.author != g.account,
        "can_comment": True,
        "can_remove": True,
        "can_like": True,
        "can_reply_privately": entry.author != g.account,
        "message_tags": entry.extra.get("tags"),
        "attachment": _attachment(pictures[0], sticker=pictures[0] == STICKER) if pictures else None,
        "permalink_url": _permalink(entry),
        "object": {"id": entry.root},
    }.get(field.name)


def _permalink(entry: Entry) -> str:
    own, top = entry.id.rpartition("_")[2], (entry.thread or entry.id).rpartition("_")[2]
    query = f"comment_id={top}&reply_comment_id={own}" if entry.parent else f"comment_id={own}"
    return f"{WWW}/{entry.wall}/posts/{(entry.root or '').rpartition('_')[2]}?{query}"


def _pictures(entry: Entry) -> list[str]:
    single = entry.extra.get("image") or (STICKER if entry.extra.get("sticker") else None)
    return [*entry.extra.get("media", ()), *filter(None, [single])]


def _attachment(link: str, *, sticker: bool = False) -> dict[str, Any]:
    image = {"height": 720, "src": link, "width": 720}
    return {"type": "sticker" if sticker else "photo", "url": link, "media": {"image": image}, "target": {"url": link}}


# Edges


def edge(one: Node, name: str, given: Arguments, fields: Sequence[Field]) -> dict[str, Any]:
    """Show a page of an edge."""
    if isinstance(one, Account):
        return _of_page(one, name, given, fields)
    if isinstance(one, Conversation):
        if name == "messages":
            return messages.messages(one, given, fields)
        raise nonexistent(name, "UnifiedThread")
    if name == "comments":
        return paged(one.id, name, _comments(one, given), given, fields)
    if name in ("likes", "reactions"):
        likes = [account for id in one.extra.get("likes", ()) if (account := world().account(id, PLATFORM))]
        return {"data": [shown(account, fields) for account in likes], "summary": {"total_count": len(likes)}}
    raise nonexistent(name, _kind(one))


def _of_page(page: Account, name: str, given: Arguments, fields: Sequence[Field]) -> dict[str, Any]:
    wanted: dict[str, Callable[[Entry], bool]] = {
        "feed": lambda entry: entry.extra.get("ad") is not True,
        "posts": lambda entry: entry.author == page.id and entry.extra.get("ad") is not True,
        "published_posts": lambda entry: entry.author == page.id and entry.extra.get("ad") is not True,
        "visitor_posts": lambda entry: entry.author != page.id,
        "ads_posts": lambda entry: bool(entry.extra.get("ad")) and given.get("include_inline_create") == "true",
        "tagged": lambda entry: entry.wall != page.id and page.id in _tagged(entry),
        "conversations": lambda entry: False,
    }
    if name not in wanted or not page.ours:
        raise nonexistent(name, _kind(page))
    if page.id != g.account:
        words = "This endpoint requires the 'pages_read_engagement' permission."
        raise GraphError(f"(#100) Object does not exist, cannot be loaded due to missing permission. {words}", code=100)
    if name == "conversations":
        return messages.conversations(page, given, fields)
    wall = None if name == "tagged" else page.id
    return paged(page.id, name, _posts(wall, given, wanted[name]), given, fields)


def _tagged(entry: Entry) -> set[str]:
    return {str(tag.get("id")) for tag in entry.extra.get("tags") or ()}


def _posts(wall: str | None, given: Arguments, keep: Callable[[Entry], bool]) -> Listing:
    since, until = instant(given.get("since")), instant(given.get("until"))

    def chunk(start: datetime | None, ascending: bool, offset: int) -> list[Entry]:
        begin, end = span(start, ascending, since, until)
        filters = {"kind": "post", "wall": wall, "since": begin, "until": end, "include_deleted": True}
        order = "old" if ascending else "new"
        return world().entries(PLATFORM, order=order, limit=CHUNK, offset=offset, **filters)  # type: ignore[arg-type]

    return Listing(chunk, keep, ascending=False, total=lambda: 0, show=shown)


def _comments(one: Entry, given: Arguments) -> Listing:
    """Under a post the top level, or with all answers (`stream`); under a comment its answers."""
    since, top = instant(given.get("since")), one.kind == "post" and given.get("filter", "toplevel") == "toplevel"
    if given.get("filter", "toplevel") not in ("toplevel", "stream"):
        raise GraphError("(#100) Param filter must be one of {TOPLEVEL, STREAM}", code=100)
    if given.get("order", "chronological") not in ("chronological", "reverse_chronological"):
        raise GraphError("(#100) Param order must be one of {CHRONOLOGICAL, REVERSE_CHRONOLOGICAL}", code=100)
    under: dict[str, Any] = {"root": one.id} if one.kind == "post" else {"thread": one.thread}
    under["kind"] = "comment"
    doomed = _deleted(under)

    def keep(entry: Entry) -> bool:
        is_below = one.kind == "post" or (one.parent is None and entry.id != one.id)
        return is_below and entry.thread not in doomed and not (top and entry.parent is not None)

    def chunk(start: datetime | None, ascending: bool, offset: int) -> list[Entry]:
        begin, end = span(start, ascending, since, None)
        filters = {**under, "since": begin, "until": end, "include_deleted": True}
        return world().entries(PLATFORM, order="old" if ascending else "new", limit=CHUNK, offset=offset, **filters)

    def total() -> int:
        if not doomed and not top:
            return world().count(PLATFORM, **under) - (one.kind != "post")
        return sum(1 for entry in world().entries(PLATFORM, **under) if keep(entry))

    return Listing(chunk, keep, given.get("order") != "reverse_chronological", total, show=shown)


def _deleted(under: Mapping[str, Any]) -> set[str]:
    """Give the ids of the deleted comments among these; counting first is cheap, and mostly the end of it."""
    if world().count(PLATFORM, **under) == world().count(PLATFORM, include_deleted=True, **under):
        return set()
    return {entry.id for entry in world().entries(PLATFORM, include_deleted=True, **under) if entry.is_deleted}
