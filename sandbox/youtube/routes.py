"""What can be asked of YouTube Data API v3: threads, comments, writing, moderation, channels, videos; fresh tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.control import world
from sandbox.entries import Account, Entry
from sandbox.youtube import objects
from sandbox.youtube.keys import caller, refresh
from sandbox.youtube.objects import moderation_of
from sandbox.youtube.paging import cut, size_of
from sandbox.youtube.problems import Refused, comment_not_found, forbidden, invalid, refused

blueprint = Blueprint("youtube", __name__)

READ, WRITE = 1, 50  # units
LONGEST = 10_000  # characters of a comment
ANYWHERE = {"part", "alt", "key", "prettyPrint", "fields", "quotaUser", "userIp", "access_token", "oauth_token",
            "callback", "uploadType", "upload_protocol", "$.xgafv"}  # fmt: skip
THREAD_PARAMETERS = {"allThreadsRelatedToChannelId", "videoId", "channelId", "id", "maxResults", "moderationStatus",
                     "order", "pageToken", "searchTerms", "textFormat"}  # fmt: skip
STATUSES = ("published", "heldForReview", "likelySpam", "rejected")


@blueprint.errorhandler(Refused)
def _refused(refusal: Refused) -> Response:
    return refusal.response


@blueprint.post("/token")
def token() -> Response:
    """Refresh an access token."""
    return refresh()


@blueprint.route("/youtube/v3/commentThreads", methods=["GET", "POST"])
def comment_threads() -> Response:
    """List threads of a channel, of a video, or by id; or begin one."""
    return _list_threads() if _is_reading() else _insert_thread()


@blueprint.route("/youtube/v3/comments", methods=["GET", "POST", "PUT", "DELETE"])
def comments() -> Response:
    """List replies or comments by id; answer, change or delete one."""
    if _is_reading():
        return _list_comments()
    return {"POST": _insert_comment, "PUT": _update_comment, "DELETE": _delete_comment}[request.method]()


def _list_threads() -> Response:
    who = caller(units=READ)
    args = _args(THREAD_PARAMETERS)
    parts, plain = _parts(args, {"id", "snippet", "replies"}), _is_plain(args)
    name = _filter(args, ("allThreadsRelatedToChannelId", "videoId", "channelId", "id"))
    show = partial(objects.thread, viewer=who.account, parts=parts, plain=plain)
    if name == "id":
        found = [entry for entry in map(_comment, _ids(args)) if entry and not entry.parent]
        by_id = partial(show, listed=None)
        return jsonify(objects.listing("commentThread", map(by_id, found), size=None, token=None))
    status = _choice(args, "moderationStatus", STATUSES, "published")
    _choice(args, "order", ("orderUnspecified", "time", "relevance"), "time")
    wall, video = _place(args, name)
    if status != "published" and who.account.id != wall:
        raise forbidden("comment threads cannot be listed")
    words = args.get("searchTerms", "").lower()
    size = size_of(args, default=20, largest=100)
    size = min(size, int((_wall_account(wall) or who.account).extra.get("page_size", size)))
    entries, token = cut(
        {"kind": "comment", "parent": None, "root": video, "wall": wall},
        lambda entry: (
            (moderation_of(entry) == status or (status != "published" and bool(objects.replies_of(entry, status))))
            and words in entry.text.lower()
            and (name != "channelId" or entry.root is None)
        ),
        args=args,
        size=size,
        question=f"threads/{name}/{args[name]}/{status}/{words}",
    )
    of_status = partial(show, listed=status)
    return jsonify(objects.listing("commentThread", map(of_status, entries), size=size, token=token))


def _list_comments() -> Response:
    who = caller(units=READ)
    args = _args({"id", "parentId", "maxResults", "pageToken", "textFormat"})
    parts, plain = _parts(args, {"id", "snippet"}), _is_plain(args)
    show = partial(objects.comment, viewer=who.account, parts=parts, plain=plain)
    if _filter(args, ("id", "parentId")) == "id":
        found = [entry for entry in map(_comment, _ids(args)) if entry]
        by_id = partial(show, tells=False)
        return jsonify(objects.listing("comment", map(by_id, found), size=None, token=None))
    parent = _comment(args["parentId"])
    if parent is None:
        raise refused(404, "commentNotFound", "The specified comment cannot be found.", where="parentId")
    size = size_of(args, default=20, largest=100)
    entries, token = cut(
        {"kind": "comment", "parent": parent.id},
        lambda entry: moderation_of(entry) == "published",
        args=args,
        size=size,
        question=f"comments/{parent.id}",
    )
    answer = objects.listing("comment", map(show, entries), size=size, token=token)
    del answer["pageInfo"]["totalResults"]
    return jsonify(answer)


def _insert_thread() -> Response:
    who = caller(units=WRITE, writes=True)
    parts = _parts(_args(set()), {"id", "snippet"})
    snippet = _snippet()
    top = snippet.get("topLevelComment")
    text = _new_text(top.get("snippet") if isinstance(top, dict) else None)
    video = _video(str(snippet.get("videoId") or ""))
    if video is None:
        raise refused(404, "videoNotFound", "The video cannot be found.", domain="youtube.commentThread")
    _refuse_where_disabled(video.id)
    entry = world().write("youtube", "comment", who.account.id, text, root=video.id)
    return jsonify(objects.thread(entry, who.account, parts=parts, plain=True))


def _insert_comment() -> Response:
    who = caller(units=WRITE, writes=True)
    parts = _parts(_args(set()), {"id", "snippet"})
    snippet = _snippet()
    text = _new_text(snippet)
    if not snippet.get("parentId"):
        raise invalid("parentIdMissing", "The comment must specify a parent comment.", "snippet.parentId")
    parent = _comment(str(snippet["parentId"]))
    if parent is None:
        raise refused(404, "parentCommentNotFound", "The specified parent comment could not be found.")
    if parent.parent:
        raise refused(400, "operationNotSupported", "The comment cannot be created in reply to a reply.")
    if moderation_of(parent) != "published":
        raise refused(400, "parentCommentIsPrivate", "The specified parent comment is private.")
    _refuse_where_disabled(parent.root)
    entry = world().write("youtube", "comment", who.account.id, text, parent=parent.id)
    return jsonify(objects.comment(entry, who.account, parts=parts, plain=True))


def _update_comment() -> Response:
    who = caller(units=WRITE, writes=True)
    parts = _parts(_args(set()), {"id", "snippet"})
    entry, text = _comment(str(_body().get("id") or "")), _new_text(_snippet())
    if entry is None:
        raise comment_not_found()
    if entry.author != who.account.id:
        raise forbidden("comment cannot be updated")
    return jsonify(objects.comment(world().edit(entry.id, text), who.account, parts=parts, plain=True))


def _delete_comment() -> Response:
    who = caller(units=WRITE, writes=True)
    entry = _comment(_args({"id"}, needs_part=False).get("id", ""))
    if entry is None:
        raise comment_not_found()
    if entry.author != who.account.id:
        raise forbidden("comment cannot be deleted")
    world().delete(entry.id)
    return Response(status=204)


@blueprint.post("/youtube/v3/comments/setModerationStatus")
def set_moderation_status() -> Response:
    """Publish, hold or reject comments under a video of ours."""
    who = caller(units=WRITE, writes=True)
    args = _args({"id", "moderationStatus", "banAuthor"}, needs_part=False)
    status = _choice(args, "moderationStatus", ("published", "heldForReview", "rejected"), "")
    entries = [_comment(id) for id in _ids(args)]
    found = [entry for entry in entries if entry]
    if not entries or len(found) < len(entries):
        raise comment_not_found()
    if any(entry.wall != who.account.id for entry in found):
        raise forbidden("comments' moderation status cannot be set")
    for entry in found:
        world().hide(entry.id, status != "published")
        world().annotate(entry.id, moderation=None if status == "published" else status)
    return Response(status=204)


@blueprint.get("/youtube/v3/channels")
def channels() -> Response:
    """Show our own channel, or channels by id."""
    who = caller(units=READ)
    args = _args({"mine", "id", "forHandle", "maxResults", "pageToken", "hl"})
    parts = _parts(args, {"id", "snippet", "statistics", "contentDetails", "status", "brandingSettings"})
    name = _filter(args, ("mine", "id", "forHandle"))
    found: list[Account | None] = [who.account]
    if name == "id":
        found = [world().account(id, "youtube") for id in _ids(args)]
    elif name == "forHandle":
        found = [world().account_by_handle("youtube", args["forHandle"])]
    shown = [objects.channel(account, parts=parts) for account in found if account]
    return jsonify(objects.listing("channel", shown, size=size_of(args, default=5, largest=50), token=None))


@blueprint.get("/youtube/v3/videos")
def videos() -> Response:
    """Show videos by id."""
    caller(units=READ)
    args = _args({"id", "maxResults", "pageToken", "hl"})
    parts = _parts(args, {"id", "snippet", "statistics", "contentDetails", "status"})
    _filter(args, ("id",))
    found = [video for video in map(_video, _ids(args)) if video]
    shown = [objects.video(video, parts=parts) for video in found]
    return jsonify(objects.listing("video", shown, size=len(shown), token=None))


def _is_reading() -> bool:
    """Tell a list from a write: a GET too long for an address comes as a POST that says so."""
    return request.method == "GET" or request.headers.get("X-HTTP-Method-Override", "").upper() == "GET"


def _args(allowed: Collection[str], *, needs_part: bool = True) -> dict[str, str]:
    given = request.form if request.method == "POST" and _is_reading() else request.args
    for name in given:
        if name not in ANYWHERE and name not in allowed:
            message = f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
            raise invalid("badRequest", message, name)
    if needs_part and not given.get("part"):
        raise invalid("missingRequiredParameter", "Required parameter: part", "part")
    return {name: ",".join(given.getlist(name)) if name in ("id", "part") else given[name] for name in given}


def _parts(args: Mapping[str, str], known: Collection[str]) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in args["part"].split(","))
    for part in parts:
        if part not in known:
            raise invalid("unknownPart", f"'{part}'", "part")
    return parts


def _filter(args: Mapping[str, str], names: Collection[str]) -> str:
    """Give the one filter that was chosen."""
    chosen = [name for name in names if args.get(name)]
    if not chosen:
        raise invalid(
            "missingRequiredParameter", f"No filter selected. Expected one of: {', '.join(names)}", "parameters."
        )
    if len(chosen) > 1:
        message = f"Incompatible parameters specified in the request: {', '.join(chosen)}"
        raise invalid("incompatibleParameters", message, "parameters.")
    return chosen[0]


def _choice(args: Mapping[str, str], name: str, values: Collection[str], default: str) -> str:
    value = args.get(name, default)
    if value not in values:
        raise invalid("invalidValue", f"Invalid value '{value}'. Values must match the following: {values}", name)
    return value


def _is_plain(args: Mapping[str, str]) -> bool:
    return _choice(args, "textFormat", ("textFormatUnspecified", "html", "plainText"), "html") == "plainText"


def _ids(args: Mapping[str, str]) -> list[str]:
    ids = [id for id in args.get("id", "").split(",") if id]
    if len(ids) > 50:
        raise invalid("invalidFilters", "At most 50 ids can be looked up at once.", "id")
    return list(dict.fromkeys(ids))


def _place(args: Mapping[str, str], name: str) -> tuple[str | None, str | None]:
    """Give the channel and the video a list is about."""
    if name == "videoId":
        video = _video(args[name])
        if video is None:
            message = "The video identified by the videoId parameter could not be found."
            raise refused(404, "videoNotFound", message, domain="youtube.commentThread", where=name)
        _refuse_where_disabled(video.id)
        return video.wall or video.author, video.id
    if _wall_account(args[name]) is None:
        message = f"The channel identified by the {name} parameter could not be found."
        raise refused(404, "channelNotFound", message, domain="youtube.commentThread", where=name)
    return args[name], None


def _refuse_where_disabled(video: str | None) -> None:
    entry = world().entry(video) if video else None
    if entry and entry.extra.get("comments_disabled"):
        message = (
            'The video identified by the <code><a href="/youtube/v3/docs/commentThreads/list#videoId">videoId</a>'
            "</code> parameter has disabled comments."
        )
        raise refused(403, "commentsDisabled", message, domain="youtube.commentThread", where="videoId")


def _wall_account(id: str | None) -> Account | None:
    return world().account(id, "youtube") if id else None


def _video(id: str) -> Entry | None:
    entry = world().entry(id)
    return entry if entry and entry.kind == "video" and entry.platform == "youtube" and not entry.is_deleted else None


def _comment(id: str) -> Entry | None:
    """Give a comment that the platform shows: neither deleted itself nor under a thread that is."""
    entry = world().entry(id)
    if entry is None or entry.platform != "youtube" or entry.kind != "comment" or entry.is_deleted:
        return None
    if entry.visible_at > world().now():
        return None
    return entry if entry.parent is None or _comment(entry.parent) else None


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise refused(400, "parseError", "Parse Error", domain="global")
    return body


def _snippet() -> dict[str, Any]:
    snippet = _body().get("snippet")
    if not isinstance(snippet, dict):
        raise invalid("required", "Required parameter: snippet", "snippet")
    return snippet


def _new_text(snippet: Any) -> str:
    text = snippet.get("textOriginal") if isinstance(snippet, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise refused(400, "commentTextRequired", "The comment must have text.", where="snippet.textOriginal")
    if len(text) > LONGEST:
        message = "The comment contains more than the maximum number of characters."
        raise refused(400, "commentTextTooLong", message, where="snippet.textOriginal")
    return text
