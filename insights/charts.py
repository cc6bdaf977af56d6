"""Charts as SVG, drawn on the server: places and sizes are made here, the templates only set them.

Each is drawn twice, wide and narrow, and the style sheet shows the one that fits: text keeps its size on a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from insights.finding import hour_key
from insights.scope import WEEK, midnight
from insights.shares import Share

WIDE, NARROW, HEAT_WIDE = 660.0, 300.0, 560.0
LEFT, RIGHT, TOP = 46.0, 14.0, 20.0
LINE_HEIGHT, BAR_TOP, BAR_HEIGHT = 150.0, 26.0, 38.0  # the bars stand below the line, under a row for small counts
FLOORS = (90, 80, 60, 0)  # the axis begins at the highest of these under which no week falls
LEAST_BAND = 0.6  # per cent of a strip
LABEL_WIDTH = 38.0  # of "v. 47" with room around it


@dataclass(frozen=True)
class Column:
    """One week: its point on the line, unless it has too few, and its bar of how much fell due."""

    monday: date
    share: Share
    x: float
    centre: float
    width: float
    y: float | None
    bar_y: float
    bar_height: float
    is_running: bool
    has_label: bool
    query: str  # of the rows that fell due

    @property
    def bar_x(self) -> float:
        return round(self.x + self.width * 0.2, 1)

    @property
    def bar_width(self) -> float:
        return round(self.width * 0.6, 1)

    @property
    def week(self) -> int:
        return self.monday.isocalendar().week


@dataclass(frozen=True)
class Band:
    """A time in which something was not read, hatched."""

    x: float
    width: float
    name: str


@dataclass(frozen=True)
class Line:
    """Kept of owed over weeks. A week with too few is a gap in the line with its count beside it, never a guess."""

    width: float
    height: float
    columns: list[Column]
    segments: list[str]
    tail: str  # to the week that still runs, dashed
    grid: list[tuple[float, int]]
    bands: list[Band]
    left: float = LEFT
    right: float = 0.0
    top: float = TOP
    line_height: float = LINE_HEIGHT
    line_bottom: float = TOP + LINE_HEIGHT
    column_height: float = LINE_HEIGHT + BAR_TOP + BAR_HEIGHT
    base: float = TOP + LINE_HEIGHT + BAR_TOP + BAR_HEIGHT
    has_counts: bool = True  # room for the number above each bar

    @property
    def last(self) -> Column | None:
        """The newest week with a point: its value is written beside it."""
        return next((column for column in reversed(self.columns) if column.y is not None), None)

    @property
    def last_dy(self) -> int:
        """Above the point, unless the line comes down to it from above."""
        points = [column for column in self.columns if column.y is not None][-2:]
        falls = len(points) == 2 and points[0].y < points[1].y - 8
        return 18 if falls else -9

    @property
    def last_anchor(self) -> str:
        return "end" if self.last and self.last.centre > self.right - 24 else "mid"


Gaps = Sequence[tuple[str, datetime, datetime]]


def week_line(
    weeks: Sequence[tuple[date, Share]],
    *,
    now: datetime,
    width: float,
    query: Callable[[date], str],
    gaps: Gaps = (),
) -> Line:
    """Draw the weeks, oldest first; `query` gives the query string of a week's rows."""
    values = [100 * share.part / share.whole for _monday, share in weeks if not share.is_small]
    floor = next(low for low in FLOORS if all(value >= low for value in values))
    most = max((share.whole for _monday, share in weeks), default=0)
    step = (width - LEFT - RIGHT) / max(len(weeks), 1)
    every = max(1, -int(-LABEL_WIDTH // step))

    def y(percent: float) -> float:
        return round(TOP + (100 - percent) / (100 - floor) * LINE_HEIGHT, 1)

    columns = []
    for n, (monday, share) in enumerate(weeks):
        bar = round(BAR_HEIGHT * share.whole / most, 1) if most else 0.0
        columns.append(
            Column(
                monday,
                share,
                x=round(LEFT + n * step, 1),
                centre=round(LEFT + (n + 0.5) * step, 1),
                width=round(step, 1),
                y=None if share.is_small else y(100 * share.part / share.whole),
                bar_y=round(TOP + LINE_HEIGHT + BAR_TOP + BAR_HEIGHT - bar, 1),
                bar_height=bar,
                is_running=now < midnight(monday + WEEK),
                has_label=(len(weeks) - 1 - n) % every == 0,
                query=query(monday),
            )
        )
    segments, tail = _segments(columns)
    return Line(
        width=width,
        height=TOP + LINE_HEIGHT + BAR_TOP + BAR_HEIGHT + 18,
        columns=columns,
        segments=segments,
        tail=tail,
        grid=[(y(mark), mark) for mark in (floor, (floor + 100) // 2, 100)],
        bands=_bands(weeks, gaps, width),
        right=round(width - RIGHT, 1),
        has_counts=step >= LABEL_WIDTH,
    )


def _segments(columns: Sequence[Column]) -> tuple[list[str], str]:
    """Join neighbours that both have a point."""
    runs: list[list[Column]] = [[]]
    for column in columns:
        if column.y is None:
            runs.append([])
        elif column.is_running:
            break
        else:
            runs[-1].append(column)
    last_two = [column for column in columns if column.y is not None][-2:]
    tail = ""
    if len(last_two) == 2 and last_two[1].is_running and last_two[0].monday + WEEK == last_two[1].monday:
        tail = _points(last_two)
    return [_points(run) for run in runs if len(run) > 1], tail


def _points(columns: Sequence[Column]) -> str:
    return " ".join(f"{column.centre},{column.y}" for column in columns)


def _bands(weeks: Sequence[tuple[date, Share]], gaps: Gaps, width: float) -> list[Band]:
    if not weeks:
        return []
    start, end = midnight(weeks[0][0]), midnight(weeks[-1][0] + WEEK)
    bands = []
    for name, since, until in gaps:
        first, last = max(since, start), min(until, end)
        if first < last:
            x = LEFT + (first - start) / (end - start) * (width - LEFT - RIGHT)
            size = (last - first) / (end - start) * (width - LEFT - RIGHT)
            bands.append(Band(round(min(x, width - RIGHT - 3), 1), round(max(size, 3.0), 1), name))
    return bands


@dataclass(frozen=True)
class Part:
    """A piece of a bar, in per cent of its width."""

    key: str
    count: int
    x: float
    width: float


def split_bar(parts: Sequence[tuple[str, int]]) -> list[Part]:
    whole = sum(count for _key, count in parts)
    bars, x = [], 0.0
    for key, count in parts:
        size = 100 * count / whole if whole else 0.0
        if count:
            bars.append(Part(key, count, round(x, 2), round(size, 2)))
        x += size
    return bars


def bar_widths(counts: Sequence[int]) -> list[float]:
    """Give bars in per cent of the longest."""
    most = max(counts, default=0)
    return [round(100 * count / most, 2) if most else 0.0 for count in counts]


@dataclass(frozen=True)
class Strip:
    """A period of one account in per cent of its width, with the times that were not read."""

    name: str
    hours: float
    bands: list[tuple[float, float]]  # x, width


def strip(name: str, spans: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime, hours: float) -> Strip:
    """Draw what is missing; the least of it still shows."""
    bands = []
    for since, until in spans:
        first, last = max(since, start), min(until, end)
        if first < last:
            size = max(100 * ((last - first) / (end - start)), LEAST_BAND)
            bands.append((round(min(100 * ((first - start) / (end - start)), 100 - size), 2), round(size, 2)))
    return Strip(name, hours, bands)


@dataclass(frozen=True)
class Cell:
    """One hour of a weekday: a square whose area tells the number, so that it reads without colour and on paper."""

    weekday: int
    hour: int
    count: int
    query: str  # of its rows
    x: float
    y: float
    mark_x: float
    mark_y: float
    side: float
    is_unread: bool  # some week something was not read then


@dataclass(frozen=True)
class Heat:
    width: float
    height: float
    pitch: float  # from cell to cell, both ways
    size: float
    most: int
    cells: list[Cell]
    days: list[tuple[float, int]]
    hours: list[tuple[float, int]]
    office: tuple[float, float, float, float]  # x, y, width, height


HEAT_LEFT = 34.0
OFFICE_HOURS = range(8, 17)  # the hours framed in the map, and told apart in its heading
OFFICE_DAYS = range(5)


def heat_map(
    counts: dict[tuple[int, int], int],
    *,
    width: float,
    query: Callable[[str], str],
    unread: Collection[tuple[int, int]] = (),
) -> Heat:
    """Draw weekday × hour; `query` gives the query string of the rows of an hour's figure. `unread`: to be hatched."""
    pitch = (width - HEAT_LEFT - 2) / 24
    tall = max(pitch, 16.0)
    most = max(counts.values(), default=0)
    cells = []
    for weekday in range(7):
        for hour in range(24):
            count = counts.get((weekday, hour), 0)
            side = round((min(pitch, tall) - 2) * (count / most) ** 0.5, 1) if most else 0.0
            x, y = HEAT_LEFT + hour * pitch, weekday * tall
            cells.append(
                Cell(
                    weekday,
                    hour,
                    count,
                    query(hour_key(weekday, hour)),
                    round(x, 1),
                    round(y, 1),
                    round(x + (pitch - side) / 2, 1),
                    round(y + (tall - side) / 2, 1),
                    side,
                    (weekday, hour) in unread,
                )
            )
    return Heat(
        width=width,
        height=round(7 * tall + 18, 1),
        pitch=round(pitch, 1),
        size=round(tall, 1),
        most=most,
        cells=cells,
        days=[(round((weekday + 0.5) * tall + 4, 1), weekday) for weekday in range(7)],
        hours=[(round(HEAT_LEFT + hour * pitch, 1), hour) for hour in range(0, 24, 3 if pitch > 16 else 6)],
        office=(
            round(HEAT_LEFT + OFFICE_HOURS.start * pitch, 1),
            0.0,
            round(len(OFFICE_HOURS) * pitch, 1),
            round(len(OFFICE_DAYS) * tall, 1),
        ),
    )
