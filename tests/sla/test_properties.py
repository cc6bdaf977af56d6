"""The clock against a walk minute by minute, on policies that nobody would write; and what must hold of any policy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sla.calendar import moment, offsets
from sla.clock import Policy, budget, due_at, due_soon_at, elapsed, remaining, staffed_step
from sla.explain import explain
from sla.policyfile import policy_from_json
from tests.sla.oracle import Oracle
from tests.sla.policies import SE24_POLICY

Situation = tuple[dict[str, Any], datetime, datetime]  # a policy, an arrival, a now
TICK = timedelta(microseconds=1)
ZONES = (
    *("Europe/Stockholm", "UTC", "America/New_York", "America/Sao_Paulo", "America/St_Johns", "America/Havana"),
    *("Asia/Beirut", "Asia/Kathmandu", "Africa/Cairo", "Africa/Casablanca", "Pacific/Apia", "Australia/Lord_Howe"),
)
minutes_of_day = st.one_of(st.sampled_from([0, 60, 120, 135, 150, 180, 480, 720, 990]), st.integers(0, 1439))
lengths = st.sampled_from([0, 1, 999_999, 59_999_999, 60_000_000, 12_600_000_000, 200_000_000_001])


@st.composite
def windows(draw: st.DrawFn) -> list[str]:
    start = draw(minutes_of_day)
    end = draw(st.one_of(st.just(1440), st.integers(start + 1, 1440)))
    return [f"{minute // 60:02}:{minute % 60:02}" for minute in (start, end)]


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """A policy, an arrival and a now, near each other and often near a clock change."""
    tz = draw(st.sampled_from(ZONES))
    year = draw(st.integers(2001, 2059) | st.sampled_from([2010, 2011, 2018, 2026]))
    changes = [moment(end) for _, end, _ in offsets(tz, year)[:-1]]
    anywhere = st.integers(0, 364).map(lambda day: datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day))
    base = draw(st.sampled_from(changes) | anywhere if changes else anywhere)

    def near(days: int) -> datetime:
        minutes = draw(st.integers(-1440 * days, 1440 * days))
        return base + timedelta(minutes=minutes, microseconds=draw(lengths))

    def day() -> str:
        return near(6).astimezone(ZoneInfo(tz)).date().isoformat()

    def pause() -> list[str]:
        start = near(3)
        written_in = timezone(timedelta(hours=draw(st.integers(-11, 13))))
        return [t.astimezone(written_in).isoformat() for t in (start, start + timedelta(microseconds=draw(lengths)))]

    some = st.lists(windows(), max_size=3)
    times = draw(st.integers(0, 2))
    policy = {
        "id": "any",
        "tz": tz,
        "target_s": draw(st.sampled_from([0.000001, 1, 3600, 28_800, 86_400]) | st.integers(1, 90_000)),
        "due_soon_s": draw(st.sampled_from([0, 0.000001, 900, 14_400, 200_000])),
        # Monday keeps eight hours, so that the walk ends.
        "weekly": {**{str(n): draw(some) for n in range(1, 7)}, "0": [["08:00", "16:00"], *draw(some)]},
        "calendars": draw(st.lists(st.sampled_from(["se_public", "se_eves"]), unique=True)),
        "short_days": {day(): draw(windows())[0] for _ in range(times)},
        "extra_closed": [day() for _ in range(times)],
        "extra_open": {day(): draw(some) for _ in range(times)},
        "pauses": [pause() for _ in range(draw(st.integers(0, 3)))],
    }
    return policy, near(2), near(4)


@settings(max_examples=120, deadline=None)
@given(situations())
def test_the_clock_says_what_a_walk_minute_by_minute_finds(
    situation: Situation,
) -> None:
    source, received, now = situation
    walked, policy = Oracle(source), policy_from_json(source)
    due = walked.due_at(received)
    assert due_at(policy, received) == due
    assert due_soon_at(policy, received) == walked.due_soon_at(received)
    assert elapsed(policy, received, now) == walked.between(received, now)
    step = staffed_step(policy, received, due, policy.target / timedelta(hours=1))
    assert step is not None
    assert step == max(walked.latest_with(policy.target, due), received)


@settings(max_examples=60, deadline=None)
@given(situations())
def test_the_stretches_of_an_explanation_are_what_was_walked_and_sum_to_the_target(
    situation: Situation,
) -> None:
    source, received, _ = situation
    walked, explanation = Oracle(source), explain(policy_from_json(source), received)
    assert explanation.counted == timedelta(seconds=source["target_s"])
    edges = [received, *(each.end for each in explanation.stretches)]
    assert edges == [*(each.start for each in explanation.stretches), explanation.due_at]
    for each in explanation.stretches:
        assert walked.between(each.start, each.end) == (each.length if each.counts else timedelta())


@settings(max_examples=60, deadline=None)
@given(situations(), st.integers(0, 10**12))
def test_who_comes_later_is_never_due_earlier(situation: Situation, later_us: int) -> None:
    source, received, _ = situation
    policy, later = policy_from_json(source), received + timedelta(microseconds=later_us)
    assert due_at(policy, received) <= due_at(policy, later)
    assert due_soon_at(policy, received) <= due_soon_at(policy, later)


@settings(max_examples=60, deadline=None)
@given(situations())
def test_a_deadline_is_the_earliest_instant_at_which_the_target_has_passed(
    situation: Situation,
) -> None:
    source, received, now = situation
    policy = policy_from_json(source)
    due = due_at(policy, received)
    assert received <= due_soon_at(policy, received) <= due
    assert policy.calendar.between(received, due) == policy.target
    assert policy.calendar.between(received, due - TICK) == policy.target - TICK
    assert elapsed(policy, received, now) + remaining(policy, received, now) == budget(policy, received)


swedish_times = st.datetimes(datetime(2000, 1, 1), datetime(2060, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


def is_working(policy: Policy, instant: datetime) -> bool:
    return policy.calendar.closure(instant.astimezone(ZoneInfo("Europe/Stockholm")).date()) is None


@settings(max_examples=300, deadline=None)
@given(swedish_times)
def test_everyone_gets_exactly_one_staffed_working_day(received: datetime) -> None:
    assert SE24_POLICY.staffed is not None
    staffed = SE24_POLICY.staffed.between(received, due_at(SE24_POLICY, received))
    assert staffed == timedelta(hours=8.5)


@settings(max_examples=300, deadline=None)
@given(swedish_times)
def test_a_deadline_lies_in_working_time_and_is_24_hours_when_no_day_off_is_touched(received: datetime) -> None:
    due = due_at(SE24_POLICY, received)
    assert is_working(SE24_POLICY, due - TICK)
    if is_working(SE24_POLICY, received) and is_working(SE24_POLICY, received + timedelta(hours=24)):
        assert due - received == timedelta(hours=24)
