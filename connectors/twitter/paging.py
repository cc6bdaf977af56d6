"""How a list of X is walked to its end, and where the next poll begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from connectors.base import Cursor
from connectors.twitter import snowflake
from connectors.twitter.mapping import Batch

MAX_PAGES = 50  # 5,000 tweets of one list in one poll: more than X shows of mentions (800) and of a timeline (3,200)
OVERLAP = timedelta(hours=24)  # read again, because X shows some mentions late; free within the same UTC day
REACH = timedelta(days=7)  # how far back X searches

End = Literal["", "end", "repeated", "too many"]


@dataclass(frozen=True, slots=True)
class Step:
    """One page. `end` says why it is the last, "" if it is not."""

    batch: Batch
    end: End


def walk(fetch: Callable[[str | None], Batch], *, max_pages: int = MAX_PAGES) -> Iterator[Step]:
    """Follow `next_token` and nothing else. Short and empty pages are legal; a page that only repeats ends the walk."""
    seen: set[str] = set()
    tokens: set[str] = set()
    token: str | None = None
    for number in range(1, max_pages + 1):
        batch = fetch(token)
        token = batch.next_token
        repeats = (number > 1 and batch.ids and seen.issuperset(batch.ids)) or token in tokens
        if repeats or token is None or number == max_pages:
            yield Step(batch, "repeated" if repeats else "end" if token is None else "too many")
            return
        yield Step(batch, "")
        seen.update(batch.ids)
        tokens.add(token)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a surface's last complete poll ended.

    `newest_id`: the highest id seen. `since_id`: the highest of those that were older than the overlap then.
    `read_at`: when that poll began, by X's clock where it says. `tells_time`: this server's ids are real snowflakes.
    `turn`: for conversations, whose turn is next among the older ones.
    """

    newest_id: str | None = None
    since_id: str | None = None
    read_at: datetime | None = None
    tells_time: bool = False
    turn: int = 0

    @classmethod
    def read(cls, cursor: Cursor) -> Mark:
        """Read a stored cursor; what is missing or odd in it is as if it had never been."""
        newest_id, since_id, turn = (cursor.get(name) for name in ("newest_id", "since_id", "turn"))
        return cls(
            newest_id=newest_id if isinstance(newest_id, str) else None,
            since_id=since_id if isinstance(since_id, str) else None,
            read_at=_moment(cursor.get("read_at")),
            tells_time=cursor.get("tells_time") is True,
            turn=turn if isinstance(turn, int) else 0,
        )

    def written(self) -> dict[str, Any]:
        """Give the cursor to store."""
        read_at = self.read_at.isoformat() if self.read_at else None
        return {**asdict(self), "read_at": read_at}

    def begin(self) -> str | None:
        """Give the `since_id` to ask with: the overlap before the last poll, None to read all there is."""
        if self.newest_id is None:
            return None
        if self.tells_time and self.read_at:
            # Made from the clock, so that in a quiet channel it does not grow older than the seven days X remembers.
            return snowflake.id_at(self.read_at - OVERLAP)
        return self.since_id

    def reaches(self, ids: Iterable[str]) -> bool:
        """Tell whether a page lies wholly behind where the last complete poll ended."""
        return self.newest_id is not None and all(_not_after(id, self.newest_id) for id in ids)

    def moved(self, ids: Iterable[str], times: Mapping[str, datetime], read_at: datetime) -> Mark:
        """Give the mark after a complete poll that saw these ids, and when the tweets of some were first posted."""
        newest = max(filter(None, (self.newest_id, *ids)), key=snowflake.order, default=None)
        before = [id for id, posted_at in times.items() if posted_at <= read_at - OVERLAP]
        since = max(filter(None, (self.since_id, *before)), key=snowflake.order, default=None)
        tells = [snowflake.tells_time(id, posted_at) for id, posted_at in times.items()]
        return replace(
            self,
            newest_id=newest,
            since_id=since,
            read_at=read_at,
            tells_time=all(tells) if tells else self.tells_time,
        )


def clock(headers: Mapping[str, str], now: datetime) -> datetime:
    """Give X's own time from an answer, or ours if that is earlier: too early only reads a little twice."""
    try:
        said = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return now
    return min(now, said if said.tzinfo else said.replace(tzinfo=UTC))


def _moment(said: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return None


def _not_after(id: str, newest: str) -> bool:
    return snowflake.order(id) <= snowflake.order(newest)
