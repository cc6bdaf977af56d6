"""What one poll leaves to the next: the cursor's content, and whose turn it is among the old threads. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Cursor, KnownThread
from connectors.youtube.mapping import moment

HOT, WARM = timedelta(hours=48), timedelta(days=30)
EVERY = {"hot": timedelta(0), "warm": timedelta(hours=1), "cold": timedelta(days=1)}  # how often each tier is swept


@dataclass(slots=True)
class Sweep:
    """How far a round through a tier has come: `after` the last thread looked at, empty between two rounds."""

    after: str = ""
    since: datetime | None = None


@dataclass(slots=True)
class Memory:
    """`newest_at`: the newest thread of the last complete poll. `videos`: the platform's count of comments by video.
    `replies`: the platform's count of replies when a thread too long to be embedded was last read. `gone`: threads the
    platform denies. `walked`: when a video's threads were last read without explaining its count.
    """

    newest_at: datetime | None = None
    videos: dict[str, int] = field(default_factory=dict)
    replies: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    walked: dict[str, datetime] = field(default_factory=dict)
    sweeps: dict[str, Sweep] = field(default_factory=lambda: {tier: Sweep() for tier in EVERY})
    video_after: str = ""

    @classmethod
    def from_cursor(cls, cursor: Cursor) -> Memory:
        """Read a cursor; what is not as expected counts as not remembered."""
        walked = {video: at for video, text in _dict(cursor.get("walked")).items() if (at := moment(text))}
        sweeps = {tier: _sweep(_dict(cursor.get("sweeps")).get(tier)) for tier in EVERY}
        gone = cursor.get("gone")
        return cls(
            newest_at=moment(cursor.get("newest_at")),
            videos=_counts(cursor.get("videos")),
            replies=_counts(cursor.get("replies")),
            gone={id for id in gone if isinstance(id, str)} if isinstance(gone, list) else set(),
            walked=walked,
            sweeps=sweeps,
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
            "sweeps": {tier: {"after": s.after, "since": _iso(s.since)} for tier, s in self.sweeps.items()},
            "video_after": self.video_after,
        }

    def due_threads(self, threads: Sequence[KnownThread], *, now: datetime, room: int) -> list[str]:
        """Take the threads whose turn it is, hot ones first, at most `room`, and remember how far that went."""
        tiers: dict[str, list[str]] = {tier: [] for tier in EVERY}
        for thread in threads:
            tiers[tier_of(now - thread.last_activity)].append(thread.external_id)
        due: list[str] = []
        for tier, ids in tiers.items():
            due += self._next(tier, sorted(ids), now=now, room=room - len(due))
        return due

    def _next(self, tier: str, ids: list[str], *, now: datetime, room: int) -> list[str]:
        if room <= 0:
            return []
        sweep = self.sweeps[tier]
        if not sweep.after:
            if sweep.since and now - sweep.since < EVERY[tier]:
                return []
            sweep.since = now
        left = [id for id in ids if id > sweep.after]
        batch = left[:room]
        sweep.after = batch[-1] if len(batch) < len(left) else ""
        return batch

    def forget_all_but(self, threads: Sequence[KnownThread]) -> None:
        """Drop denied threads that we no longer have, so that the cursor does not grow for ever."""
        self.gone &= {thread.external_id for thread in threads}


def tier_of(age: timedelta) -> str:
    """Name the tier of a thread by the time since something last happened in it."""
    if age < HOT:
        return "hot"
    return "warm" if age < WARM else "cold"


def _sweep(value: Any) -> Sweep:
    read = _dict(value)
    return Sweep(str(read.get("after") or ""), moment(read.get("since")))


def _counts(value: Any) -> dict[str, int]:
    return {key: count for key, count in _dict(value).items() if isinstance(count, int)}


def _dict(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
