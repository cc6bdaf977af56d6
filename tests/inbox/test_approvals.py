"""Replies that wait for approval: who decides, what leaves, what the author sees, and what two at once get."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import ApprovalRule, AuditEvent, Membership, Role, User
from inbox import actions
from inbox.models import Conversation, Draft, Outgoing, PendingReply
from inbox.writing import approvals
from inbox.writing.approvals import Piece
from tests.factories import NOW, DepartmentFactory, ItemFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _standing_still() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def row() -> Conversation:
    made = waiting_conversation()
    ApprovalRule.objects.create(channel=made.channel)
    return made


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def submit(row: Conversation, by: User, text: str = "Vi öppnar nio.", **given: Any) -> PendingReply:
    facts = {"kind": "answer", "key": f"k{by.pk}{text}", "now": NOW, "sign": True, **given}
    return approvals.submit(row.pk, text=text, by=by, **facts)


def approve(pending: PendingReply, by: User, text: str | None = None, **given: Any) -> Outgoing:
    facts = {"now": NOW, "drawn_at": NOW, "delay": 10.0, **given}
    return approvals.approve(pending.pk, text=text or pending.text, by=by, **facts)


def test_what_waits_is_no_outgoing_and_the_clock_goes_on(row: Conversation) -> None:
    submit(row, UserFactory())
    row.refresh_from_db()
    assert not Outgoing.objects.exists()
    assert (row.status, row.due_at is None) == ("open", False)


def test_nobody_gets_past_the_rule_by_another_way(row: Conversation) -> None:
    with pytest.raises(actions.Refused) as refused:
        actions.reply(row.pk, kind="answer", text="Hej", by=UserFactory(), key="k", now=NOW)
    assert refused.value.code == "needs_approval"


def test_the_approver_mends_and_sends_and_the_author_sees_the_difference(row: Conversation) -> None:
    author, approver = UserFactory(name="Elin Holm"), UserFactory(name="Anna Ek")
    pending = submit(row, author, "Vi öppnar nio på lördag.")
    url = f"/godkanna/{pending.pk}/"
    assert "Godkänn och skicka" in client_of(approver).get(url).content.decode()
    form = {"text": "Vi öppnar klockan tio på lördag. /Elin", "drawn_at": NOW.isoformat()}
    assert client_of(approver).post(f"{url}skicka/", form).status_code == 302
    sent = Outgoing.objects.get()
    assert (sent.by, sent.text) == (author, form["text"])
    page = client_of(author).get("/godkanna/").content.decode()
    assert "<del>nio</del><ins>klockan tio</ins>" in page
    event = AuditEvent.objects.get(action="reply.queued")
    assert (event.actor, event.data["author"]) == (approver, author.pk)


def test_a_second_reply_meanwhile_is_told_whose_the_first_is(row: Conversation) -> None:
    submit(row, UserFactory(name="Elin Holm"))
    anna = client_of(UserFactory())
    form = {"verdict": "answer", "text": "Mina ord", "key": "x", "drawn_at": NOW.isoformat()}
    refused = anna.post(f"/k/{row.pk}/svara/", form)
    assert refused.status_code == 422
    assert "Elin har redan ett svar här som väntar på godkännande." in refused.content.decode()
    assert "Mina ord</textarea>" in refused.content.decode()


def test_the_database_lets_only_one_wait_in_a_conversation(row: Conversation) -> None:
    pending = submit(row, UserFactory())
    pending.pk, pending.key = None, "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        pending.save()


def test_a_double_click_waits_once(row: Conversation) -> None:
    author = UserFactory()
    assert submit(row, author).pk == submit(row, author).pk


def test_of_two_who_decide_the_second_is_told(row: Conversation) -> None:
    pending = submit(row, UserFactory())
    approve(pending, UserFactory(name="Anna Ek"))
    with pytest.raises(actions.Refused, match="Anna Ek hann före: svaret är godkänt"):
        approvals.give_back(pending.pk, comment="Nej", by=UserFactory(), now=NOW)
    assert Outgoing.objects.count() == 1


def test_nobody_approves_his_own(row: Conversation) -> None:
    author = UserFactory()
    pending = submit(row, author)
    with pytest.raises(actions.Refused):
        approve(pending, author)
    assert "Godkänn och skicka" not in client_of(author).get(f"/godkanna/{pending.pk}/").content.decode()


def test_who_is_new_does_not_approve_for_others_but_a_manager_does() -> None:
    row, new = waiting_conversation(), UserFactory()
    ApprovalRule.objects.create(role=Role.COMMUNICATOR)
    pending = submit(row, new)
    assert not approvals.may_approve(UserFactory(), pending)
    assert approvals.may_approve(UserFactory(role=Role.MANAGER), pending)


@pytest.mark.parametrize(("roles", "waits"), [((), True), ((Role.CENTRAL,), False)])
def test_a_roles_rule_holds_who_has_no_other(roles: tuple[str, ...], waits: bool) -> None:
    row, user = waiting_conversation(), UserFactory()
    ApprovalRule.objects.create(role=Role.COMMUNICATOR)
    for role in roles:
        Membership.objects.create(user=user, role=role)
    form = {"verdict": "answer", "text": "Hej!", "key": "x", "drawn_at": NOW.isoformat()}
    page = client_of(user).get(f"/k/{row.pk}/").content.decode()
    assert ("Be om godkännande" in page) is waits
    client_of(user).post(f"/k/{row.pk}/svara/", form)
    assert PendingReply.objects.exists() is waits
    assert Outgoing.objects.exists() is not waits


def test_what_is_given_back_stands_in_its_form_again_with_a_word_of_why(row: Conversation) -> None:
    author = UserFactory(name="Elin Holm")
    pending = submit(row, author)
    client = client_of(UserFactory())
    assert client.post(f"/godkanna/{pending.pk}/lamna-tillbaka/", {"comment": " "}).status_code == 422
    client.post(f"/godkanna/{pending.pk}/lamna-tillbaka/", {"comment": "Säg när."})
    assert Draft.objects.get(user=author).text == "Vi öppnar nio."
    assert "”Säg när.”" in client_of(author).get("/godkanna/").content.decode()
    assert submit(row, author, "Vi öppnar nio på lördag.").pk != pending.pk


def test_what_stands_on_the_platform_is_not_changed_past_the_rule_either(row: Conversation) -> None:
    sent = ItemFactory(conversation=row, from_us=True, native=True, external_id="ours", text="Gammalt")
    with pytest.raises(actions.Refused) as refused:
        actions.edit_reply(row.pk, to=sent.external_id, text="Nytt", by=UserFactory(), key="e", now=NOW)
    assert refused.value.code == "needs_approval"


def test_the_author_takes_it_back_and_nobody_else_does(row: Conversation) -> None:
    author = UserFactory()
    pending = submit(row, author)
    assert client_of(UserFactory()).post(f"/godkanna/{pending.pk}/ta-tillbaka/").status_code == 422
    assert client_of(author).post(f"/godkanna/{pending.pk}/ta-tillbaka/").status_code == 302
    pending.refresh_from_db()
    assert pending.outcome == "withdrawn"


def test_an_answer_from_the_app_that_the_approver_has_not_seen_stops_it(row: Conversation) -> None:
    pending = submit(row, UserFactory())
    ItemFactory(conversation=row, from_us=True, native=True, fetched_at=NOW + timedelta(minutes=1))
    with pytest.raises(actions.Refused, match="från appen"):
        approve(pending, UserFactory(), now=NOW + timedelta(minutes=2))
    pending.refresh_from_db()
    assert pending.decided_at is None


def test_the_list_and_the_conversation_say_that_a_reply_waits(row: Conversation) -> None:
    pending = submit(row, UserFactory())
    client = client_of(UserFactory())
    page = client.get("/?vy=approval").content.decode()
    assert "Ska godkännas" in page
    assert f'hx-get="/godkanna/{pending.pk}/"' in client.get(f"/k/{row.pk}/").content.decode()
    part = client.get(f"/godkanna/{pending.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part


def test_what_may_not_be_seen_can_be_neither_read_nor_approved(row: Conversation) -> None:
    pending = submit(row, UserFactory())
    row.channel.kind = "topic"
    row.channel.save()
    per = UserFactory(role=Role.DEPARTMENT)
    Membership.objects.filter(user=per).update(department=DepartmentFactory())
    for method, end in (("get", ""), ("post", "skicka/"), ("post", "lamna-tillbaka/"), ("post", "ta-tillbaka/")):
        answer = getattr(client_of(per), method)(f"/godkanna/{pending.pk}/{end}", {"text": "x", "comment": "x"})
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("lika", "lika", [Piece("same", "lika")]),
        ("a b", "a c", [Piece("same", "a "), Piece("out", "b"), Piece("in", "c")]),
        ("", "nytt", [Piece("in", "nytt")]),
        ("bort", "", [Piece("out", "bort")]),
        ("a\nb", "a b", [Piece("same", "a"), Piece("out", "\n"), Piece("in", " "), Piece("same", "b")]),
    ],
)
def test_a_difference_is_told_word_by_word(before: str, after: str, pieces: list[Piece]) -> None:
    assert approvals.difference(before, after) == pieces
