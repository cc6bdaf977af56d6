"""How posts, comments and organisations look on the wire."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.control import world
from sandbox.entries import Account, Entry, to_micros
from sandbox.ids import activity_of

MARKUP = str.maketrans({sign: f"\\{sign}" for sign in "|{}@[]()<>*_~\\"})


def post(entry: Entry) -> dict[str, Any]:
    """Show a post; its text is written in LinkedIn's little markup, where signs of its own are escaped."""
    return {
        "id": entry.id,
        "author": entry.author,
        "commentary": entry.text.translate(MARKUP),
        "createdAt": millis(entry.created_at),
        "publishedAt": millis(entry.created_at),
        "lastModifiedAt": millis(entry.updated_at),
        "lifecycleState": "PUBLISHED",
        "visibility": "PUBLIC",
        "isReshareDisabledByAuthor": False,
        "distribution": {"feedDistribution": "MAIN_FEED", "thirdPartyDistributionChannels": []},
        "lifecycleStateInfo": {"isEditedByAuthor": entry.is_edited},
    }


def comment(entry: Entry, viewer: Account) -> dict[str, Any]:
    """Show a comment: its number, its URN, whose it is by id alone, and how many answers it has."""
    answers = len(answers_to(entry))
    made: dict[str, Any] = {
        "actor": entry.author,
        "commentUrn": entry.id,
        "created": {"actor": entry.author, "time": millis(entry.created_at)},
        "id": number_of(entry.id),
        "lastModified": {"actor": entry.author, "time": millis(_changed_at(entry))},
        "message": {"attributes": [], "text": entry.text},
        "object": activity_of(entry.root or ""),
        "likesSummary": {"aggregatedTotalLikes": 0, "likedByCurrentUser": False, "selectedLikes": [], "totalLikes": 0},
    }
    if entry.parent:
        made["parentComment"] = entry.parent
    elif not viewer.extra.get("no_metadata"):
        made["commentsSummary"] = {
            "aggregatedTotalComments": answers,
            "selectedComments": [],
            "totalFirstLevelComments": answers,
        }
    if viewer.extra.get("profiles"):
        made["actor~"] = _profile(entry.author)
    made |= entry.extra.get("wire", {})
    return {key: value for key, value in made.items() if key not in entry.extra.get("drop", ())}


def metadata(entry: Entry) -> dict[str, Any]:
    """Show the social metadata of a post or a comment."""
    if entry.kind == "post":
        tops, answers = under(entry)
        every = int(entry.extra.get("comment_count", len(tops) + len(answers)))
        summary = {"count": every, "topLevelCount": min(every, len(tops))}
    else:
        summary = {"count": len(answers_to(entry)), "topLevelCount": len(answers_to(entry))}
    return {"entity": entry.id, "commentSummary": summary, "commentsState": "OPEN", "reactionSummaries": {}}


def organization(account: Account) -> dict[str, Any]:
    """Show one of our organisations."""
    locale = {"country": "SE", "language": "sv"}
    return {
        "id": int(account.id.rpartition(":")[2]),
        "name": {"localized": {"sv_SE": account.name}, "preferredLocale": locale},
        "localizedName": account.name,
        "vanityName": account.handle,
        "primaryOrganizationType": "NONE",
        "organizationType": "GOVERNMENT_AGENCY",
    }


def under(post: Entry) -> tuple[list[Entry], list[Entry]]:
    """List what stands under a post, newest first: the top-level comments, and the answers to those that stand."""
    found = world().entries("linkedin", kind="comment", root=post.id)
    tops = [entry for entry in found if entry.parent is None]
    standing = {entry.id for entry in tops}
    return tops, [entry for entry in found if entry.parent in standing]


def answers_to(entry: Entry) -> list[Entry]:
    """List the answers to a comment, newest first."""
    return world().entries("linkedin", parent=entry.id)


def number_of(urn: str) -> str:
    """Give a comment's own number."""
    return urn.rpartition(",")[2].rstrip(")")


def millis(at: datetime) -> int:
    return (to_micros(at) or 0) // 1000


def _changed_at(entry: Entry) -> datetime:
    """Give the time of the last edit, at least a millisecond after the writing."""
    later = entry.created_at + timedelta(milliseconds=1)
    return max(entry.updated_at, later) if entry.is_edited else entry.created_at


def _profile(id: str) -> dict[str, str]:
    account = world().account(id, "linkedin")
    name = account.name if account else ""
    if account and account.ours:
        return {"localizedName": name}
    first, _, last = name.partition(" ")
    return {"localizedFirstName": first, "localizedLastName": last}
