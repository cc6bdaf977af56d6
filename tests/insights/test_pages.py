"""The pages of the figures: what they show, to whom, and that each number opens its rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Surface
from insights import rollup
from insights.definitions import FIGURES
from insights.finding import HOURS
from insights.models import Gap
from tests import factories
from tests.insights import histories

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(factories.UserFactory(role="reader"))
    return client


def test_the_page_says_so_when_there_is_nothing(reader: Client) -> None:
    page = reader.get(reverse("insights:promise")).content.decode()
    assert "Inget har förfallit ännu" in page
    assert "Ingen väntar på svar" in page


def test_every_link_of_the_page_opens_as_many_rows_as_its_number_says(reader: Client, now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        histories.make(3, histories.channels(), now, size=40)
        page = reader.get(reverse("insights:promise"), {"veckor": "13"}).content.decode()
        links = set(re.findall(r'<a href="(/uppfoljning/rader/[^"]*)">(\d+)</a>', page))
        assert len(links) > 30
        for address, number in sorted(links)[::5]:
            rows = reader.get(address.replace("&amp;", "&"))
            assert rows.context["page"].paginator.count == int(number), address


def test_what_a_period_is_compared_with_opens_its_rows_too(reader: Client, now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        histories.make(22, histories.channels(), now, size=80)
        asked = reader.get(reverse("insights:promise"), {"veckor": "13"})
        told = [number for each in asked.context["report"].earlier for number in (each.late, each.arrived)]
        assert len(told) == 4 and all(number.count for number in told)
        for number in told:
            assert f'?{number.query.replace("&", "&amp;")}">{number.count}</a>' in asked.content.decode()
            rows = reader.get(f"{reverse('insights:rows')}?{number.query}")
            assert rows.context["page"].paginator.count == number.count


def test_every_figure_has_a_page_of_rows(reader: Client, now: datetime) -> None:
    histories.make(4, histories.channels(), now, size=10)
    for key in (*FIGURES, next(iter(HOURS))):
        assert reader.get(reverse("insights:rows"), {"figur": key}).status_code == 200


@pytest.mark.parametrize(
    "query", ["vecka=2026-W54", "vecka=9999-W01", "veckor=7", "konto=999", "konto=x", "forvaltning=-1", "figur=nej"]
)
def test_a_query_that_cannot_be_meant_is_not_found(reader: Client, query: str) -> None:
    assert reader.get(f"{reverse('insights:rows')}?{query}").status_code == 404


def test_somebody_without_a_role_sees_no_figures(client: Client) -> None:
    user = factories.UserFactory()
    user.memberships.all().delete()
    client.force_login(user)
    assert client.get(reverse("insights:promise")).status_code == 403


@pytest.mark.parametrize("narrowed", ["", "konto", "konto forvaltning", "konto forvaltning amne"])
def test_the_page_takes_few_queries_whatever_is_asked_and_however_much_there_is(
    narrowed: str, reader: Client, now: datetime, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with time_machine.travel(now, tick=False):
        channels = histories.channels()
        histories.make(5, channels, now, size=40)
        surface = Surface.objects.create(channel=channels[0], name="comments", last_success_at=now)
        Gap.objects.create(surface=surface, since=now - timedelta(days=9), until=now - timedelta(days=8))
        rollup.refresh(now)
        asked = {"konto": channels[0].pk, "forvaltning": channels[0].department_id, "amne": "Simhallen"}
        query = {"veckor": "13", **{key: asked[key] for key in narrowed.split()}}
        with django_assert_max_num_queries(MOST_QUERIES):
            assert reader.get(reverse("insights:promise"), query).status_code == 200


def test_the_rows_are_counted_as_far_as_somebody_would_turn_over(
    reader: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insights.views.COUNTED", 3)
    with time_machine.travel(now, tick=False):
        histories.make(6, histories.channels(), now, size=30)
        page = reader.get(reverse("insights:rows"), {"figur": "arrived", "veckor": "52", "sida": "99"})
    assert "Inkomna frågor: 3+" in page.content.decode()
    assert page.context["page"].number == 1
