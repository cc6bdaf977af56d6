"""How the installation is: figures for monitors, words for people, and the nightly check that tells."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import AuditEvent, Credential, Surface
from inbox.models import Outgoing, ReplyCycle
from insights import ailments, operations, rollup, selfcheck
from insights.models import WeekCount
from tests import factories
from tests.insights import histories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ticking(now: datetime) -> None:
    cache.delete(operations.CHECKED)
    operations.note_tick(now)


def wrong(now: datetime) -> list[str]:
    return [each.what for each in ailments.of(operations.measure(now))]


def on_its_way(now: datetime, **about: Any) -> Outgoing:
    row = factories.waiting_conversation()
    wanted = {"kind": "answer", "text": "Hej", "key": f"k{row.pk}", "drawn_at": now, "created_at": now}
    wanted |= {"not_before": now, "by": factories.UserFactory(), "to": row.items.get()} | about
    return Outgoing.objects.create(conversation=row, **wanted)


def metrics(client: Client, now: datetime, **headers: str) -> dict[tuple[str, ...], float]:
    with time_machine.travel(now, tick=False):
        answer = client.get("/metrics", **headers)  # type: ignore[arg-type]
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    samples = [sample for family in families for sample in family.samples]
    return {(each.name, *(each.labels[name] for name in sorted(each.labels))): each.value for each in samples}


def test_the_figures_for_monitoring_are_those_of_the_rows(client: Client, now: datetime) -> None:
    histories.make(51, histories.channels(), now, size=40)
    on_its_way(now - timedelta(minutes=7))
    surface = Surface.objects.create(
        channel=factories.ChannelFactory(), name="comments", last_success_at=now - timedelta(minutes=5),
        next_poll_at=now - timedelta(minutes=3),
    )  # fmt: skip
    found = metrics(client, now)
    waits = ReplyCycle.objects.filter(ended_at=None, kind="first")
    assert found["gensvar_open", "first"] == waits.count() > 0
    assert found["gensvar_overdue", "first"] == waits.filter(due_at__lte=now).count() > 0
    assert found["gensvar_outbox", "queued"] == 1 and found["gensvar_outbox", "unknown"] == 0
    assert found["gensvar_outbox_oldest_seconds",] == 420
    assert found["gensvar_surface_age_seconds", str(surface.channel_id), "facebook", "comments"] == 300
    assert found["gensvar_poll_oldest_seconds",] == 180
    assert found["gensvar_tick_age_seconds",] == 0
    assert found["gensvar_queue_length", "deliver"] >= 0


@pytest.mark.parametrize("path", ["/metrics", "/drift.json"])
def test_only_monitors_are_let_in(path: str, client: Client, settings: Any) -> None:
    assert client.get(path, REMOTE_ADDR="192.0.2.7").status_code == 403
    assert client.get(path, HTTP_X_FORWARDED_FOR="127.0.0.1").status_code == 403
    settings.METRICS_TOKEN = "hemligt"
    assert client.get(path).status_code == 403
    assert client.get(path, HTTP_AUTHORIZATION="Bearer fel").status_code == 403
    assert client.get(path, HTTP_AUTHORIZATION="Bearer hemligt", REMOTE_ADDR="192.0.2.7").status_code in (200, 503)


def test_when_nothing_is_wrong_it_says_so(client: Client, now: datetime) -> None:
    assert wrong(now) == []
    client.force_login(factories.UserFactory(role="admin"))
    with time_machine.travel(now, tick=False):
        assert "Allt är i gång" in client.get("/drift/").content.decode()
        assert client.get("/drift.json").json() == {"ok": True, "wrong": []}


def test_it_says_that_the_work_has_stopped_and_what_to_do(client: Client, now: datetime) -> None:
    client.force_login(factories.UserFactory(role="admin"))
    with time_machine.travel(now + timedelta(minutes=3), tick=False):
        page, answer = client.get("/drift/").content.decode(), client.get("/drift.json")
    assert "Inget arbete sker i bakgrunden" in page and "beat och worker" in page
    assert answer.status_code == 503 and not answer.json()["ok"]


def test_it_names_what_is_stuck_unknown_silent_and_dead(now: datetime) -> None:
    on_its_way(now - timedelta(minutes=20))
    on_its_way(now, status="unknown")
    silent, dead = factories.ChannelFactory(name="Simhallen"), factories.ChannelFactory(name="Biblioteket")
    for channel in (silent, dead):
        Surface.objects.create(channel=channel, name="comments", last_success_at=now - timedelta(hours=9))
    Credential.objects.filter(channel=dead).update(dead_since=now)
    words = " ".join(wrong(now))
    assert "har väntat i 20 min" in words and "kan ha gått fram eller inte" in words
    assert "Simhallen har inte kunnat läsas" in words
    assert "Nyckeln till Biblioteket" in words and "Biblioteket har inte" not in words


def test_without_redis_it_says_so_and_still_answers(client: Client, now: datetime, settings: Any) -> None:
    settings.REDIS_URL = "unix:///finns/inte.sock"
    assert any("Redis svarar inte" in what for what in wrong(now))
    assert metrics(client, now)["gensvar_redis_up",] == 0


def test_the_nightly_check_tells_the_administrators_what_differed_and_the_next_one_that_all_is_well(
    now: datetime,
) -> None:
    admin = factories.UserFactory(role="admin")
    histories.make(52, histories.channels(), now, size=20, weeks=4)
    rollup.refresh(now)
    assert selfcheck.check_nightly(now) == [] and not mail.outbox
    row = WeekCount.objects.filter(channel__isnull=False).exclude(counts={}).earliest("monday")
    WeekCount.objects.filter(pk=row.pk).update(counts={"kept": 999})
    assert selfcheck.check_nightly(now) == [row.monday]
    assert mail.outbox[0].to == [admin.email] and selfcheck.name(row.monday) in mail.outbox[0].body
    assert AuditEvent.objects.get(action="figures.differed").data["weeks"] == [selfcheck.name(row.monday)]
    assert any("Nattens kontroll" in what for what in wrong(now))
    rollup.refresh(now)
    selfcheck.check_nightly(now)
    assert wrong(now) == []


def test_measuring_takes_a_fixed_number_of_queries(now: datetime, django_assert_max_num_queries: Any) -> None:
    histories.make(53, histories.channels(), now, size=20)
    with django_assert_max_num_queries(9):
        operations.measure(now)
