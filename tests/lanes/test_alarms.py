"""Somebody is told of what is urgent within a minute, whatever the hour, and not of what was written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest
from django.db import connection

from accounts.models import NoticeSettings, Shift
from inbox import actions, ingest
from inbox.incoming import places, sorting
from inbox.models import Conversation, LaneChange
from inbox.telling import alarms
from tests.factories import ChannelFactory, UserFactory

pytestmark = pytest.mark.django_db
Write = Callable[..., Conversation]
SATURDAY = datetime(2026, 11, 21, 21, 10, tzinfo=UTC)  # 22.10 in Stockholm
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
THREAT = "Vi vet var ni bor"


def on_call(name: str = "Jour Joursson", **more: Any) -> Any:
    person = UserFactory(name=name, role="on_call")
    hours = {"starts_at": SATURDAY - HOUR, "ends_at": SATURDAY + 12 * HOUR}
    Shift.objects.create(user=person, kind="on_call", **hours, **more)
    return person


def test_who_is_on_call_is_told_on_saturday_night_in_neutral_words(write: Write, mailoutbox: list[Any]) -> None:
    person = on_call()
    NoticeSettings.objects.create(user=person, quiet_from="20:00", quiet_until="07:00")
    row = write(THREAT, at=SATURDAY)
    assert alarms.send(SATURDAY + MINUTE) == 1
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([person.email], "Gensvar: 1 akut i Inkorgen")
    assert "vy=urgent" in mail.body
    assert "du har jour" in mail.body
    for secret in (THREAT, "bor", str(row.contact), row.channel.name):
        assert secret not in mail.body


def test_it_is_told_once(write: Write, mailoutbox: list[Any]) -> None:
    on_call()
    write(THREAT, at=SATURDAY)
    assert [alarms.send(SATURDAY + n * MINUTE) for n in (1, 2, 3)] == [1, 0, 0]
    assert len(mailoutbox) == 1


def test_a_storm_is_one_message_and_what_comes_at_once_after_it_the_next(write: Write, mailoutbox: list[Any]) -> None:
    on_call()
    for _ in range(3):
        write(THREAT, at=SATURDAY)
    alarms.send(SATURDAY + MINUTE)
    write(THREAT, at=SATURDAY + MINUTE)
    assert alarms.send(SATURDAY + MINUTE + timedelta(seconds=35)) == 0
    assert alarms.send(SATURDAY + 2 * MINUTE) == 1
    assert [mail.subject for mail in mailoutbox] == ["Gensvar: 3 akuta i Inkorgen", "Gensvar: 1 akut i Inkorgen"]


def test_without_a_roster_the_responsible_one_is_told(write: Write, mailoutbox: list[Any]) -> None:
    owner = UserFactory()
    channel = ChannelFactory(owner=owner)
    write(THREAT, at=SATURDAY, thread__channel=channel)
    alarms.send(SATURDAY + MINUTE)
    assert mailoutbox[0].to == [owner.email]


def test_a_roster_for_another_account_does_not_help_this_one(write: Write, mailoutbox: list[Any]) -> None:
    on_call(channel=ChannelFactory())
    owner = UserFactory()
    write(THREAT, at=SATURDAY, thread__channel=ChannelFactory(owner=owner))
    alarms.send(SATURDAY + MINUTE)
    assert mailoutbox[0].to == [owner.email]


def test_what_nobody_has_looked_at_after_ten_minutes_is_told_to_more(write: Write, mailoutbox: list[Any]) -> None:
    on_call()
    deputy = UserFactory()
    channel = ChannelFactory(owner=UserFactory(), deputy=deputy)
    row = write(THREAT, at=SATURDAY, thread__channel=channel)
    alarms.send(SATURDAY + MINUTE)
    assert alarms.send(SATURDAY + 10 * MINUTE) == 0
    assert alarms.send(SATURDAY + 12 * MINUTE) == 2
    assert [deputy.email] in [mail.to for mail in mailoutbox]
    assert "Ingen har tittat" in mailoutbox[-1].body
    assert alarms.send(SATURDAY + 30 * MINUTE) == 0
    assert row.lane == 1


def test_what_has_been_seen_is_not_told_again(write: Write, mailoutbox: list[Any]) -> None:
    person = on_call()
    row = write(THREAT, at=SATURDAY, thread__channel=ChannelFactory(owner=UserFactory()))
    alarms.send(SATURDAY + MINUTE)
    actions.mark_seen(row.pk, by=person, now=SATURDAY + 2 * MINUTE)
    assert alarms.send(SATURDAY + 20 * MINUTE) == 0


def test_what_a_person_moved_there_or_away_wakes_nobody(write: Write, mailoutbox: list[Any]) -> None:
    person = on_call()
    moved = write("Hej", at=SATURDAY)
    sorting.move(moved.pk, 1, by=person, now=SATURDAY)
    away = write(THREAT, at=SATURDAY)
    sorting.move(away.pk, 9, by=person, now=SATURDAY)
    write("Livsfarliga farthinder", at=SATURDAY)
    assert alarms.send(SATURDAY + MINUTE) == 0
    assert not LaneChange.objects.filter(alarmed_at=None, lane=1).exists()


def test_a_mail_server_that_is_away_is_tried_again(write: Write, mailoutbox: list[Any], settings: Any) -> None:
    on_call()
    write(THREAT, at=SATURDAY)
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "tests.lanes.test_alarms.Away"
    assert alarms.send(SATURDAY + MINUTE) == 0
    settings.EMAIL_BACKEND = backend
    assert alarms.send(SATURDAY + 2 * MINUTE) == 1


def test_a_threat_that_its_author_took_back_wakes_nobody(write: Write, mailoutbox: list[Any]) -> None:
    on_call()
    row = write(THREAT, at=SATURDAY)
    row.items.update(deleted_at=SATURDAY, unsettled=True)
    places.refresh_previews({row.pk})
    ingest.settle([row.thread_id], SATURDAY)
    assert alarms.send(SATURDAY + MINUTE) == 0


@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_tell_it_once(write: Write, mailoutbox: list[Any]) -> None:
    on_call()
    write(THREAT, at=SATURDAY)
    with psycopg2.connect(**connection.get_connection_params()) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [alarms.LOCK])
        assert alarms.send(SATURDAY + MINUTE) == 0
        cursor.execute("SELECT pg_advisory_unlock(%s)", [alarms.LOCK])
    assert alarms.send(SATURDAY + MINUTE) == 1
    assert len(mailoutbox) == 1


class Away:
    """A mail server that nobody can reach."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def send_messages(self, messages: list[Any]) -> int:
        raise ConnectionRefusedError
