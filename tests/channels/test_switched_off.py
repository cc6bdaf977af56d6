"""A part of a channel that an admin leaves unread: not polled, no alarm, and never like an empty inbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import surfaces
from accounts.models import AuditEvent, Channel, Role, Surface, User
from config.templatetags.gensvar import is_failing
from connectors import surfaces as promises
from connectors.base import Permanent
from inbox import poll
from inbox.incoming import reading, watchdog, webhooks
from inbox.management.commands.poll import _surfaces
from inbox.showing.wire import surface_line
from insights import reading as unread
from insights.scope import Scope, monday_of
from tests.channels.conftest import Admin
from tests.channels.test_connecting import text
from tests.channels.test_watchdog import NOW, read
from tests.factories import ChannelFactory, UserFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def mona(db: None) -> User:
    user: User = UserFactory(role=Role.ADMIN, name="Mona Sand")
    return user


@pytest.fixture
def messages(mona: User) -> Surface:
    """The messages of a page, refused for three hours and switched off since."""
    channel = ChannelFactory(owner=mona, name="Huvudkontot")
    read(NOW, channel=channel)
    facts = {"failing_since": NOW - 3 * HOUR, "error_code": "permission", "error": "Behörighet saknas."}
    surface = Surface.objects.create(channel=channel, name="messages", last_success_at=NOW - 3 * HOUR, **facts)
    assert surfaces.set_off(surface, True, by=mona, now=NOW)
    surface.refresh_from_db()
    return surface


def test_what_is_switched_off_is_not_polled_until_it_is_switched_on_again(messages: Surface, mona: User) -> None:
    assert messages.name not in [each.name for each in poll.due_surfaces(NOW)]
    assert poll.poll_due(messages.pk, now=NOW) is None
    assert surfaces.set_off(messages, False, by=mona, now=NOW)
    assert messages.name in [each.name for each in poll.due_surfaces(NOW)]


def test_neither_the_command_nor_a_webhook_has_it_polled(messages: Surface) -> None:
    assert messages.name not in [each.name for each in _surfaces(None)]
    Surface.objects.filter(pk=messages.pk).update(next_poll_at=NOW + HOUR)
    webhooks.poll_next(messages.channel, NOW, {"messages"})
    messages.refresh_from_db()
    assert messages.next_poll_at == NOW + HOUR


def test_its_silence_is_no_alarm_and_its_trouble_is_forgotten(messages: Surface) -> None:
    assert watchdog.watch(NOW) == {"ending": 0, "dead": 0, "silent": 0, "recovered": 0} and not mail.outbox
    health = reading.health(NOW)
    assert health.is_well and [each.off for each in health.off] == [["messages"]]
    assert not is_failing(messages.channel)


def test_a_reading_under_way_that_fails_afterwards_is_no_alarm_either(messages: Surface) -> None:
    run = poll.Run(messages, poll.Report(messages.channel_id, messages.name), NOW, False, "x")
    run.failed(Permanent("Behörighet saknas.", code="permission"))
    assert reading.health(NOW).is_well and not is_failing(Channel.objects.get())
    assert messages.name not in [each.name for each in poll.due_surfaces(timezone.now() + HOUR)]


def test_the_figures_say_that_it_went_unread_until_it_was_switched_off(messages: Surface) -> None:
    week = Scope(monday_of(timezone.localdate(NOW)))
    _places, gaps = unread.places(week, NOW + 50 * HOUR)
    assert [(gap.since, gap.until) for gap in gaps if gap.surface == messages.name] == [(NOW - 3 * HOUR, NOW)]
    _places, gaps = unread.places(week.after(), NOW + 14 * 24 * HOUR)
    assert gaps and messages.name not in [gap.surface for gap in gaps]


def test_who_did_it_and_when_stands_in_the_trail_once(messages: Surface, mona: User) -> None:
    assert not surfaces.set_off(messages, True, by=mona, now=NOW + HOUR)
    assert surfaces.set_off(messages, False, by=mona, now=NOW + HOUR)
    events = AuditEvent.objects.filter(action__startswith="surface.o").order_by("pk")
    told = [(each.action, each.subject, each.actor_id, each.at, each.data["surface"]) for each in events]
    subject = f"channel:{messages.channel_id}"
    off = ("surface.off", subject, mona.pk, NOW, "messages")
    assert told == [off, ("surface.on", subject, mona.pk, NOW + HOUR, "messages")]


@pytest.mark.parametrize("name", ["comments", "visitor_posts"])
def test_what_a_channel_is_there_for_cannot_be_switched_off(name: str, admin: Admin) -> None:
    surface = Surface.objects.create(channel=ChannelFactory(), name=name)
    page = text(admin.post(reverse("inbox:surface_switch", args=[surface.pk]), {"av": "1"}, follow=True))
    surface.refresh_from_db()
    assert surface.off_since is None and "Ingenting ändrades" in page and "Läs inte detta" not in page


def test_only_what_a_platform_has_is_optional_and_never_all_of_it() -> None:
    for platform, names in promises.OPTIONAL.items():
        assert names < set(promises.FOUND[platform])


def test_the_page_says_that_it_is_not_read_and_lets_an_admin_read_it_again(admin: Admin) -> None:
    surface = read(timezone.now(), name="ads")
    page = text(admin.post(reverse("inbox:surface_switch", args=[surface.pk]), {"av": "1"}, follow=True))
    assert "avstängt av Mona Sand" in page and "syns inte i inkorgen" in page
    page = text(admin.post(reverse("inbox:surface_switch", args=[surface.pk]), follow=True))
    surface.refresh_from_db()
    assert surface.off_since is None and "Läses inte" not in page and "Läs inte detta" in page


def test_an_empty_inbox_says_what_is_not_read(messages: Surface, as_role: Callable[[str], Client]) -> None:
    page = text(as_role(Role.COMMUNICATOR).get(reverse("inbox:list")))
    assert "Meddelanden läses inte från Facebook (Huvudkontot): det är avstängt." in page


@pytest.mark.parametrize("role", [Role.COMMUNICATOR, Role.MANAGER, Role.READER])
def test_only_an_admin_switches(role: str, messages: Surface, as_role: Callable[[str], Client]) -> None:
    client = as_role(role)
    assert client.post(reverse("inbox:surface_switch", args=[messages.pk])).status_code == 403
    assert "Läs igen" not in text(client.get(reverse("accounts:channel", args=[messages.channel_id])))


def test_reading_now_leaves_it_alone(messages: Surface, admin: Admin) -> None:
    admin.post(reverse("inbox:poll_now", args=[messages.channel_id]))
    messages.refresh_from_db()
    assert messages.last_polled_at is None


def test_the_list_of_commands_says_that_it_is_off_and_of_others_nothing(messages: Surface) -> None:
    lines = {each.name: surface_line(each) for each in Surface.objects.select_related("channel")}
    assert lines["messages"]["off_since"] == "2026-11-24T09:00:00Z" and "off_since" not in lines["comments"]
