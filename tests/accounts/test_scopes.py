"""How much of the inbox each role sees: a department its own, the relay its account and its week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import Baton, Channel, Membership, Role, User
from accounts.permissions import ALLOWED, Permission
from inbox import selectors
from inbox.models import Conversation
from tests.accounts.test_permissions import TOKEN
from tests.factories import NOW, ChannelFactory, DepartmentFactory, ThreadFactory, UserFactory, waiting_conversation
from tests.pages.test_permissions import views

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 23)  # of the week of NOW
CHANGE = datetime(2026, 11, 29, 22, 59, tzinfo=UTC)  # Sunday at 23.59 in Stockholm


def of_department(department: Any, name: str = "Per Lind") -> User:
    user: User = UserFactory(role=Role.DEPARTMENT, name=name)
    Membership.objects.filter(user=user).update(department=department)
    return user


def on(channel: Channel, **given: Any) -> Conversation:
    return waiting_conversation(thread=ThreadFactory(channel=channel), **given)


def baton(user: User, channel: Channel, monday: date = MONDAY, **given: Any) -> Baton:
    facts = {"workplace": "Förskolan", "manager": "Karin Åberg", "consented_at": NOW, "card_opened_at": NOW, **given}
    return Baton.objects.create(user=user, channel=channel, monday=monday, **facts)


def seen(user: User) -> set[int]:
    return set(selectors.visible_to(User.objects.get(pk=user.pk)).values_list("pk", flat=True))


@pytest.mark.parametrize("role", [role for role in Role.values if role not in (Role.DEPARTMENT, Role.RELAY)])
def test_most_roles_see_everything(role: str) -> None:
    row = waiting_conversation()
    assert seen(UserFactory(role=role)) == {row.pk}


def test_a_department_sees_its_own_and_what_nobody_has_on_the_main_accounts() -> None:
    ours, theirs = DepartmentFactory(), DepartmentFactory()
    main, topic = ChannelFactory(department=theirs), ChannelFactory(department=theirs, kind="topic")
    user = of_department(ours)
    visible = {
        on(main).pk,  # nobody's yet
        on(main, department=ours, assignee=UserFactory()).pk,
        on(topic, department=ours).pk,
        on(topic, assignee=user).pk,
        on(ChannelFactory(department=ours, kind="topic")).pk,
    }
    on(main, department=theirs)
    on(main, assignee=UserFactory())
    on(topic)
    on(ChannelFactory(department=ours, kind="topic"), department=theirs)
    assert seen(user) == visible


def test_a_department_role_for_the_whole_municipality_sees_the_whole() -> None:
    row = on(ChannelFactory(kind="topic"))
    assert seen(UserFactory(role=Role.DEPARTMENT)) == {row.pk}


def test_two_departments_are_seen_together_and_a_wider_role_wins() -> None:
    rows = [on(ChannelFactory(kind="topic")) for _each in range(3)]
    user = of_department(rows[0].channel.department)
    Membership.objects.create(user=user, role=Role.DEPARTMENT, department=rows[1].channel.department)
    assert seen(user) == {rows[0].pk, rows[1].pk}
    Membership.objects.create(user=user, role=Role.READER)
    assert len(seen(user)) == 3


def test_the_relay_sees_its_account_in_its_week_and_nothing_else() -> None:
    relay, elin = ChannelFactory(kind="relay", platform="instagram"), UserFactory(role=Role.RELAY)
    row = on(relay)
    waiting_conversation()
    on(ChannelFactory(kind="relay"))
    assert seen(elin) == set()
    baton(elin, relay)
    assert seen(elin) == {row.pk}


@pytest.mark.parametrize("lacking", [{"manager": ""}, {"consented_at": None}, {"returned_at": NOW}])
def test_without_the_managers_word_and_the_persons_own_nothing_opens(lacking: dict[str, Any]) -> None:
    relay, elin = ChannelFactory(kind="relay"), UserFactory(role=Role.RELAY)
    on(relay)
    baton(elin, relay, **lacking)
    assert seen(elin) == set()


def test_at_the_change_one_access_closes_and_the_next_opens_by_itself() -> None:
    relay = ChannelFactory(kind="relay")
    elin, omar = UserFactory(role=Role.RELAY, name="Elin Holm"), UserFactory(role=Role.RELAY, name="Omar Said")
    row = on(relay)
    baton(elin, relay)
    baton(omar, relay, MONDAY + timedelta(weeks=1))
    with time_machine.travel(CHANGE - timedelta(seconds=1), tick=False):
        assert (seen(elin), seen(omar)) == ({row.pk}, set())
    with time_machine.travel(CHANGE, tick=False):
        assert (seen(elin), seen(omar)) == (set(), {row.pk})


def test_what_was_done_with_before_the_week_is_not_seen() -> None:
    relay, elin = ChannelFactory(kind="relay"), UserFactory(role=Role.RELAY)
    baton(elin, relay)
    old = on(relay, posted_at=NOW - timedelta(days=9))
    Conversation.objects.filter(pk=old.pk).update(status="closed")
    assert seen(elin) == set()


@pytest.mark.parametrize("role", [Role.DEPARTMENT, Role.RELAY])
def test_what_exists_but_may_not_be_seen_looks_like_what_does_not_exist(
    role: str, sign_in: Callable[..., Client]
) -> None:
    hidden = on(ChannelFactory(kind="topic"))
    client = sign_in(role)
    client.user.memberships.update(department=DepartmentFactory())  # type: ignore[attr-defined]
    compared = 0
    for name, view in views():
        permission = getattr(view, "permission", None)
        if not name.startswith("inbox:") or permission is None or role not in ALLOWED[permission]:
            continue
        try:
            there, not_there = (reverse(name, kwargs={"pk": pk}) for pk in (hidden.pk, 987_654))
        except NoReverseMatch:
            continue
        if "/k/" not in there:
            continue
        for method in (client.get, client.post):
            answers = [method(url) for url in (there, not_there)]
            assert answers[0].status_code == answers[1].status_code, there
            assert answers[0].status_code in (404, 405), there
            pages = [TOKEN.sub("", answer.content.decode()).replace("987654", "") for answer in answers]
            assert pages[0].replace(f"/{hidden.pk}/", "//") == pages[1], there
            compared += 1
    assert compared > 20


def test_no_page_of_figures_is_for_those_who_see_a_part_only() -> None:
    of_figures = {name: getattr(view, "permission", None) for name, view in views() if name.startswith("insights:")}
    assert set(of_figures.values()) <= {Permission.READ_FIGURES, Permission.REGISTER}


def test_the_list_of_one_who_sees_a_part_takes_no_more_queries(
    sign_in: Callable[..., Client], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    relay = ChannelFactory(kind="relay")
    elin = sign_in(Role.RELAY)
    baton(elin.user, relay)  # type: ignore[attr-defined]
    row = on(relay)
    with django_assert_max_num_queries(12):
        assert f"/k/{row.pk}/" in elin.get("/").content.decode()


def test_nobody_can_be_given_a_conversation_who_would_not_see_it(sign_in: Callable[..., Client]) -> None:
    row, elin = waiting_conversation(), UserFactory(role=Role.RELAY, name="Elin Holm")
    answer = sign_in().post(f"/k/{row.pk}/tilldela/", {"assignee": elin.pk})
    assert answer.status_code == 422
    assert "Elin Holm får inte svara" in answer.content.decode()
