"""What one poll leaves to the next: the cursor's content, and whose turn it is among the old threads. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Cursor, KnownThread
from connectors.youtube.mapping import moment

HOT, WARM = timedelta(hours=48), timedelta(days=30)
SHARE = {"hot": 34, "warm": 10, "cold": 5}  # places in each sweep that a tier is sure of; free ones go to the first


@dataclass(slots=True)
class Memory:
    """`newest_at`: the newest thread of the last complete poll. `videos`: the platform's count of comments by video.
    `replies`: the platform's count of replies when a thread too long to be embedded was last read. `gone`: threads the
    platform denies. `walked`: when a video's threads were last read without explaining its count. `turn` and
    `video_after`: the last thread of a tier, and the last video, whose turn it was.
    """

    newest_at: datetime | None = None
    videos: dict[str, int] = field(default_factory=dict)
    replies: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    walked: dict[str, datetime] = field(default_factory=dict)
    turn: dict[str, str] = field(default_factory=dict)
    video_after: str = ""

    @classmethod
    def from_cursor(cls, cursor: Cursor) -> Memory:
        """Read a cursor; what is not as expected counts as not remembered."""
        walked = {video: at for video, text in _dict(cursor.get("walked")).items() if (at := moment(text))}
        gone = cursor.get("gone")
        return cls(
            newest_at=moment(cursor.get("newest_at")),
            videos=_counts(cursor.get("videos")),
            replies=_counts(cursor.get("replies")),
            gone={id for id in gone if isinstance(id, str)} if isinstance(gone, list) else set(),
            walked=walked,
            turn={tier: str(id) for tier, id in _dict(cursor.get("turn")).items()},
            video_after=str(cursor.get("video_after") or ""),
        )

    def to_cursor(self) -> dict[str, Any]:
        """Write it as JSON-serialisable values."""
        return {
            "newest_at": _iso(self.newest_at),
            "videos": self.videos,
            "replies": self.replies,
            "gone": sorted(self.gone),
            "walked": {video: _iso(at) for video, at in self.walked.items()},
            "turn": self.turn,
            "video_after": self.video_after,
        }

    def due_threads(self, threads: Sequence[KnownThread], *, now: datetime) -> list[str]:
        """Take the threads whose turn it is, and remember how far that went: as many as the shares add up to."""
        tiers: dict[str, list[str]] = {tier: [] for tier in SHARE}
        for thread in threads:
            tiers[tier_of(now - thread.last_activity)].append(thread.external_id)
        places = {tier: min(len(ids), SHARE[tier]) for tier, ids in tiers.items()}
        for tier, ids in tiers.items():
            free = sum(SHARE.values()) - sum(places.values())
            places[tier] += min(free, len(ids) - places[tier])
        return [id for tier, ids in tiers.items() for id in self._next(tier, sorted(ids), places[tier])]

    def _next(self, tier: str, ids: list[str], places: int) -> list[str]:
        start = bisect_right(ids, self.turn.get(tier, ""))
        batch = [*ids[start:], *ids[:start]][:places]
        if batch:
            self.turn[tier] = batch[-1]
        return batch

    def forget_all_but(self, threads: Sequence[KnownThread]) -> None:
        """Drop denied threads that we no longer have, so that the cursor does not grow for ever."""
        self.gone &= {thread.external_id for thread in threads}


def tier_of(age: timedelta) -> str:
    """Name the tier of a thread by the time since something last happened in it."""
    if age < HOT:
        return "hot"
    return "warm" if age < WARM else "cold"


def _counts(value: Any) -> dict[str, int]:
    return {key: count for key, count in _dict(value).items() if isinstance(count, int)}


def _dict(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
