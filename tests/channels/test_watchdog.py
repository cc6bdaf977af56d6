"""Surfaces that fall silent: an alarm within two intervals, one mail, one more when they speak again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from accounts.models import Channel, Surface
from inbox.incoming import reading, watchdog
from tests.factories import ChannelFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def read(
    at: datetime, *, channel: Channel | None = None, name: str = "comments", new: datetime | None = None
) -> Surface:
    channel = channel or ChannelFactory(owner=UserFactory(), name="Huvudkontot")
    return Surface.objects.create(channel=channel, name=name, last_success_at=at, last_new_at=new)


@pytest.mark.parametrize(
    ("news", "longest"), [(timedelta(hours=1), 10 * MINUTE), (timedelta(hours=9), 10 * MINUTE), (None, 30 * MINUTE)]
)
def test_silence_is_an_alarm_after_two_intervals_and_not_before(news: timedelta | None, longest: timedelta) -> None:
    surface = read(NOW - longest, new=NOW - news if news else None)
    assert not watchdog.is_silent(surface, NOW) and reading.health(NOW).is_well
    assert watchdog.is_silent(surface, NOW + MINUTE) and reading.health(NOW + MINUTE).failing


def test_silence_is_mailed_once_to_the_owner_and_so_is_recovery() -> None:
    surface = read(NOW - timedelta(hours=1))
    assert [watchdog.watch(NOW)["silent"], watchdog.watch(NOW + MINUTE)["silent"]] == [1, 0]
    Surface.objects.filter(pk=surface.pk).update(last_success_at=NOW + 2 * MINUTE)
    assert [watchdog.watch(NOW + 3 * MINUTE)["recovered"], watchdog.watch(NOW + 4 * MINUTE)["recovered"]] == [1, 0]
    assert [each.to for each in mail.outbox] == [[surface.channel.owner.email]] * 2
    assert "kan inte läsas" in mail.outbox[0].subject and "läses igen" in mail.outbox[1].subject


def test_a_second_silence_is_told_of_again() -> None:
    surface = read(NOW - timedelta(hours=1))
    watchdog.watch(NOW)
    Surface.objects.filter(pk=surface.pk).update(last_success_at=NOW + MINUTE)
    watchdog.watch(NOW + 2 * MINUTE)
    assert watchdog.watch(NOW + timedelta(hours=2))["silent"] == 1


def test_all_surfaces_of_a_channel_come_in_one_mail() -> None:
    surface = read(NOW - timedelta(hours=1))
    read(NOW - timedelta(hours=2), channel=surface.channel, name="messages")
    assert watchdog.watch(NOW)["silent"] == 1
    assert "Kommentarer" in mail.outbox[0].body and "Meddelanden" in mail.outbox[0].body


def test_a_surface_that_was_never_read_is_silent_too() -> None:
    surface = read(NOW)
    Surface.objects.update(last_success_at=None)
    Channel.objects.update(created_at=NOW - timedelta(hours=1))
    surface.refresh_from_db()
    assert watchdog.watch(NOW)["silent"] == 1


def test_an_alarm_of_one_surface_says_which_and_of_all_says_none() -> None:
    comments = read(NOW)
    read(NOW - timedelta(hours=2), channel=comments.channel, name="messages")
    (channel,) = reading.health(NOW).failing
    assert channel.parts == ["messages"]
    (channel,) = reading.health(NOW + timedelta(hours=2)).failing
    assert channel.parts == []


def test_a_dead_key_is_told_of_as_such_and_not_as_silence_too() -> None:
    surface = read(NOW - timedelta(hours=1))
    surface.channel.credential.dead_since = NOW
    surface.channel.credential.save()
    told = watchdog.watch(NOW)
    assert (told["dead"], told["silent"]) == (1, 0)


@pytest.mark.parametrize("status", [Channel.Status.PAUSED, Channel.Status.CLOSED])
def test_a_channel_that_is_not_in_use_is_allowed_its_silence(status: str) -> None:
    surface = read(NOW - timedelta(hours=1))
    Channel.objects.filter(pk=surface.channel_id).update(status=status)
    assert watchdog.watch(NOW)["silent"] == 0


def test_without_anybody_responsible_the_administrators_are_told() -> None:
    mona = UserFactory(role="admin")
    read(NOW - timedelta(hours=1), channel=ChannelFactory())
    watchdog.watch(NOW)
    assert [each.to for each in mail.outbox] == [[mona.email]]
