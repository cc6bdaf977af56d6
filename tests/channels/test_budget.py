"""Quota and money: shared, planned, kept for replies, and shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import channels
from accounts.models import Channel, Role
from inbox import poll
from inbox.incoming import budget, reading
from inbox.incoming.schedule import PACES
from inbox.models import Outgoing, Spend
from tests.channels.conftest import Admin, Town
from tests.factories import ChannelFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def x_left(remaining: int, minutes: int = 10) -> budget.Left:
    quota = {"limit": 300, "remaining": remaining, "reset": int((NOW + minutes * MINUTE).timestamp())}
    return budget.left(ChannelFactory(platform="twitter"), quota, "k", NOW)


def youtube(count: int, *, used: float = 0, rounds: int = 0) -> budget.Left:
    token = {"client_id": "en-app", "refresh_token": "x"}
    rows = [ChannelFactory(platform="youtube", token=token) for _ in range(count)]
    for row in rows:
        row.surfaces.create(name="comments")
    key = budget.key_of(rows[0], token)
    Spend.objects.create(platform="youtube", key=key, day=budget.day_of("youtube", NOW), amount=used, rounds=rounds)
    return budget.left(rows[0], {}, key, NOW)


def wait(remains: budget.Left, usual: timedelta = MINUTE) -> timedelta:
    return budget.next_poll(usual, remains, NOW) - NOW


def test_with_plenty_left_the_usual_pace_holds() -> None:
    assert wait(x_left(290)) == MINUTE


def test_what_is_left_of_a_window_is_spread_over_it() -> None:
    assert wait(x_left(65)) == 2 * MINUTE  # 65 left, 60 of them kept for replies: five readings in ten minutes


@pytest.mark.parametrize("remaining", [0, 30, 60])
def test_readings_stop_at_four_fifths_until_the_window_ends(remaining: int) -> None:
    assert wait(x_left(remaining)) == 10 * MINUTE


def test_a_window_that_has_ended_holds_nothing_back() -> None:
    assert wait(x_left(0, minutes=-1)) == MINUTE


@pytest.mark.parametrize("quota", [{}, {"limit": "x"}, {"limit": 0, "remaining": 0, "reset": 0}, {"percent": None}])
@pytest.mark.parametrize("platform", ["twitter", "facebook", "instagram", "linkedin"])
def test_a_platform_that_says_nothing_sensible_holds_nothing_back(platform: str, quota: dict[str, Any]) -> None:
    assert wait(budget.left(ChannelFactory(platform=platform), quota, "k", NOW)) == MINUTE


def test_meta_is_read_more_and_more_seldom_from_half_of_its_limit_on() -> None:
    channel = ChannelFactory()
    waits = [wait(budget.left(channel, {"percent": percent}, "k", NOW)) for percent in (10, 50, 60, 70, 80, 100)]
    assert waits[:2] == [MINUTE, MINUTE] and waits == sorted(waits) and waits[-1] == budget.LONGEST


def test_fourteen_channels_share_youtubes_day() -> None:
    remains = youtube(14)
    day_left = budget.day_ends("youtube", NOW) - NOW  # one hour less than a day: midnight in California was an hour ago
    assert remains.spacing == day_left / (8000 / (14 * budget.USUAL_COST))
    assert budget.day_ends("youtube", NOW) == datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def test_youtubes_readings_wait_for_midnight_in_california_when_four_fifths_are_spent() -> None:
    remains = youtube(1, used=8000, rounds=2000)
    assert remains.share == 0.8 and wait(remains) == timedelta(hours=23)


def test_replies_on_youtube_count_too() -> None:
    before = youtube(1).share
    row = waiting_conversation(thread__channel__platform="youtube")
    item = row.items.get()
    Outgoing.objects.create(
        conversation=row, to=item, kind="answer", key="k", text="Hej", by=UserFactory(),
        status="sent", external_id="1", drawn_at=NOW, created_at=NOW, not_before=NOW, claimed_at=NOW,
    )  # fmt: skip
    assert budget.left(row.channel, {}, "annat", NOW).share == pytest.approx((before or 0) + 50 / 10_000)


def test_an_app_is_counted_once_and_pages_each_by_themselves() -> None:
    tube = [ChannelFactory(platform="youtube") for _ in range(2)]
    pages = [ChannelFactory() for _ in range(2)]
    assert len({budget.key_of(row, {"client_id": "a"}) for row in tube}) == 1
    assert len({budget.key_of(row, {"app_id": "a"}) for row in pages}) == 2
    assert "a" * 3 not in budget.key_of(tube[0], {"client_id": "a" * 3})


def test_a_pace_that_the_quota_slows_down_is_no_alarm() -> None:
    channel = ChannelFactory()
    channel.surfaces.create(name="comments", last_success_at=NOW - timedelta(hours=1), pace=timedelta(minutes=45))
    assert reading.health(NOW).is_well and reading.health(NOW + timedelta(hours=1)).failing


def test_a_poll_counts_its_calls_and_plans_the_next_from_what_is_left(town: Town, admin: Admin) -> None:
    channel = town.channel("twitter")
    admin.connect(channel)
    surface = channel.surfaces.select_related("channel").get(name="mentions")
    poll.poll_surface(surface, now=timezone.now(), holder=poll.new_holder())
    surface.refresh_from_db()
    assert surface.pace is not None and surface.next_poll_at > timezone.now() - MINUTE
    assert Spend.objects.get().calls >= 1 and Spend.objects.get().rounds == 1


def test_outside_the_sandbox_the_next_poll_waits_for_what_the_platform_gives_back(
    town: Town, admin: Admin, settings: Any
) -> None:
    channel = town.channel("twitter")
    admin.connect(channel)
    Channel.objects.filter(pk=channel.pk).update(is_sandbox=False)
    settings.PLATFORM_URLS = {**settings.PLATFORM_URLS, "twitter": town.sandbox.url}
    surface = channel.surfaces.select_related("channel").get(name="own")
    surface.channel.refresh_from_db()
    poll.poll_surface(surface, now=timezone.now(), holder=poll.new_holder())
    surface.refresh_from_db()
    assert surface.pace >= PACES[channel.platform].quiet


# The page


def page(client: Client) -> str:
    return re.sub(r"\s+", " ", client.get(reverse("quota")).content.decode())


def test_the_page_says_how_often_the_quota_lets_us_read(admin: Admin) -> None:
    token = {"client_id": "en-app", "refresh_token": "x"}
    for n in range(14):
        ChannelFactory(platform="youtube", name=f"Kanal {n}", token=token).surfaces.create(name="comments")
    shown = page(admin)
    assert re.search(r"Med 14 konton räcker kvoten till var \d+:e minut\.", shown)
    assert shown.count("<tr>") == 2 and "av 10 000 enheter" in shown


def test_the_page_says_what_x_has_cost(admin: Admin) -> None:
    channel = ChannelFactory(platform="twitter")
    key = budget.key_of(channel, channels.token_of(channel))
    budget.spent(channel, key, calls=7, amount=0.015, now=timezone.now())
    assert "0,015 USD i dag, 0,015 USD i månaden" in page(admin)


def test_the_page_says_what_is_held_and_until_when(admin: Admin) -> None:
    channel = ChannelFactory(platform="twitter")
    until = timezone.now() + timedelta(hours=2)
    channel.surfaces.create(name="own", error_code="credits_depleted", error="Krediterna är slut.", next_poll_at=until)
    assert "Väntar till" in page(admin) and "Krediterna är slut." in page(admin)


def test_the_page_keeps_the_rest_for_replies(admin: Admin) -> None:
    ChannelFactory().surfaces.create(name="comments", quota={"percent": 85})
    assert "Bara svar: resten är sparad till dem." in page(admin) and "85 %" in page(admin)


def test_the_page_stands_without_any_channel_and_with_one_that_no_key_opens(admin: Admin) -> None:
    assert "Inget konto är registrerat ännu" in page(admin)
    channel = ChannelFactory()
    channel.credential.encrypted = "skräp"
    channel.credential.save()
    assert channel.name in page(admin)


def test_everybody_with_a_role_may_see_the_page(as_role: Callable[[str], Client]) -> None:
    assert as_role(Role.READER).get(reverse("quota")).status_code == 200


@pytest.mark.parametrize(("platform", "shown"), [("twitter", True), ("facebook", False)])
def test_the_composer_says_what_a_reply_on_x_costs(
    as_role: Callable[[str], Client], platform: str, shown: bool
) -> None:
    row = waiting_conversation(thread__channel__platform=platform)
    composed = as_role(Role.COMMUNICATOR).get(reverse("inbox:conversation", args=[row.pk])).content.decode()
    assert ("ungefär 0,01 USD för svaret, 0,20 USD om det finns en länk" in composed) is shown
