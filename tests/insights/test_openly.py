"""*Så snabbt svarar vi*: counted for everybody, seldom, and said plainly where there is too little."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from inbox.models import ReplyCycle
from insights import openly
from sla import policies
from tests.insights import histories
from tests.insights.recount import Raw, Rule, start_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    cache.delete_many([openly.KEY, openly.LOCK])
    yield
    cache.delete_many([openly.KEY, openly.LOCK])


def test_it_counts_the_last_thirty_working_days() -> None:
    first = openly.first_day(policies.policy(), date(2026, 11, 24))
    days = [first + n * timedelta(days=1) for n in range((date(2026, 11, 24) - first).days)]
    assert sum(not Rule().is_off(day) for day in days) == 30 and not Rule().is_off(first)


def test_the_figures_are_those_of_a_recount(now: datetime) -> None:
    channels = histories.channels()
    histories.make(41, channels, now, size=150, weeks=5)
    found, raw, every = openly.count(now), Raw(now), {channel.pk for channel in channels}
    start, end = start_of(found.start), start_of(found.end)
    lengths = raw.minutes(raw.ids("first_answer_weekday", start, end, every))
    assert found.answers == len(lengths) >= 20
    assert found.median == next(n for place, n in enumerate(lengths, 1) if 2 * place >= len(lengths))
    assert found.owed == len(raw.ids("owed", start, end, every))
    assert found.kept == len(raw.ids("kept", start, end, every))


def test_everybody_reads_it_without_signing_in_and_may_keep_it(client: Client, now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        histories.make(42, histories.channels(), now, size=150, weeks=5)
        page, data = client.get("/sa-snabbt-svarar-vi/"), client.get("/sa-snabbt-svarar-vi.json")
    assert "Vi svarar oftast inom" in page.content.decode()
    assert "max-age" in page["Cache-Control"] and not page.cookies
    assert data.json()["median_minutes"] > 0 and data.json()["answers"] >= 20
    assert data["Access-Control-Allow-Origin"] == "*"


def test_with_fewer_than_twenty_answers_it_says_too_few(client: Client, now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        histories.make(43, histories.channels(), now, size=5, weeks=4)
        data = client.get("/sa-snabbt-svarar-vi.json").json()
        page = client.get("/sa-snabbt-svarar-vi/").content.decode()
    assert data["too_few"] and data["median_minutes"] is None
    assert data["text"].startswith("För få svar") and "För få svar" in page


def test_a_thousand_visitors_are_counted_for_once_an_hour(now: datetime, django_assert_num_queries: object) -> None:
    first = openly.current(now)
    ReplyCycle.objects.all().delete()
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert openly.current(now + timedelta(minutes=59)) == first
    assert openly.current(now + timedelta(minutes=61)) != first


def test_while_one_counts_the_others_show_what_was_counted_before(now: datetime) -> None:
    first = openly.current(now)
    cache.add(openly.LOCK, 1, 60)
    assert openly.current(now + timedelta(hours=5)) == first
    cache.delete(openly.KEY)
    assert openly.current(now) is None


def test_who_comes_while_it_is_counted_for_the_first_time_is_told_to_come_back(client: Client) -> None:
    cache.add(openly.LOCK, 1, 60)
    answer = client.get("/sa-snabbt-svarar-vi/")
    assert answer.status_code == 503 and answer["Retry-After"]
