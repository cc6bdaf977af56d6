"""Who is told that a reply waits: whoever is nearest and may approve it, once, without a word of what was written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from accounts import rules
from accounts.models import ApprovalRule, Department, Membership, NoticeSettings, Role, User
from inbox import tasks
from inbox.models import Conversation, HeadsUp, PendingReply
from inbox.telling import headsup
from inbox.telling.staff import Staff
from inbox.writing import approvals, approvers
from tests.factories import NOW, UserFactory, waiting_conversation
from tests.inbox.test_approvals import _standing_still, submit

__all__ = ["_standing_still"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> Conversation:
    made = waiting_conversation(text="Hemlig fråga")
    ApprovalRule.objects.create(channel=made.channel)
    return made


@pytest.fixture
def elin() -> User:
    user: User = UserFactory(name="Elin Holm")
    return user


def asked(pending: PendingReply) -> set[str]:
    approvers.ask(NOW)
    return set(HeadsUp.objects.filter(pending=pending).values_list("person__name", flat=True))


def test_who_may_approve_is_told_once_without_a_word_of_the_reply(row: Conversation, elin: User) -> None:
    karin = UserFactory(name="Karin Lund")
    pending = submit(row, elin, "Hemligt svar")
    for _again in range(3):
        tasks.tell_colleagues()
    [letter] = mail.outbox
    assert letter.to == [karin.email]
    assert letter.subject == "Gensvar: ett svar från Elin väntar på godkännande"
    assert f"/godkanna/{pending.pk}/" in letter.body and "Elin Holm har skrivit ett svar" in letter.body
    assert not any(word in letter.body for word in ("Hemlig", "Jonas", row.channel.name))


def test_those_nearest_to_the_account_are_asked_before_everybody(row: Conversation, elin: User) -> None:
    UserFactory(name="Per Lind")
    row.channel.owner, row.channel.approver = (
        UserFactory(name="Karin Lund"),
        UserFactory(name="Bo Chef", role="manager"),
    )
    row.channel.deputy = elin
    row.channel.save()
    assert asked(submit(row, elin)) == {"Karin Lund", "Bo Chef"}


def test_where_the_nearest_may_not_approve_everybody_who_may_is_asked(row: Conversation, elin: User) -> None:
    row.channel.owner, row.channel.approver = elin, UserFactory(name="Leif Läsare", role=Role.READER)
    row.channel.deputy = UserFactory(name="Borta", is_active=False)
    row.channel.save()
    for name in ("Per Lind", "Karin Lund"):
        UserFactory(name=name)
    UserFactory(name="Nina Relä", role=Role.RELAY)
    assert asked(submit(row, elin)) == {"Per Lind", "Karin Lund"}


def test_nobody_is_told_of_what_he_or_she_may_not_see(row: Conversation, elin: User) -> None:
    other = UserFactory(name="Kultur", role=Role.DEPARTMENT)
    Membership.objects.filter(user=other).update(department=Department.objects.create(name="Kultur"))
    Conversation.objects.filter(pk=row.pk).update(department=Department.objects.create(name="Teknik"))
    assert asked(submit(row, elin)) == set()


def test_who_may_first_approve_later_is_told_then(row: Conversation, elin: User) -> None:
    pending = submit(row, elin)
    assert asked(pending) == set()
    UserFactory(name="Karin Lund")
    assert asked(pending) == {"Karin Lund"}


def test_what_is_decided_before_anybody_was_told_is_not_told(row: Conversation, elin: User) -> None:
    UserFactory()
    pending = submit(row, elin)
    approvers.ask(NOW)
    approvals.withdraw(pending.pk, by=elin, now=NOW)
    assert headsup.tell(NOW) == 0 and approvers.ask(NOW) == 0 and not mail.outbox


def test_a_reply_that_comes_back_to_be_approved_is_told_of_anew(row: Conversation, elin: User) -> None:
    karin = UserFactory(name="Karin Lund")
    first = submit(row, elin)
    tasks.tell_colleagues()
    approvals.give_back(first.pk, comment="Kortare", by=karin, now=NOW)
    submit(row, elin, "Nio.")
    tasks.tell_colleagues()
    assert len(mail.outbox) == 2


def test_quiet_hours_and_no_mail_are_respected(row: Conversation, elin: User) -> None:
    quiet, silent = UserFactory(name="Tyst"), UserFactory(name="Utan mejl")
    NoticeSettings.objects.create(user=quiet, quiet_from="09:00", quiet_until="12:00")
    NoticeSettings.objects.create(user=silent, by_mail=False)
    submit(row, elin)
    approvers.ask(NOW)
    assert headsup.tell(NOW) == 0
    assert headsup.tell(NOW + timedelta(hours=3)) == 1 and mail.outbox[0].to == [quiet.email]


def test_two_sweeps_at_once_ask_each_person_once(row: Conversation, elin: User) -> None:
    UserFactory()
    pending = submit(row, elin)
    people = approvers.of(pending, Staff(NOW))
    for _both in range(2):
        headsup.ask(people, row, HeadsUp.Kind.APPROVAL, by=elin, now=NOW, pending=pending)
    assert HeadsUp.objects.count() == 1


def away(person: User, deputy: User | None = None) -> None:
    NoticeSettings.objects.update_or_create(user=person, defaults={"absent_from": NOW.date(), "deputy": deputy})


def test_an_able_stand_in_is_told_for_who_is_away(row: Conversation, elin: User) -> None:
    owner, per = UserFactory(name="Karin Lund"), UserFactory(name="Per Lind")
    row.channel.owner = owner
    row.channel.save()
    away(owner, per)
    submit(row, elin)
    tasks.tell_colleagues()
    assert [letter.to for letter in mail.outbox] == [[per.email]]


@pytest.mark.parametrize("deputy", ["a reader", "the author", "nobody"])
def test_where_the_stand_in_may_not_approve_the_next_person_is_told(row: Conversation, elin: User, deputy: str) -> None:
    owner, chief = UserFactory(name="Karin Lund"), UserFactory(name="Bo Chef", role=Role.MANAGER)
    row.channel.owner, row.channel.approver = owner, chief
    row.channel.save()
    away(owner, {"a reader": UserFactory(role=Role.READER), "the author": elin, "nobody": None}[deputy])
    submit(row, elin)
    tasks.tell_colleagues()
    assert [letter.to for letter in mail.outbox] == [[chief.email]]


def test_where_all_near_are_away_without_an_able_stand_in_the_house_is_asked(row: Conversation, elin: User) -> None:
    row.channel.owner = UserFactory(name="Karin Lund")
    row.channel.save()
    UserFactory(name="Per Lind")
    away(row.channel.owner, UserFactory(name="Oncall Olle", role=Role.ON_CALL))
    assert asked(submit(row, elin)) == {"Per Lind"}


def test_who_goes_away_before_being_told_is_not_waited_for(row: Conversation, elin: User) -> None:
    owner, per = UserFactory(name="Karin Lund"), UserFactory(name="Per Lind")
    row.channel.owner = owner
    row.channel.save()
    pending = submit(row, elin)
    assert asked(pending) == {"Karin Lund"}
    away(owner)
    tasks.tell_colleagues()
    assert [letter.to for letter in mail.outbox] == [[per.email]]


def test_where_everybody_who_may_is_away_the_reply_is_still_somebodys(row: Conversation, elin: User) -> None:
    karin = UserFactory(name="Karin Lund")
    away(karin, UserFactory(role=Role.READER))
    submit(row, elin)
    for _again in range(2):
        tasks.tell_colleagues()
    assert [letter.to for letter in mail.outbox] == [[karin.email]]


def test_two_who_have_the_same_stand_in_let_one_person_be_asked(row: Conversation, elin: User) -> None:
    row.channel.owner, row.channel.deputy = UserFactory(), UserFactory()
    row.channel.save()
    per = UserFactory(name="Per Lind")
    away(row.channel.owner, per)
    away(row.channel.deputy, per)
    assert asked(submit(row, elin)) == {"Per Lind"}


def test_who_may_approve_is_the_same_for_all_at_once_as_for_each(row: Conversation, elin: User) -> None:
    people = [UserFactory(role=role) for role in Role.values]
    both = UserFactory(role=Role.DEPARTMENT)
    Membership.objects.create(user=both, role=Role.ON_CALL)
    pending = submit(row, elin)
    for held in (None, Role.COMMUNICATOR, Role.DEPARTMENT, Role.MANAGER):
        if held:
            ApprovalRule.objects.create(role=held)
        able = set(rules.approving())
        for pk in (each.pk for each in (*people, both)):  # anew, as roles are remembered for each object
            person = User.objects.get(pk=pk)
            assert (person in able) == approvals.may_approve(person, pending), (held, str(person))


def test_a_stand_in_who_may_not_see_it_is_passed_over(row: Conversation, elin: User) -> None:
    owner, chief = UserFactory(name="Karin Lund"), UserFactory(name="Bo Chef", role=Role.MANAGER)
    row.channel.owner, row.channel.deputy = owner, chief
    row.channel.save()
    other = UserFactory(name="Kultur", role=Role.DEPARTMENT)
    Membership.objects.filter(user=other).update(department=Department.objects.create(name="Kultur"))
    Conversation.objects.filter(pk=row.pk).update(department=Department.objects.create(name="Teknik"))
    away(owner, other)
    assert asked(submit(row, elin)) == {"Bo Chef"}


def test_the_stand_in_of_a_stand_in_who_is_away_too_is_asked(row: Conversation, elin: User) -> None:
    owner, second, third = UserFactory(), UserFactory(), UserFactory(name="Per Lind")
    row.channel.owner = owner
    row.channel.save()
    away(owner, second)
    away(second, third)
    assert asked(submit(row, elin)) == {"Per Lind"}
