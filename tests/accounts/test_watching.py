"""A topic's hashtag is watched where it can be: once a platform, within Instagram's limit, and it says where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from accounts import channels, register, tasks, watching
from accounts.models import AuditEvent, Channel, Credential, Hashtag, Role, Surface, Topic, User
from tests.factories import NOW, ChannelFactory, DepartmentFactory, UserFactory

pytestmark = pytest.mark.django_db
Where = set[tuple[str, str]]


@pytest.fixture
def lars(db: None) -> User:
    user: User = UserFactory(role=Role.ADMIN, name="Lars Öman")
    return user


def topic(by: User, tag: str = "hamnen", **given: Any) -> Topic:
    made = Topic(**{"tag": tag, "name": tag.title(), "department": DepartmentFactory(), "owner": by, **given})
    register.save_topic(made, by=by, now=NOW)
    return made


def where() -> Where:
    return {(row.channel.name, row.tag) for row in Hashtag.objects.select_related("channel")}


def x(name: str = "X-kontot", **given: Any) -> Channel:
    made: Channel = ChannelFactory(platform="twitter", name=name, **given)
    return made


def instagram(name: str = "Instagram", **given: Any) -> Channel:
    made: Channel = ChannelFactory(platform="instagram", name=name, **given)
    return made


def test_a_hashtag_is_watched_by_one_account_of_each_platform_that_can(lars: User) -> None:
    (
        x("Sent", kind="topic"),
        x("Huvudkontot"),
        x("Till"),
        instagram(),
        ChannelFactory(),
        ChannelFactory(platform="youtube"),
    )
    topic(lars)
    assert where() == {("Huvudkontot", "hamnen"), ("Instagram", "hamnen")}
    assert set(Surface.objects.filter(name="hashtag:hamnen").values_list("channel__name", flat=True)) == {
        "Huvudkontot", "Instagram",
    }  # fmt: skip
    assert AuditEvent.objects.filter(action="hashtag.watched", actor=lars).count() == 2


def test_what_somebody_watches_already_is_not_watched_twice(lars: User) -> None:
    Hashtag.objects.create(channel=x("Hamnkontot", kind="topic"), tag="Hamnen")
    x("Huvudkontot")
    topic(lars)
    assert where() == {("Hamnkontot", "Hamnen")}


@pytest.mark.parametrize("state", ["paused", "closed", "relay", "no key"])
def test_an_account_that_cannot_or_should_not_watch_is_passed_over(state: str, lars: User) -> None:
    given = {"kind": "relay"} if state == "relay" else {} if state == "no key" else {"status": state}
    channel = instagram(**given)
    if state == "no key":
        Credential.objects.filter(channel=channel).delete()
    topic(lars)
    watching.watch_on(channel, by=lars, now=NOW)
    assert where() == set()


def test_another_hashtag_takes_the_place_of_the_one_before(lars: User) -> None:
    Hashtag.objects.create(channel=x(), tag="eget")
    made = topic(lars)
    made.tag = "nyahamnen"
    register.save_topic(made, by=lars, now=NOW)
    assert where() == {("X-kontot", "eget"), ("X-kontot", "nyahamnen")}
    assert not Surface.objects.filter(name="hashtag:hamnen").exists()


def test_a_topic_that_is_gone_or_has_no_hashtag_is_not_watched(lars: User) -> None:
    x()
    first, second = topic(lars), topic(lars, "badhus")
    register.remove_topic(first, by=lars, now=NOW)
    second.tag = None
    register.save_topic(second, by=lars, now=NOW)
    assert where() == set()
    assert AuditEvent.objects.filter(action="hashtag.unwatched").count() == 2


def test_what_an_admin_watched_by_hand_stays_when_the_topic_goes(lars: User) -> None:
    Hashtag.objects.create(channel=x(), tag="hamnen")
    register.remove_topic(topic(lars), by=lars, now=NOW)
    assert where() == {("X-kontot", "hamnen")}


def test_instagram_watches_thirty_and_the_page_says_which_one_had_no_room(sign_in: Callable[..., Client]) -> None:
    admin, channel = sign_in(Role.ADMIN), instagram()
    Hashtag.objects.bulk_create(Hashtag(channel=channel, tag=f"t{number}") for number in range(30))
    facts = {"tag": "hamnen", "name": "Hamn", "department": DepartmentFactory().pk, "owner": UserFactory().pk}
    page = admin.post("/register/hashtaggar/", facts, follow=True).content.decode()
    assert "#hamnen ryms inte där" in page and "bara på våra egna konton" in page
    assert not Hashtag.objects.filter(tag="hamnen").exists()


def test_a_hashtag_given_up_counts_for_seven_days(lars: User) -> None:
    channel = instagram()
    Hashtag.objects.bulk_create(Hashtag(channel=channel, tag=f"t{number}") for number in range(30))
    channels.change_channel(channel, hashtags=tuple(f"t{number}" for number in range(29)), by=lars, now=NOW)
    made = topic(lars)
    assert watching.watch(made, by=lars, now=NOW + timedelta(days=6)) == ["instagram"]
    assert watching.watch(made, by=lars, now=NOW + timedelta(days=8)) == []
    assert ("Instagram", "hamnen") in where()


def test_one_given_up_may_come_back_at_once(lars: User) -> None:
    channel = instagram()
    made = topic(lars)
    Hashtag.objects.bulk_create(Hashtag(channel=channel, tag=f"t{number}") for number in range(29))
    rest = tuple(f"t{number}" for number in range(29))
    channels.change_channel(channel, hashtags=rest, by=lars, now=NOW)
    assert watching.watch(made, by=lars, now=NOW) == [] and ("Instagram", "hamnen") in where()


def test_an_account_that_is_new_watches_what_nobody_on_its_platform_does(sign_in: Callable[..., Client]) -> None:
    admin = sign_in(Role.ADMIN)
    topic(admin.user)  # type: ignore[attr-defined]
    channel = x()
    watching.watch_on(channel, by=None, now=NOW)
    watching.watch_on(x("Till"), by=None, now=NOW)
    assert where() == {("X-kontot", "hamnen")}
    page = admin.get("/register/hashtaggar/").content.decode()
    assert f'href="/register/{channel.pk}/"' in page and "X: X-kontot" in page


def test_a_key_that_cannot_be_read_does_not_stop_a_topic_from_being_saved(lars: User) -> None:
    channel = x()
    Credential.objects.filter(channel=channel).update(encrypted="oläslig")
    topic(lars)
    assert where() == {("X-kontot", "hamnen")}


def saved_before(tag: str = "hamnen") -> Topic:
    """A topic as it stood in the register before hashtags were watched."""
    return Topic.objects.create(tag=tag, name=tag.title(), department=DepartmentFactory())


def test_what_was_saved_before_hashtags_were_watched_is_watched_by_the_sweep_once() -> None:
    x()
    saved_before(), saved_before("badhus"), Topic.objects.create(name="Utan", department=DepartmentFactory())
    assert (watching.catch_up(NOW), watching.catch_up(NOW)) == (2, 0)
    assert where() == {("X-kontot", "hamnen"), ("X-kontot", "badhus")}
    assert AuditEvent.objects.filter(action="hashtag.watched", actor=None).count() == 2


def test_the_sweep_puts_nothing_back_that_an_admin_took_off(lars: User) -> None:
    channel = x()
    topic(lars)
    saved_before("badhus")
    tasks.watch_topics()
    channels.change_channel(channel, hashtags=(), by=lars, now=NOW)
    tasks.watch_topics()
    assert where() == set()


def test_two_sweeps_at_once_watch_a_topic_once() -> None:
    x()
    stale = saved_before()
    assert watching.catch_up(NOW) == 1
    assert not watching._watch_once(stale, NOW)
    assert AuditEvent.objects.filter(action="hashtag.watched").count() == 1


def test_a_hashtag_changed_while_the_sweep_looks_is_watched_as_it_is_now(lars: User) -> None:
    x()
    stale = saved_before()
    now = Topic.objects.get(pk=stale.pk)
    now.tag = "nyahamnen"
    register.save_topic(now, by=lars, now=NOW)
    assert not watching._watch_once(stale, NOW) and where() == {("X-kontot", "nyahamnen")}


def test_a_sweep_with_nothing_to_do_asks_once(lars: User, django_assert_num_queries: Callable[..., Any]) -> None:
    x()
    topic(lars)
    with django_assert_num_queries(1):
        watching.catch_up(NOW)


def test_the_step_to_the_sweep_leaves_alone_what_a_save_has_watched(lars: User) -> None:
    channel = x()
    topic(lars)
    saved_before("badhus")
    channels.change_channel(channel, hashtags=(), by=lars, now=NOW)
    Topic.objects.update(watched_at=None)  # as it stood before the column
    step = import_module("accounts.migrations.0016_remember_which_topics_are_watched")
    step.remember(apps, None)
    watching.catch_up(NOW)
    assert where() == {("X-kontot", "badhus")}


@pytest.mark.parametrize(("state", "says"), [("active", True), ("paused", False), ("relay", False), ("none", False)])
def test_the_form_says_what_x_takes_where_an_account_there_can_watch(
    state: str, says: bool, sign_in: Callable[..., Client]
) -> None:
    if state != "none":
        x(kind="relay") if state == "relay" else x(status=state)
    instagram()
    page = sign_in(Role.ADMIN).get("/register/hashtaggar/").content.decode()
    words = "X tar ungefär 0,005 USD för varje inlägg med hashtaggen, 5,00 USD för tusen."
    assert (words in page.split('id="id_tag_helptext">')[1].split("</span>")[0]) == says


def test_who_changes_no_topic_is_told_no_price(anna: Client) -> None:
    x()
    assert "USD" not in anna.get("/register/hashtaggar/").content.decode()
