"""The relay: whose week it is, the card, what goes to whom, and that nothing leaves before somebody has read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from accounts import relay
from accounts.models import AuditEvent, Baton, Channel, HouseRules, Membership, Role, User
from inbox import ingest
from inbox.house import relay_reminders, relaying
from inbox.models import Conversation, Outgoing, PendingReply
from tests.accounts.test_scopes import CHANGE, MONDAY, baton, on
from tests.factories import (
    NOW,
    ChannelFactory,
    ConversationFactory,
    ItemFactory,
    PostFactory,
    ThreadFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

WEEK_24, WEEK_26 = datetime(2026, 6, 10, 9, tzinfo=UTC), datetime(2026, 6, 24, 9, tzinfo=UTC)


@pytest.fixture
def instagram() -> Channel:
    owner = UserFactory(name="Harriet Ek", email="harriet@example.org")
    channel: Channel = ChannelFactory(kind="relay", platform="instagram", name="Jobba i Exempelby", owner=owner)
    return channel


@pytest.fixture
def elin(sign_in: Callable[..., Client]) -> Client:
    return sign_in(Role.RELAY, "Elin Holm")


def answer(client: Client, row: Conversation, text: str = "Vi ses på förskolan!") -> Any:
    form = {"verdict": "answer", "text": text, "key": f"k{row.pk}{text}", "drawn_at": NOW.isoformat()}
    return client.post(f"/k/{row.pk}/svara/", form)


def commented(channel: Channel, *, posted_at: datetime, now: datetime) -> Conversation:
    """Let a citizen write under a post of ours, as a poll stores and settles it."""
    thread = ThreadFactory(channel=channel, post=PostFactory(channel=channel, posted_at=posted_at))
    row: Conversation = ConversationFactory(thread=thread, last_item_at=now, arrived_at=now)
    ItemFactory(conversation=row, posted_at=now, fetched_at=now, unsettled=True)
    ingest.settle([thread.pk], now)
    row.refresh_from_db()
    return row


def test_a_comment_on_an_old_post_goes_to_who_held_the_baton_then_and_after_four_hours_to_the_owner(
    instagram: Channel, sign_in: Callable[..., Client]
) -> None:
    then, now_her = UserFactory(role=Role.RELAY, name="Tim Berg"), UserFactory(role=Role.RELAY, name="Elin Holm")
    baton(then, instagram, relay.monday_of(WEEK_24))
    baton(now_her, instagram, relay.monday_of(WEEK_26))
    tim = Client()
    with time_machine.travel(WEEK_26, tick=False) as clock:
        tim.force_login(then)
        row = commented(instagram, posted_at=WEEK_24, now=WEEK_26)
        assert row.assignee == then
        assert tim.get(f"/k/{row.pk}/").status_code == 200
        clock.shift(relay.OLD_POST_FOR)
        assert tim.get(f"/k/{row.pk}/").status_code == 404  # before any task has run
        assert relaying.to_owners(WEEK_26 + relay.OLD_POST_FOR) == 1
        assert relaying.to_owners(WEEK_26 + relay.OLD_POST_FOR) == 0
    row.refresh_from_db()
    assert row.assignee == instagram.owner
    changes = AuditEvent.objects.filter(action="conversation.assigned", subject=f"conversation:{row.pk}")
    assert [event.data["to"] for event in changes.order_by("id")] == [then.pk, instagram.owner_id]


def test_what_is_new_this_week_goes_to_who_holds_the_baton_and_stays_there(instagram: Channel) -> None:
    elin = UserFactory(role=Role.RELAY)
    baton(elin, instagram)
    row = commented(instagram, posted_at=NOW - timedelta(hours=1), now=NOW)
    assert row.assignee == elin
    assert relaying.to_owners(NOW + timedelta(hours=5)) == 0


def test_on_other_accounts_and_without_a_baton_nobody_is_given_anything(instagram: Channel) -> None:
    assert commented(ChannelFactory(), posted_at=NOW, now=NOW).assignee is None
    assert commented(instagram, posted_at=NOW, now=NOW).assignee is None


def test_the_inbox_of_the_account_says_whose_the_baton_is(instagram: Channel, anna: Client) -> None:
    baton(UserFactory(role=Role.RELAY, name="Elin Holm"), instagram)
    page = anna.get(f"/?konto={instagram.pk}").content.decode()
    assert "Stafettpinnen är hos Elin" in page
    assert "Förskolan" in page
    assert "Godkänt av Karin Åberg" in page
    assert "Stafettpinnen" not in anna.get("/").content.decode()


def test_whose_week_is_over_is_told_who_has_the_baton(instagram: Channel, elin: Client) -> None:
    baton(elin.user, instagram)  # type: ignore[attr-defined]
    baton(UserFactory(role=Role.RELAY, name="Omar Said"), instagram, MONDAY + timedelta(weeks=1))
    with time_machine.travel(CHANGE - timedelta(minutes=1), tick=False):
        elin.force_login(elin.user)  # type: ignore[attr-defined]
        assert "är din" in elin.get("/").content.decode()
    with time_machine.travel(CHANGE, tick=False):
        assert "Stafettpinnen är hos Omar" in elin.get("/").content.decode()


def test_the_card_is_opened_before_the_first_reply(instagram: Channel, elin: Client) -> None:
    week = baton(elin.user, instagram, card_opened_at=None)  # type: ignore[attr-defined]
    row = on(instagram)
    refused = answer(elin, row)
    assert refused.status_code == 422
    assert "Öppna överlämningskortet först" in refused.content.decode()
    card = elin.get(f"/bemanning/stafett/{week.pk}/kort/").content.decode()
    assert "1 fråga är öppen" in card
    assert card.count("<li>") >= 5 + 3 + 1
    elin.post(f"/bemanning/stafett/{week.pk}/kort/")
    assert answer(elin, row).status_code == 302


def test_the_card_blurs_hate_for_whoever_works_in_protected_mode(instagram: Channel, elin: Client) -> None:
    week = baton(elin.user, instagram)  # type: ignore[attr-defined]
    on(instagram, text="Ni är idioter hela bunten")
    url = f"/bemanning/stafett/{week.pk}/kort/"
    assert "idioter" in elin.get(url).content.decode()
    elin.post("/skydd/")
    page = elin.get(url).content.decode()
    assert "idioter" not in page and "Dolt innehåll" in page


def test_a_reply_of_the_relay_waits_and_the_citizen_sees_nothing(instagram: Channel, elin: Client) -> None:
    baton(elin.user, instagram)  # type: ignore[attr-defined]
    row = on(instagram)
    assert answer(elin, row).status_code == 302
    pending = PendingReply.objects.get()
    assert pending.text == "Vi ses på förskolan! /Elin"
    assert not Outgoing.objects.exists()
    row.refresh_from_db()
    assert row.status == "open"
    assert row.due_at is not None


def test_the_house_can_let_the_relay_answer_by_itself(instagram: Channel, elin: Client) -> None:
    HouseRules.objects.create(pk=1, relay_waits=False)
    baton(elin.user, instagram)  # type: ignore[attr-defined]
    answer(elin, on(instagram))
    assert Outgoing.objects.get().by == elin.user  # type: ignore[attr-defined]


def test_consent_is_the_persons_own_and_nobody_elses(instagram: Channel, elin: Client, anna: Client) -> None:
    week = baton(elin.user, instagram, consented_at=None)  # type: ignore[attr-defined]
    where = f"/bemanning/stafett/{week.pk}/"
    assert anna.post(f"{where}samtycke/").status_code == 404
    assert anna.get(f"{where}kort/").status_code == 404
    assert "Är du med på det?" in elin.get(f"{where}kort/").content.decode()
    elin.post(f"{where}samtycke/")
    week.refresh_from_db()
    assert week.consented_at == NOW


def test_a_week_that_is_handed_back_is_closed_at_once(instagram: Channel, elin: Client) -> None:
    week, row = baton(elin.user, instagram), on(instagram)  # type: ignore[attr-defined]
    assert elin.get(f"/k/{row.pk}/").status_code == 200
    elin.post(f"/bemanning/stafett/{week.pk}/lamna-tillbaka/")
    assert elin.get(f"/k/{row.pk}/").status_code == 404
    assert "Ingen har stafettpinnen" in elin.get("/").content.decode()


def test_whoever_plans_gives_a_week_and_with_it_the_role(instagram: Channel, sign_in: Callable[..., Client]) -> None:
    nina, planner = UserFactory(), sign_in(Role.CENTRAL, "Cia Dahl")
    Membership.objects.filter(user=nina).delete()
    form = {"channel": instagram.pk, "monday": "2026-12-07", "user": nina.pk, "workplace": "Hamnen", "manager": "Bo"}
    assert planner.post("/bemanning/stafett/", form).status_code == 302
    assert [m.role for m in nina.memberships.all()] == [Role.RELAY]
    again = planner.post("/bemanning/stafett/", form | {"user": UserFactory().pk})
    assert again.status_code == 422
    assert "Veckan har redan getts till" in again.content.decode()


def test_whoever_gets_somebody_elses_week_has_not_consented_to_it(instagram: Channel) -> None:
    week, other = baton(UserFactory(role=Role.RELAY), instagram), UserFactory(role=Role.RELAY)
    week.user = other
    relay.save(week, by=UserFactory(), now=NOW)
    week.refresh_from_db()
    assert (week.consented_at, week.card_opened_at) == (None, None)


def test_a_week_has_one_baton_and_begins_on_a_monday(instagram: Channel) -> None:
    baton(UserFactory(), instagram)
    for monday in (MONDAY, MONDAY + timedelta(days=1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            baton(UserFactory(), instagram, monday)


@pytest.mark.parametrize(
    ("moment", "monday"),
    [
        ("2026-11-29T23:58:59+01:00", "2026-11-23"),
        ("2026-11-29T23:59:00+01:00", "2026-11-30"),
        ("2026-03-29T23:59:00+02:00", "2026-03-30"),  # the clocks went forward that night
        ("2026-10-25T23:58:00+01:00", "2026-10-19"),  # and back
        ("2027-01-03T23:59:00+01:00", "2027-01-04"),
    ],
)
def test_a_week_changes_on_sunday_one_minute_before_midnight(moment: str, monday: str) -> None:
    instant = datetime.fromisoformat(moment)
    assert str(relay.monday_of(instant)) == monday
    assert relay.opens_at(relay.monday_of(instant)) <= instant < relay.closes_at(relay.monday_of(instant))


def test_on_thursday_the_next_person_is_reminded_once(instagram: Channel) -> None:
    baton(UserFactory(role=Role.RELAY, name="Omar Said"), instagram, MONDAY + timedelta(weeks=1), consented_at=None)
    thursday = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
    assert [relay_reminders.remind(at) for at in (NOW, thursday, thursday + timedelta(hours=1))] == [0, 1, 0]
    assert mail.outbox[0].subject == "Gensvar: Stafettpinnen är snart din"
    assert "Säg att du är med på det" in mail.outbox[0].body


def test_an_empty_week_is_told_to_the_owner_once_and_seen_four_weeks_ahead(instagram: Channel, anna: Client) -> None:
    for week in (0, 1, 2, 4):
        baton(UserFactory(role=Role.RELAY), instagram, MONDAY + timedelta(weeks=week))
    assert [relay_reminders.tell_of_empty_weeks(NOW) for _each in range(2)] == [1, 0]
    assert "vecka 51" in mail.outbox[0].body
    assert mail.outbox[0].to == ["harriet@example.org"]
    page = anna.get("/bemanning/").content.decode()
    assert page.count("ingen har veckan") == 1


def test_somebody_with_another_role_answers_by_that(instagram: Channel, elin: Client) -> None:
    user: User = elin.user  # type: ignore[attr-defined]
    Membership.objects.create(user=user, role=Role.COMMUNICATOR)
    assert answer(elin, on(ChannelFactory())).status_code == 302
    assert Outgoing.objects.count() == 1
    assert not Baton.objects.exists()
