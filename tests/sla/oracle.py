"""An independent clock that walks minute by minute. It knows nothing of `sla/` and reads the JSON of a policy itself.

Slow and plain on purpose: an instant is open or not, and open time is what one has walked through. Holidays come from
Easter's formula and the law's own wording, not from a package. `python -m tests.sla.oracle` prints `cases.tsv`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def easter(year: int) -> date:
    """Butcher's formula for the Gregorian Easter Sunday."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _saturday_from(day: date) -> date:
    return day + timedelta(days=(5 - day.weekday()) % 7)


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Lag (1989:253) om allmänna helgdagar; Whit Monday gave way to the National Day in 2005."""
    e = easter(year)
    moving = {e - 2 * DAY, e, e + DAY, e + 39 * DAY, e + 49 * DAY}
    moving |= {_saturday_from(date(year, 6, 20)), _saturday_from(date(year, 10, 31))}
    moving.add(date(year, 6, 6) if year >= 2005 else e + 50 * DAY)
    fixed = {date(year, *md) for md in ((1, 1), (1, 6), (5, 1), (12, 25), (12, 26))}
    return frozenset(moving | fixed)


@cache
def eves(year: int) -> frozenset[date]:
    return frozenset({_saturday_from(date(year, 6, 20)) - DAY, date(year, 12, 24), date(year, 12, 31)})


class Oracle:
    """One policy, walked."""

    def __init__(self, policy: dict) -> None:
        self.policy = policy
        self.tz = ZoneInfo(policy["tz"])
        self.target = timedelta(seconds=policy["target_s"])
        self.threshold = timedelta(seconds=policy["due_soon_s"])
        self.pauses = [tuple(datetime.fromisoformat(t).astimezone(UTC) for t in p) for p in policy.get("pauses", [])]
        self._open_minutes: dict[date, frozenset[int]] = {}

    def is_closed(self, day: date) -> bool:
        named = {"se_public": public_holidays, "se_eves": eves}
        return str(day) in self.policy.get("extra_closed", []) or any(
            day in named[name](day.year) for name in self.policy.get("calendars", [])
        )

    def open_minutes(self, day: date) -> frozenset[int]:
        """Every minute of the local day at which one would find the door open."""
        if day not in self._open_minutes:
            minutes: set[int] = set()
            if not self.is_closed(day):
                for window in self.policy["weekly"].get(str(day.weekday()), []):
                    minutes |= set(range(*map(_minute, window)))
                closing = self.policy.get("short_days", {}).get(str(day), "24:00")
                minutes = {minute for minute in minutes if minute < _minute(closing)}
            for window in self.policy.get("extra_open", {}).get(str(day), []):
                minutes |= set(range(*map(_minute, window)))
            self._open_minutes[day] = frozenset(minutes)
        return self._open_minutes[day]

    def pieces(self, slot: datetime, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """The open pieces of one minute, within [start, end)."""
        local = slot.astimezone(self.tz)
        if local.hour * 60 + local.minute not in self.open_minutes(local.date()):
            return []
        pieces = [(max(slot, start), min(slot + MINUTE, end))]
        for a, b in self.pauses:
            pieces = [part for p, q in pieces for part in ((p, min(q, a)), (max(p, b), q)) if part[0] < part[1]]
        return [piece for piece in pieces if piece[0] < piece[1]]

    def forward(self, start: datetime, end: datetime | None = None) -> Iterator[tuple[datetime, datetime]]:
        start = start.astimezone(UTC)
        last = end.astimezone(UTC) if end else datetime(2100, 1, 1, tzinfo=UTC)
        slot = start.replace(second=0, microsecond=0)
        while slot < last:
            yield from self.pieces(slot, start, last)
            slot += MINUTE

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """The earliest instant at which so much open time has passed."""
        if amount <= timedelta():
            return start.astimezone(UTC)
        for a, b in self.forward(start):
            if amount <= b - a:
                return a + amount
            amount -= b - a
        raise AssertionError("walked off the calendar")

    def due_at(self, received: datetime) -> datetime:
        return self.after(received, self.target)

    def due_soon_at(self, received: datetime) -> datetime:
        return self.after(received, self.target - self.threshold)

    def between(self, start: datetime, end: datetime) -> timedelta:
        return sum((b - a for a, b in self.forward(start, end)), timedelta())

    def latest_with(self, amount: timedelta, end: datetime) -> datetime:
        """The latest instant at which so much open time was still to come before `end`."""
        end = end.astimezone(UTC)
        slot = end.replace(second=0, microsecond=0)
        while True:
            for a, b in reversed(self.pieces(slot, datetime(1990, 1, 1, tzinfo=UTC), end)):
                if amount <= b - a:
                    return b - amount
                amount -= b - a
            slot -= MINUTE


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


ALL_DAY = [["00:00", "24:00"]]
SE24 = {
    "id": "se24",
    "tz": "Europe/Stockholm",
    "target_s": 86400,
    "due_soon_s": 14400,
    "weekly": dict.fromkeys("01234", ALL_DAY),
    "calendars": ["se_public", "se_eves"],
}


def arrivals() -> Iterator[datetime]:
    """Around every day off and clock change of some years, at times of day that have each been somebody's bug."""
    times = [(0, 0, 0, 0), (0, 0, 1, 0), (2, 30, 0, 0), (9, 15, 30, 0), (15, 0, 0, 0), (23, 59, 59, 999999)]
    turn = 0
    for year in (2001, 2004, 2005, 2008, 2024, 2026, 2027, 2032, 2059):
        for off in sorted(public_holidays(year) | eves(year)):
            for day in (off - DAY, off):
                time = times[turn % len(times)]
                turn += 1
                yield datetime(day.year, day.month, day.day, *time, tzinfo=ZoneInfo("Europe/Stockholm"))
    for year in (2023, 2026, 2031):
        for change in (_last_sunday(year, 3), _last_sunday(year, 10)):
            for day, hour in ((change - 2 * DAY, 20), (change - DAY, 2), (change, 1), (change, 3), (change + DAY, 2)):
                yield datetime(day.year, day.month, day.day, hour, 30, 7, 1, tzinfo=ZoneInfo("Europe/Stockholm"))


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month + 1, 1) - DAY
    return last - timedelta(days=(last.weekday() + 1) % 7)


if __name__ == "__main__":
    walker = Oracle(SE24)
    print("received\tdue_at\tdue_soon_at")
    for received in arrivals():
        answers = (walker.due_at(received), walker.due_soon_at(received))
        print(received.isoformat(), *(each.astimezone(walker.tz).isoformat() for each in answers), sep="\t")
