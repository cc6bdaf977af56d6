"""The page of a conversation takes at most twelve queries, whatever there is to show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import Role
from connectors.base import Sent
from inbox import actions, settling
from inbox.deciding import experts
from inbox.leaving import sending
from inbox.models import (
    Conversation,
    DeadlineChange,
    Item,
    ItemVersion,
    Outgoing,
    RedirectTarget,
    ReplyCycle,
    ReplyTemplate,
    SavedView,
    VerdictEvent,
)
from inbox.writing import drafts
from sla.models import PolicyVersion
from tests.factories import NOW, ContactFactory, ConversationFactory, ItemFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MOST = 12
HTMX = {"HX-Request": "true", "HX-Target": "pane"}
WORDS = (
    "Ring",
    "Väntar på Maria Ek",
    "Bo Lind",
    "Bo delar ett utkast",
    "Tidigare lydelse",
    "Borttagen av oss",
    "Olaga hot",
    "Svarsfristen flyttades",
)
FORMS = ("", "answer", "holding", "redirect", "no_reply", "ask_expert", "moderate")


def storm(row: Conversation, count: int) -> None:
    """Let many others write in the thread."""
    other = ConversationFactory(thread=row.thread)
    Item.objects.bulk_create(
        Item(
            channel=row.channel, thread=row.thread, conversation=other, contact=other.contact, external_id=f"s{n}",
            kind="comment", text=f"Storm {n}", posted_at=NOW - timedelta(seconds=n), fetched_at=NOW,
        )
        for n in range(count)
    )  # fmt: skip
    row.thread.item_count = row.thread.items.count()
    row.thread.save()


def hold(row: Conversation, by: Any) -> None:
    reply = actions.reply(row.pk, kind="holding", text="Hej", by=by, key="k", now=NOW, promised_at=NOW + 48 * HOUR)
    claimed = sending.claim(reply.pk, now=reply.not_before, holder="test")
    assert claimed
    sending.accepted(claimed, Sent("900", NOW), NOW)


@pytest.fixture
def everything(anna: Client) -> Conversation:
    """A conversation in which all has happened that can."""
    by, others = anna.user, UserFactory(name="Bo Lind")  # type: ignore[attr-defined]
    row = waiting_conversation(posted_at=NOW - 5 * HOUR)
    own = row.items.get()
    ItemVersion.objects.create(item=own, text="Förut", replaced_at=NOW - HOUR)
    Item.objects.filter(pk=own.pk).update(edited_at=NOW - HOUR)
    storm(row, 58)
    gone = row.thread.items.filter(external_id="s3").get()
    Item.objects.filter(pk=gone.pk).update(deleted_at=NOW)
    hold(row, by)
    Outgoing.objects.create(
        conversation=row, kind="delete", status="sent", to=gone, key="d", by=by, drawn_at=NOW, created_at=NOW,
        not_before=NOW,
    )  # fmt: skip
    ItemFactory(conversation=row, text="Än?", posted_at=NOW)
    with transaction.atomic():
        settling.settle([row.thread_id], NOW)
    actions.add_note(row.pk, text="Ring", by=by, now=NOW)
    actions.assign(row.pk, to_user=others, by=by, now=NOW)
    experts.ask_expert(
        row.pk, name="Maria Ek", email="maria@example.org", text="När?", answer_by=NOW + HOUR, by=by, now=NOW
    )
    for reason in ("bbs_a", "spam"):
        VerdictEvent.objects.create(conversation=row, verdict="moderate", reason=reason, by=by, at=NOW)
    SavedView.objects.create(owner=by, name="Mina egna", query="vy=mine", saved_at=NOW)
    drafts.save(row, "answer", "Hej", by=by, now=NOW)
    drafts.save(row, "redirect-1", "Vänd dig", by=others, now=NOW)
    drafts.share(row, "redirect-1", is_shared=True, by=others, now=NOW)
    RedirectTarget.objects.create(name="Felanmälan", text="Anmäl felet.", url="https://exempelby.example/fel")
    ReplyTemplate.objects.create(
        name="Öppet", text="Se {länk:felanmälan}", review_at=date(2027, 1, 1), changed_at=NOW, changed_by=by
    )
    cycle = row.cycles.filter(ended_at=None).order_by("due_at")[0]
    moved = {"old_due_at": NOW, "new_due_at": cycle.due_at}
    DeadlineChange.objects.create(cycle=cycle, at=NOW, by=by, reason="policy", **moved)
    first = PolicyVersion.objects.get()
    ReplyCycle.objects.filter(pk=cycle.pk).update(policy=first)
    PolicyVersion.objects.create(key=first.key, version=2, definition=first.definition)
    return row


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "pane"])
def test_with_everything_there_is(
    anna: Client, everything: Conversation, headers: dict[str, str], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    anna.get(f"/k/{everything.pk}/")  # the first visit also notes who saw it
    for form in FORMS:
        with django_assert_max_num_queries(MOST):
            shown = anna.get(f"/k/{everything.pk}/?beslut={form}", headers=headers).content.decode()
        there = (
            "Ring",
            "Väntar på Maria Ek",
            "Bo Lind",
            "Bo delar ett utkast",
            "Tidigare lydelse",
            "Borttagen av oss",
            "Olaga hot",
        )
        assert [words for words in there if words not in shown] == []
        assert "Svarsfristen flyttades" in shown
    assert "version 1" in shown


def test_for_an_administrator_before_the_years_days_off_are_confirmed(
    sign_in: Callable[..., Client], everything: Conversation, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    admin = sign_in(Role.ADMIN)
    admin.get(f"/k/{everything.pk}/")
    with django_assert_max_num_queries(MOST):
        admin.get(f"/k/{everything.pk}/?beslut=answer")


class TestInAThreadOfHundreds:
    def test_the_citizens_words_stand_there_with_what_they_answer_and_what_was_written_around_them(
        self, anna: Client, django_assert_max_num_queries: Callable[..., Any]
    ) -> None:
        row = waiting_conversation(posted_at=NOW - 20 * HOUR, text="Min fråga från i går")
        ItemFactory(
            conversation=ConversationFactory(thread=row.thread, contact=ContactFactory(name="Eva Lund")),
            external_id="parent", text="Det jag svarar på", posted_at=NOW - 90 * HOUR,
        )  # fmt: skip
        Item.objects.filter(conversation=row).update(parent_external_id="parent")
        storm(row, 500)
        anna.get(f"/k/{row.pk}/")
        with django_assert_max_num_queries(MOST):
            shown = anna.get(f"/k/{row.pk}/").content.decode()
        assert "Min fråga från i går" in shown and "Det jag svarar på" in shown
        assert "Storm 499" in shown and "Storm 1\n" not in shown
        assert "485 andra kommentarer i tråden visas inte här." in shown
        assert f'href="/k/{row.pk}/trad/"' in shown

    def test_answers_that_go_round_in_a_circle_end(self, anna: Client) -> None:
        row = waiting_conversation()
        ItemFactory(conversation=row, external_id="1", parent_external_id="2", posted_at=NOW)
        ItemFactory(conversation=row, external_id="2", parent_external_id="1", posted_at=NOW + HOUR)
        storm(row, 130)
        assert anna.get(f"/k/{row.pk}/").status_code == 200

    def test_all_of_it_can_be_read_page_by_page_each_comment_once(
        self, anna: Client, django_assert_max_num_queries: Callable[..., Any]
    ) -> None:
        row = waiting_conversation(posted_at=NOW - 20 * HOUR)
        storm(row, 230)
        address, seen = f"/k/{row.pk}/trad/", []
        while address:
            with django_assert_max_num_queries(MOST):
                context = anna.get(address).context
            seen += [place.item.external_id for place in context["places"]]
            address = f"/k/{row.pk}/trad/?{context['more']}" if context["more"] else ""
        assert len(seen) == 231 == len(set(seen))

    @pytest.mark.parametrize("key", ["alla", "2026-13-40_1", "2026-11-24T09:00:00_1", "_", "2026-11-24T09:00:00Z_x"])
    def test_a_key_that_makes_no_sense_gives_the_beginning(self, anna: Client, key: str) -> None:
        row = waiting_conversation()
        assert anna.get(f"/k/{row.pk}/trad/", {"efter": key}).status_code == 200


class TestWhoCanBeGivenIt:
    def test_comes_when_the_menu_is_opened(self, anna: Client) -> None:
        row = waiting_conversation()
        bo = UserFactory(name="Bo Lind")
        assert "Bo Lind" not in anna.get(f"/k/{row.pk}/").content.decode()
        choices = anna.get(f"/k/{row.pk}/ansvarig/", headers=HTMX | {"HX-Target": "assignee"}).content.decode()
        assert f'<option value="{bo.pk}">Bo Lind</option>' in choices
        assert "<html" not in choices

    def test_stands_on_a_page_where_no_script_runs(self, anna: Client) -> None:
        row = waiting_conversation()
        bo = UserFactory(name="Bo Lind")
        assert f'href="/k/{row.pk}/ansvarig/"' in anna.get(f"/k/{row.pk}/").content.decode()
        shown = anna.get(f"/k/{row.pk}/ansvarig/").content.decode()
        assert f'action="/k/{row.pk}/tilldela/"' in shown and f'<option value="{bo.pk}">' in shown
