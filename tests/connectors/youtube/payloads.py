"""Recorded and composed answers of YouTube (tests/payloads/youtube), and small ones made on the spot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "payloads" / "youtube"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
LISTS = [name for name in NAMES if name.startswith(("comment_threads_", "comments_"))]
ERRORS = {
    "error_400_oauth_invalid_grant": 400,
    "error_403_comments_disabled": 403,
    "error_403_permission_denied": 403,
    "error_403_quota_exceeded": 403,
    "error_404_comment_not_found": 404,
}


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def comment(id: str, text: str = "Hej", at: str = "2026-11-20T10:00:00Z", **snippet: Any) -> dict[str, Any]:
    return {
        "kind": "youtube#comment",
        "id": id,
        "snippet": {
            "textDisplay": text,
            "authorDisplayName": "vera sundkvist",
            "authorChannelId": {"value": "UC3FdLy0EqqKOc336uOqsQtA"},
            "publishedAt": at,
            "updatedAt": at,
            **snippet,
        },
    }


def thread(id: str, text: str = "Hej", at: str = "2026-11-20T10:00:00Z", *, replies: int = 0) -> dict[str, Any]:
    return {
        "kind": "youtube#commentThread",
        "id": id,
        "snippet": {
            "videoId": "eIKfUWv1Y0E",
            "topLevelComment": comment(id, text, at),
            "canReply": True,
            "totalReplyCount": replies,
            "isPublic": True,
        },
    }


def threads(*items: Any, token: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = {"kind": "youtube#commentThreadListResponse", "items": list(items)}
    return {**answer, "nextPageToken": token} if token else answer


def error(code: int, reason: str, **more: Any) -> tuple[int, dict[str, Any]]:
    listed = [{"message": "…", "domain": "youtube.comment", "reason": reason}]
    return code, {"error": {"code": code, "message": "…", "errors": listed, **more}}
