"""How comments, threads, channels and videos look on the wire."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.control import world
from sandbox.entries import Account, Entry

EMBEDDED = 5  # replies shown inside a thread
LINK = re.compile(r"https?://[^\s<>]+")


def moderation_of(entry: Entry) -> str:
    """Say how a comment stands: published, heldForReview, likelySpam or rejected."""
    return str(entry.extra.get("moderation") or ("heldForReview" if entry.hidden else "published"))


def thread(
    entry: Entry, viewer: Account, *, parts: Collection[str], plain: bool, listed: str | None = "published"
) -> dict[str, Any]:
    """Show a commentThread. `listed`: the moderation status asked for, None by id: then no comment tells its own."""
    made = _head("commentThread", entry, parts)
    replies = replies_of(entry, listed or "published")
    tells = listed is not None
    if "snippet" in parts:
        made["snippet"] = {
            "channelId": entry.wall,
            "videoId": entry.root,
            "topLevelComment": comment(
                entry, viewer, parts=("id", "snippet"), plain=plain, with_video=True, tells=tells
            ),
            "canReply": True,
            "totalReplyCount": len(replies),
            "isPublic": moderation_of(entry) == "published",
        }
        if not entry.root:
            del made["snippet"]["videoId"]
    if "replies" in parts and replies:
        shown = [
            comment(reply, viewer, parts=("id", "snippet"), plain=plain, with_video=True, tells=tells)
            for reply in replies[:EMBEDDED]
        ]
        made["replies"] = {"comments": shown}
    return made


def comment(
    entry: Entry,
    viewer: Account,
    *,
    parts: Collection[str],
    plain: bool,
    with_video: bool = False,
    tells: bool = True,
) -> dict[str, Any]:
    """Show a comment. Lists of comments name no video, threads do. `tells`: its moderation status, to its owner."""
    made = _head("comment", entry, parts)
    if "snippet" not in parts:
        return made
    author = world().account(entry.author, "youtube")
    snippet: dict[str, Any] = {
        "channelId": entry.wall,
        "videoId": entry.root if with_video else None,
        "textDisplay": entry.text if plain else as_html(entry.text),
        "textOriginal": entry.text if viewer.id == entry.author else None,
        "parentId": entry.parent,
        "authorDisplayName": author.name if author else "",
        "authorProfileImageUrl": f"https://example.org/ytc/{entry.author}=s48-c-k-c0x00ffffff-no-rj",
        "authorChannelUrl": f"http://www.youtube.com/channel/{entry.author}",
        "authorChannelId": {"value": entry.author},
        "canRate": True,
        "viewerRating": "none",
        "likeCount": int(entry.extra.get("likes", 0)),
        "publishedAt": time_of(entry.created_at),
        "updatedAt": time_of(_updated_at(entry)),
        "moderationStatus": moderation_of(entry) if tells and _sees_moderation(entry, viewer) else None,
    }
    snippet |= entry.extra.get("wire", {})
    dropped = entry.extra.get("drop", ())
    made["snippet"] = {k: v for k, v in snippet.items() if v is not None and k not in dropped}
    return made


def channel(account: Account, *, parts: Collection[str]) -> dict[str, Any]:
    """Show a channel."""
    made: dict[str, Any] = {"kind": "youtube#channel", "etag": _etag(account.id, account.name), "id": account.id}
    if "snippet" in parts:
        made["snippet"] = {
            "title": account.name,
            "description": "",
            "customUrl": f"@{account.handle.lstrip('@')}" if account.handle else f"channel/{account.id}",
            "publishedAt": "2015-03-02T08:00:00Z",
            "thumbnails": {"default": {"url": f"https://example.org/ytc/{account.id}", "width": 88, "height": 88}},
            "localized": {"title": account.name, "description": ""},
            "country": "SE",
        }
    if "statistics" in parts:
        videos = world().entries("youtube", kind="video", wall=account.id)
        made["statistics"] = {
            "viewCount": str(100 * len(videos)),
            "subscriberCount": "1000",
            "hiddenSubscriberCount": False,
            "videoCount": str(len(videos)),
        }
    if "contentDetails" in parts:
        made["contentDetails"] = {"relatedPlaylists": {"likes": "", "uploads": "UU" + account.id[2:]}}
    return made


def video(entry: Entry, *, parts: Collection[str]) -> dict[str, Any]:
    """Show a video; its comment count is a word, and missing where comments are off."""
    made = _head("video", entry, parts)
    author = world().account(entry.author, "youtube")
    title, _, description = entry.text.partition("\n")
    if "snippet" in parts:
        made["snippet"] = {
            "publishedAt": time_of(entry.created_at),
            "channelId": entry.wall or entry.author,
            "title": title,
            "description": description,
            "thumbnails": {"default": {"url": f"https://example.org/vi/{entry.id}.jpg", "width": 120, "height": 90}},
            "channelTitle": author.name if author else "",
            "categoryId": "25",
            "liveBroadcastContent": "none",
            "localized": {"title": title, "description": description},
        }
    if "statistics" in parts:
        made["statistics"] = {"viewCount": "100", "likeCount": "5", "favoriteCount": "0"}
        if not entry.extra.get("comments_disabled"):
            counted = entry.extra.get("comment_count", len(published_under(entry)))
            made["statistics"]["commentCount"] = str(counted)
    return made


def replies_of(entry: Entry, status: str = "published") -> list[Entry]:
    """List a thread's replies that have a moderation status, newest first."""
    replies = world().entries("youtube", parent=entry.id)
    return [reply for reply in replies if moderation_of(reply) == status]


def published_under(video: Entry) -> list[Entry]:
    """List the published comments of a video; what hangs under one that is gone is gone with it."""
    found = world().entries("youtube", kind="comment", root=video.id)
    tops = {entry.id for entry in found if entry.parent is None and moderation_of(entry) == "published"}
    return [entry for entry in found if (entry.thread in tops) and moderation_of(entry) == "published"]


def time_of(at: datetime) -> str:
    """Write a time as the API does, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def as_html(text: str) -> str:
    """Write a text as `textDisplay` shows it unless plain text was asked for."""
    linked = LINK.sub(lambda match: f'<a href="{match[0]}">{match[0]}</a>', html.escape(text, quote=True))
    return linked.replace("\n", "<br>")


def listing(kind: str, items: Iterable[dict[str, Any]], *, size: int | None, token: str | None) -> dict[str, Any]:
    """Wrap items as a list answer. `size`: None leaves `pageInfo` out, as look-ups by id do."""
    items = list(items)
    made: dict[str, Any] = {"kind": f"youtube#{kind}ListResponse", "etag": _etag(*(item["etag"] for item in items))}
    if token:
        made["nextPageToken"] = token
    if size is not None:
        made["pageInfo"] = {"totalResults": len(items), "resultsPerPage": size}
    made["items"] = items
    return made


def _head(kind: str, entry: Entry, parts: Collection[str]) -> dict[str, Any]:
    return {
        "kind": f"youtube#{kind}",
        "etag": _etag(kind, entry.id, entry.text, moderation_of(entry), *sorted(parts)),
        "id": entry.id,
    }


def _sees_moderation(entry: Entry, viewer: Account) -> bool:
    return viewer.id == entry.wall


def _updated_at(entry: Entry) -> datetime:
    """Give the time of the last edit, at least a second after the writing: these times have no fractions."""
    return max(entry.updated_at, entry.created_at + timedelta(seconds=1)) if entry.is_edited else entry.created_at


def _etag(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:27]
