"""The geometry of the charts: what is drawn is what was counted, within its frame."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights import charts, gaps
from insights.facts import Unread
from insights.scope import WEEK, midnight
from insights.shares import Share

MONDAY = date(2026, 11, 23)
NOW = midnight(MONDAY) + timedelta(days=1, hours=10)
calmly = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])  # whatever else runs
shares = st.tuples(st.integers(0, 500), st.integers(0, 500)).map(lambda pair: Share(min(pair), max(pair)))


def line(values: list[Share], unread: charts.Gaps = (), width: float = charts.WIDE) -> charts.Line:
    weeks = [(MONDAY - (len(values) - 1 - n) * WEEK, share) for n, share in enumerate(values)]
    return charts.week_line(weeks, now=NOW, width=width, query=str, gaps=unread)


@calmly
@given(st.lists(shares, min_size=1, max_size=30))
def test_everything_lies_within_the_frame_and_a_higher_share_lies_higher(values: list[Share]) -> None:
    drawn = line(values)
    points = [column for column in drawn.columns if column.y is not None]
    assert all(drawn.top <= column.y <= drawn.line_bottom for column in points)  # type: ignore[operator]
    assert all(drawn.left <= column.x and column.x + column.width <= drawn.right + 0.5 for column in drawn.columns)
    assert all(column.bar_y + column.bar_height == pytest.approx(drawn.base) for column in drawn.columns)
    for one in points:
        for other in points:
            if one.share.part * other.share.whole > other.share.part * one.share.whole:
                assert one.y <= other.y  # type: ignore[operator]


@calmly
@given(st.lists(shares, min_size=2, max_size=20))
def test_a_week_with_too_few_has_no_point_and_breaks_the_line(values: list[Share]) -> None:
    drawn = line(values)
    for column in drawn.columns:
        assert (column.y is None) == column.share.is_small
    joined = {tuple(points.split()) for points in drawn.segments}
    for points in joined:
        centres = [float(point.split(",")[0]) for point in points]
        steps = [after - before for before, after in pairwise(centres)]
        assert all(step == pytest.approx(drawn.columns[0].width, abs=0.5) for step in steps)


def test_bars_are_as_high_as_what_fell_due() -> None:
    heights = [column.bar_height for column in line([Share(1, 100), Share(1, 50), Share(0, 0)]).columns]
    assert heights == [charts.BAR_HEIGHT, charts.BAR_HEIGHT / 2, 0]


def test_the_week_that_still_runs_is_joined_by_a_dashed_line_and_marked() -> None:
    drawn = line([Share(90, 100), Share(91, 100), Share(10, 10)])
    assert [column.is_running for column in drawn.columns] == [False, False, True]
    assert len(drawn.segments) == 1 and drawn.tail


def test_what_was_not_read_is_hatched_where_it_was_and_never_wider_than_the_chart() -> None:
    values = [Share(9, 10)] * 4
    start = midnight(MONDAY - 3 * WEEK)
    whole = line(values, [("allt", start - WEEK, start + 9 * WEEK)]).bands[0]
    one = line(values, [("en vecka", start + WEEK, start + 2 * WEEK)])
    short = line(values, [("en timme", start + WEEK, start + WEEK + timedelta(hours=1))]).bands[0]
    assert (whole.x, whole.width) == (charts.LEFT, pytest.approx(charts.WIDE - charts.LEFT - charts.RIGHT))
    assert (one.bands[0].x, one.bands[0].width) == (one.columns[1].x, pytest.approx(one.columns[1].width, abs=0.5))
    assert short.width == 3  # the least that can be seen
    assert line(values, [("före", start - WEEK, start)]).bands == []


@calmly
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=6))
def test_the_parts_of_a_bar_fill_it_in_their_order(counts: list[int]) -> None:
    parts = charts.split_bar([(str(n), count) for n, count in enumerate(counts)])
    assert sum(part.width for part in parts) == pytest.approx(100 if any(counts) else 0, abs=0.1)
    assert [part.key for part in parts] == [str(n) for n, count in enumerate(counts) if count]
    assert all(before.x + before.width <= after.x + 0.02 for before, after in pairwise(parts))


@calmly
@given(st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 23)), st.integers(0, 99)))
def test_the_area_of_an_hours_square_is_its_share_of_the_greatest(counts: dict[tuple[int, int], int]) -> None:
    drawn = charts.heat_map(counts, width=charts.HEAT_WIDE, query=str, unread={(0, 2)})
    most = max(counts.values(), default=0)
    full = max((cell.side for cell in drawn.cells), default=0)
    assert len(drawn.cells) == 7 * 24 and sum(cell.is_unread for cell in drawn.cells) == 1
    for cell in drawn.cells:
        assert cell.side**2 * (most or 1) == pytest.approx(full**2 * cell.count, abs=full * 0.4 * (most or 1))
        assert cell.x <= cell.mark_x and cell.mark_x + cell.side <= cell.x + drawn.pitch + 0.2


def test_a_strip_shows_each_gap_where_it_was() -> None:
    start, end = midnight(MONDAY), midnight(MONDAY + WEEK)
    spans = [(start - WEEK, start + (end - start) / 4), (end - timedelta(minutes=5), end + WEEK)]
    first, last = charts.strip("X", spans, start, end, 1.0).bands
    assert first == (0, 25)
    assert last == (100 - charts.LEAST_BAND, charts.LEAST_BAND)


def gap(since: datetime, until: datetime | None) -> Unread:
    return Unread(1, "comments", since, until)


def test_gaps_that_overlap_count_once_and_only_within_the_period() -> None:
    start, end, hour = midnight(MONDAY), midnight(MONDAY + WEEK), timedelta(hours=1)
    found = [gap(start - hour, start + 2 * hour), gap(start + hour, start + 3 * hour), gap(end - hour, None)]
    assert gaps.hours(found, start, end) == 4
    assert gaps.hours([], start, end) == 0


def test_the_hours_that_a_gap_touches_are_known_by_weekday_also_when_the_clock_goes_back() -> None:
    since = midnight(date(2026, 10, 25)) + timedelta(hours=1, minutes=50)
    found = gaps.cells([gap(since, since + timedelta(minutes=20))], since - WEEK, since + WEEK)
    assert found == {(6, 1), (6, 2)}
