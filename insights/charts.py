"""Charts as SVG, drawn on the server: points and words are made here, the templates only set them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from insights.figures import Share

WIDTH, HEIGHT = 640, 190
LEFT, RIGHT, TOP, BOTTOM = 48, 24, 16, 28
LOWEST = (90, 80, 60, 0)  # the axis begins at the highest of these under which no week falls


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    label: str
    percent: float
    share: Share
    monday: date


@dataclass(frozen=True)
class Line:
    """A line over weeks. `segments`: runs of weeks that have a value; a week without any is a gap, never a guess."""

    points: list[Point]
    segments: list[str]
    grid: list[tuple[float, str]]
    weeks: list[tuple[float, str]]


def week_line(weeks: Sequence[tuple[date, Share]]) -> Line:
    values = {monday: 100 * share.part / share.whole for monday, share in weeks if share.whole}
    floor = next((low for low in LOWEST if all(value >= low for value in values.values())), 0)
    step = (WIDTH - LEFT - RIGHT) / max(len(weeks) - 1, 1)

    def y(percent: float) -> float:
        return round(TOP + (100 - percent) / (100 - floor) * (HEIGHT - TOP - BOTTOM), 1)

    points, segments, run = [], [], []
    for n, (monday, share) in enumerate(weeks):
        x = round(LEFT + n * step, 1)
        if monday in values:
            point = Point(x, y(values[monday]), f"v. {monday.isocalendar().week}", values[monday], share, monday)
            points.append(point)
            run.append(f"{point.x},{point.y}")
        elif run:
            segments.append(" ".join(run))
            run = []
    if run:
        segments.append(" ".join(run))
    marks = [floor, (floor + 100) // 2, 100]
    grid = [(y(mark), f"{mark} %") for mark in marks]
    names = [
        (round(LEFT + n * step, 1), f"v. {monday.isocalendar().week}")
        for n, (monday, _s) in enumerate(weeks)
        if n % 2 == 0
    ]
    return Line(points, segments, grid, names)


@dataclass(frozen=True)
class Part:
    x: float
    width: float
    key: str
    count: int


def split_bar(parts: Sequence[tuple[str, int]], width: float = 100.0) -> list[Part]:
    """Parts of a bar, in per cent of its width."""
    whole = sum(count for _key, count in parts)
    bars, x = [], 0.0
    for key, count in parts:
        size = width * count / whole if whole else 0.0
        bars.append(Part(round(x, 2), round(size, 2), key, count))
        x += size
    return bars
