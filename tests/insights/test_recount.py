"""Every figure, counted again from the raw rows: the number, its rows, the page and what is remembered all agree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest

from accounts.models import Channel, Topic
from inbox.models import Conversation, RedirectTarget, ReplyCycle
from insights import counting, figures, report, rollup
from insights.definitions import FIGURES
from insights.finding import HOURS, LANED, find, lane_key, redirect_key
from insights.models import StaleWeek, WeekCount
from insights.scope import Scope, midnight
from tests.insights import histories
from tests.insights.recount import Raw

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 23)
OPEN_KEYS = [key for key, figure in FIGURES.items() if figure.of_open]


def scopes(channels: list[Channel]) -> list[Scope]:
    return [
        Scope(MONDAY),
        Scope(MONDAY - timedelta(weeks=1)),
        Scope(MONDAY, weeks=4, channel=channels[0]),
        Scope(MONDAY - timedelta(weeks=3), weeks=13, department=channels[0].department),
        Scope(MONDAY, weeks=52),
        Scope(MONDAY, weeks=52, channel=channels[2]),
        Scope(MONDAY, weeks=52, channel=channels[2], department=channels[0].department),
        Scope(MONDAY, weeks=13, topic="Snöröjning"),
        Scope(MONDAY - timedelta(weeks=1), department=channels[0].department, topic="Simhallen"),
        Scope(date(2026, 3, 23), weeks=4),  # the clock goes forward in the last of these
    ]


def within(scope: Scope, channels: list[Channel]) -> set[int]:
    return {
        channel.pk
        for channel in channels
        if scope.channel in (None, channel) and scope.department in (None, channel.department)
    }


def differences(raw: Raw, channels: list[Channel], keys: Iterable[str]) -> list[str]:
    """Compare number, rows and recount of each figure in each scope."""
    found = []
    for scope in scopes(channels):
        shown = report.of(scope, raw.now)
        for key in keys:
            figure = find(key)
            assert figure is not None
            asked = scope.line() if key in HOURS else scope
            again = raw.ids(key, asked.start, asked.end, within(scope, channels), scope.topic)
            rows = set(figures.rows(figure, asked, raw.now).values_list("pk", flat=True))
            number = _shown(shown, key)
            if again != rows or number != len(again):
                found.append(f"{key} {scope}: recount {len(again)}, rows {len(rows)}, number {number}")
    return found


def _shown(shown: report.Report, key: str) -> int:
    if key in FIGURES:
        return shown.number(key).count
    if key in HOURS:
        return shown.arrivals[HOURS[key]]
    laned = [number for lane in shown.lanes for number in (lane.total, *lane.left)]
    return next((number.count for number in [*shown.redirects, *laned] if number.figure.key == key), 0)


@pytest.mark.parametrize("seed", range(2))
def test_every_number_is_that_of_its_rows_and_of_a_recount(seed: int, now: datetime) -> None:
    now += seed * timedelta(days=3, hours=11)  # on a working day, and on a Friday night when the clock is about to stop
    channels = histories.channels()
    histories.make(seed, channels, now)
    assert differences(Raw(now), channels, FIGURES) == []


def test_every_hour_of_arrival_is_that_of_its_rows_and_of_a_recount(now: datetime) -> None:
    channels = histories.channels()
    histories.make(7, channels, now, size=60)
    assert differences(Raw(now), channels, [*HOURS][::11]) == []


def test_every_place_that_was_pointed_to_has_its_number_and_its_rows(now: datetime) -> None:
    channels = histories.channels()
    histories.make(8, channels, now)
    keys = [redirect_key(target) for target in (None, *RedirectTarget.objects.values_list("pk", flat=True))]
    assert differences(Raw(now), channels, keys) == []
    assert len(report.of(Scope(MONDAY, weeks=52), now).redirects) == 3


def test_what_is_open_by_lane_and_time_left_is_that_of_its_rows_and_of_a_recount(now: datetime) -> None:
    channels = histories.channels()
    histories.make(9, channels, now)
    assert differences(Raw(now), channels, LANED) == []


def test_what_waits_in_a_conversation_that_is_closed_after_all_is_counted_too(now: datetime) -> None:
    channels = histories.channels()
    histories.make(18, channels, now, size=60)
    open_ones = Conversation.objects.filter(cycles__ended_at=None, cycles__kind="first")
    Conversation.objects.filter(pk__in=list(open_ones.values_list("pk", flat=True)[::2])).update(
        status="closed", lane=1
    )
    assert differences(Raw(now), channels, [*OPEN_KEYS, lane_key("open_first", 1)]) == []


def test_an_account_tells_of_what_fell_due_there_in_running_and_remembered_weeks(now: datetime) -> None:
    channels = histories.channels()
    histories.make(19, channels, now)
    scope, raw = Scope(MONDAY, weeks=4), Raw(now)
    again = {
        channel.pk: {
            key: n for key in ("owed", "kept") if (n := len(raw.ids(key, scope.start, scope.end, {channel.pk})))
        }
        for channel in channels
    }
    for _time in range(2):
        found = counting.numbers(scope, now).by_channel
        assert {pk: dict(counter) for pk, counter in found.items()} == {pk: n for pk, n in again.items() if n}
        rollup.refresh(now)


def test_an_answer_that_was_promised_is_told_in_the_week_in_which_it_came(now: datetime) -> None:
    channels = histories.channels()
    histories.make(20, channels, now)
    raw, every = Raw(now), {channel.pk for channel in channels}
    apart = {MONDAY, MONDAY - timedelta(weeks=2)}  # what was answered in the week between is in neither
    counted = counting.count(apart, now, by_channel=False)
    assert {monday for monday, _channel in counted} == apart
    for monday in apart:
        came = raw.ids("first_answer", midnight(monday), midnight(monday + timedelta(weeks=1)), every)
        assert counted[monday, None]["first_answer"] == len(came) > 0


def test_what_people_ask_about_is_that_of_its_rows_and_the_change_that_of_the_weeks_before(now: datetime) -> None:
    channels = histories.channels()
    histories.make(10, channels, now, weeks=9)
    scope, raw, every = Scope(MONDAY, weeks=4), Raw(now), {channel.pk for channel in channels}
    for topic in report.of(scope, now).topics:
        named = scope.only(topic=topic.name)
        came = raw.ids("arrived", scope.start, scope.end, every, topic.name)
        before = raw.ids("arrived", scope.before().start, scope.start, every, topic.name)
        rows = figures.rows(FIGURES["arrived"], named, now)
        assert (topic.number.count, topic.change) == (len(came), len(came) - len(before))
        assert set(rows.values_list("pk", flat=True)) == came
    assert {topic.name for topic in report.of(scope, now).topics} == {"Snöröjning", "Simhallen"}


def test_remembered_weeks_give_the_same_numbers(now: datetime) -> None:
    channels = histories.channels()
    histories.make(11, channels, now)
    before = [_plain(counting.numbers(scope, now)) for scope in scopes(channels)]
    assert rollup.refresh(now)
    assert not StaleWeek.objects.filter(monday__lt=MONDAY).exists()
    after = [_plain(counting.numbers(scope, now)) for scope in scopes(channels)]
    assert after == before


def _plain(numbers: counting.Numbers) -> list[dict[object, object]]:
    """Without what is nought: a week without anything may be there or not."""
    each = (numbers.by_week, numbers.by_channel, numbers.each_spread())
    return [{key: +counter for key, counter in counters.items() if +counter} for counters in each]


def test_a_change_in_a_remembered_week_shows_at_once(now: datetime) -> None:
    channels = histories.channels()
    histories.make(12, channels, now, size=60)
    rollup.refresh(now)
    old = ReplyCycle.objects.filter(due_at__lt=now - timedelta(weeks=4), ended_at=None).first()
    assert old is not None
    ReplyCycle.objects.filter(pk=old.pk).update(ended_at=old.due_at, outcome="answered")
    ReplyCycle.objects.filter(outcome="no_reply").first().delete()  # type: ignore[union-attr]
    ReplyCycle.objects.filter(outcome="redirected").update(fetched_late=True)
    changed = ("kept_answered", "late_fetched", "without", "redirected", "arrived", "first_answer")
    assert differences(Raw(now), channels, changed) == []
    rollup.refresh(now)
    assert differences(Raw(now), channels, changed) == []


def test_a_topic_that_is_given_later_or_deleted_shows_at_once_in_a_remembered_week(now: datetime) -> None:
    channels = histories.channels()
    histories.make(21, channels, now, size=60)
    rollup.refresh(now)
    some = list(Conversation.objects.filter(topic__tag=None).values_list("pk", flat=True))
    Conversation.objects.filter(pk__in=some[::2]).update(topic=Topic.objects.get(tag="bad"))
    Topic.objects.get(tag="plogning").delete()
    scope, raw = Scope(MONDAY, weeks=52), Raw(now)
    for _time in range(2):
        shown = {topic.name: topic.number.count for topic in report.of(scope, now).topics}
        every = {channel.pk for channel in channels}
        assert shown == {name: len(raw.ids("arrived", scope.start, scope.end, every, name)) for name in shown}
        assert min(shown.values()) > 5
        assert rollup.refresh(now) or _time


def test_moving_the_next_notice_makes_no_week_stale(now: datetime) -> None:
    histories.make(13, histories.channels(), now, size=20)
    rollup.refresh(now)
    StaleWeek.objects.all().delete()
    ReplyCycle.objects.update(next_step_at=now)
    assert not StaleWeek.objects.exists()


def test_a_week_is_remembered_only_once_it_is_over(now: datetime) -> None:
    histories.make(14, histories.channels(), now, size=60)
    rollup.refresh(now)
    assert not WeekCount.objects.filter(monday__gte=MONDAY).exists()
    rollup.refresh(midnight(MONDAY + timedelta(weeks=1)))
    assert WeekCount.objects.filter(monday=MONDAY).exists()


def test_the_nightly_check_finds_a_count_that_is_wrong_and_has_it_mended(now: datetime) -> None:
    histories.make(15, histories.channels(), now)
    rollup.refresh(now)
    assert rollup.check(now) == []
    wrong = WeekCount.objects.filter(channel__isnull=False).exclude(counts={}).order_by("monday").last()
    assert wrong is not None
    WeekCount.objects.filter(pk=wrong.pk).update(counts={"kept": 999})
    assert rollup.check(now) == [wrong.monday]
    rollup.refresh(now)
    assert rollup.check(now) == []


@pytest.mark.parametrize("kind", ["weekday", "dayoff", ""])
def test_median_and_nine_of_ten_are_those_of_the_sorted_answers(kind: str, now: datetime) -> None:
    channels = histories.channels()
    histories.make(16, channels, now)
    scope, raw = Scope(MONDAY, weeks=13), Raw(now)
    key = f"first_answer_{kind}" if kind else "first_answer"
    lengths = raw.minutes(raw.ids(key, scope.start, scope.end, within(scope, channels)))
    spread = counting.lengths(counting.numbers(scope, now).spread_of(scope))
    assert len(lengths) > 5
    for percent in (1, 50, 90, 100):
        enough = next(length for n, length in enumerate(lengths, 1) if 100 * n >= percent * len(lengths))
        assert counting.within_minutes(spread[kind], percent) == enough


def test_kept_and_late_are_all_that_was_owed_and_the_parts_of_kept_are_all_of_it(now: datetime) -> None:
    histories.make(17, histories.channels(), now)
    n = report.of(Scope(MONDAY, weeks=52), now).counts
    assert n["kept"] + n["late"] == n["owed"] > 0
    assert n["kept_answered"] + n["kept_redirected"] + n["kept_holding"] == n["kept"] > 0
    assert n["late_ours"] + n["late_fetched"] == n["late"] > 0
    assert n["promises_kept"] + n["promises_broken"] == n["promises_due"] > 0
    assert sum(n[key] for key in FIGURES if key.startswith("without-")) == n["without"] > 0
