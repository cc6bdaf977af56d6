"""Like, hide, delete, show again, edit: one test for each arrow, evidence first, and who may not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InternalError, transaction

from accounts.models import AuditEvent, User
from connectors import base
from connectors.base import (
    AuthExpired,
    Capability,
    Exhausted,
    Gone,
    ItemKind,
    OutcomeUnknown,
    Page,
    Permanent,
    Temporary,
)
from inbox import actions, ingest, outbox, selectors
from inbox.actions import Refused
from inbox.deciding import abilities, evidence
from inbox.leaving import sending
from inbox.models import Conversation, Item, ItemVersion, ModerationEvidence, Outgoing, VerdictEvent
from inbox.selectors import Filters
from tests.factories import ChannelFactory, ItemFactory, ThreadFactory, UserFactory, waiting_conversation
from tests.inbox.scene import own_item

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, 10.00 in Stockholm
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Doer:
    """A platform that does what a test says with likes, hidings and the rest."""

    platform = "facebook"
    capabilities = frozenset(Capability)
    own_only = frozenset({Capability.EDIT})
    max_length = 8000
    outcome: Any = None  # what moderate() raises, if anything
    shows: Any = None  # the Page that read() gives, or raises
    done: list[tuple[str, str, str]] = []

    def __init__(self, context: Any) -> None:
        self.context = context

    def moderate(self, target: Any, action: Capability, text: str = "") -> None:
        Doer.done.append((target.external_id, action.value, text))
        if Doer.outcome:
            raise Doer.outcome

    def read(self, ids: Any) -> Page:
        if isinstance(Doer.shows, BaseException):
            raise Doer.shows
        return Doer.shows


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(START, tick=False)
    return time_machine


@pytest.fixture(autouse=True)
def doer(monkeypatch: Any) -> type[Doer]:
    from connectors import registry

    monkeypatch.setitem(registry.PATHS, "facebook", "tests.inbox.test_moderation:Doer")
    Doer.outcome, Doer.shows, Doer.done = None, Page(), []
    return Doer


@pytest.fixture
def anna() -> User:
    return UserFactory(name="Anna Ek", username="anna")


@pytest.fixture
def conversation() -> Conversation:
    return waiting_conversation(posted_at=START - HOUR)


def item_of(conversation: Conversation) -> Item:
    return conversation.items.filter(from_us=False).earliest("posted_at")


def like(conversation: Conversation, by: User, **given: Any) -> Outgoing:
    return actions.like(conversation.pk, by=by, **{"key": "k1", "now": START, **given})


def moderate(conversation: Conversation, by: User, action: str = "hide", **given: Any) -> ModerationEvidence:
    asked = {"to": item_of(conversation).external_id, "ground": "bbs_a", "key": "k1", "now": START, **given}
    return actions.moderate(conversation.pk, action, by=by, **asked)


def code_of(act: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(Refused) as refusal:
        act(*given, **named)
    return refusal.value.code


def again(row: Any) -> Any:
    row.refresh_from_db()
    return row


def shown(item: Item, **changes: Any) -> Page:
    """A reading in which the item stands like that."""
    facts = {
        "external_id": item.external_id, "kind": ItemKind.COMMENT, "thread": "t", "parent": None, "post": None,
        "author": None, "text": item.text, "posted_at": item.posted_at,
    }  # fmt: skip
    return Page(items=(base.Item(**{**facts, **changes}),))


def ours(conversation: Conversation, **given: Any) -> Item:
    return own_item(conversation, posted_at=START - MINUTE, fetched_at=START - MINUTE, text="Klockan nio.", **given)


class TestLike:
    def test_ends_what_waits_as_liked_once_the_platform_has_it(
        self, conversation: Conversation, anna: User, doer: type[Doer]
    ) -> None:
        outgoing = like(conversation, anna)
        assert (conversation.cycles.get().ended_at, outgoing.status) == (None, "queued")
        assert outbox.deliver(START) == [outgoing]
        cycle = conversation.cycles.get()
        assert (cycle.outcome, cycle.ended_at, again(conversation).status) == ("liked", START, "closed")
        assert (again(outgoing).status, outgoing.external_id) == ("sent", "")
        assert doer.done == [(item_of(conversation).external_id, "like", "")]

    def test_is_told_in_the_history(self, conversation: Conversation, anna: User) -> None:
        like(conversation, anna)
        outbox.deliver(START)
        assert [event.action for event in AuditEvent.objects.order_by("pk")] == ["like.queued", "like.done"]
        assert VerdictEvent.objects.get().verdict == "like"

    def test_twice_is_one(self, conversation: Conversation, anna: User, doer: type[Doer]) -> None:
        assert like(conversation, anna) == like(conversation, anna)
        assert code_of(like, conversation, anna, key="k2") == "on_its_way"
        outbox.deliver(START)
        assert code_of(like, conversation, anna, key="k3") == "already_liked"
        assert len(doer.done) == 1

    def test_the_database_lets_no_second_one_in_either(self, conversation: Conversation, anna: User) -> None:
        first = like(conversation, anna)
        first.pk, first.key = None, "k2"
        with pytest.raises(IntegrityError, match="one_like_on_its_way"), transaction.atomic():
            first.save(force_insert=True)

    def test_can_be_taken_back_within_its_ten_seconds(
        self, conversation: Conversation, anna: User, doer: type[Doer]
    ) -> None:
        outgoing = like(conversation, anna, delay=10)
        assert actions.cancel(outgoing.pk, by=anna, now=START) is True
        assert actions.cancel(outgoing.pk, by=anna, now=START) is False
        outbox.deliver(START + MINUTE)
        assert (doer.done, conversation.cycles.get().ended_at) == ([], None)

    def test_once_confirmed_cannot_be_undone_here(self, conversation: Conversation, anna: User) -> None:
        like(conversation, anna)
        outbox.deliver(START)
        assert code_of(actions.undo, VerdictEvent.objects.get().pk, by=anna, now=START) == "too_late"

    def test_leaves_what_nobody_had_seen_when_its_form_was_drawn(self, conversation: Conversation, anna: User) -> None:
        late = ItemFactory(
            conversation=conversation, posted_at=START - MINUTE, fetched_at=START, cycle=conversation.cycles.get()
        )
        like(conversation, anna, to=item_of(conversation).external_id, drawn_at=START - SECOND)
        outbox.deliver(START)
        assert (again(late).cycle.ended_at, again(conversation).status) == (None, "open")

    def test_is_refused_where_the_platform_has_none(
        self, conversation: Conversation, anna: User, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(Doer, "capabilities", frozenset({Capability.REPLY}))
        assert code_of(like, conversation, anna) == "no_like"

    def test_is_refused_while_a_reply_is_on_its_way(self, conversation: Conversation, anna: User) -> None:
        actions.reply(conversation.pk, kind="answer", text="Hej.", key="r", by=anna, now=START)
        assert code_of(like, conversation, anna) == "reply_on_its_way"

    def test_does_not_hinder_a_reply(self, conversation: Conversation, anna: User) -> None:
        like(conversation, anna, delay=10)
        assert (
            actions.reply(conversation.pk, kind="answer", text="Hej.", key="r", by=anna, now=START).status == "queued"
        )

    def test_elsewhere_is_ruled_at_once_and_can_be_undone(self, conversation: Conversation, anna: User) -> None:
        event = actions.decide(conversation.pk, "like", by=anna, now=START)
        assert (conversation.cycles.get().outcome, Outgoing.objects.count()) == ("liked", 0)
        actions.undo(event.pk, by=anna, now=START)
        assert conversation.cycles.get().ended_at is None

    def test_of_what_is_deleted_is_refused(self, conversation: Conversation, anna: User) -> None:
        conversation.items.update(deleted_at=START)
        assert code_of(like, conversation, anna) == "gone"


class TestModerate:
    def test_hides_and_ends_as_moderated_once_the_platform_has_done_it(
        self, conversation: Conversation, anna: User, doer: type[Doer]
    ) -> None:
        kept = moderate(conversation, anna)
        assert conversation.cycles.get().ended_at is None
        outbox.deliver(START)
        assert (again(item_of(conversation)).hidden, again(conversation).status) == (True, "closed")
        event = VerdictEvent.objects.get()
        assert (conversation.cycles.get().outcome, event.reason) == ("moderated", "bbs_a")
        assert (kept.outgoing.get().status, doer.done) == ("sent", [(item_of(conversation).external_id, "hide", "")])

    def test_deletes_with_a_reason_why_hiding_is_not_enough(self, conversation: Conversation, anna: User) -> None:
        assert code_of(moderate, conversation, anna, "delete") == "empty_text"
        kept = moderate(conversation, anna, "delete", reason="Barnet syns ändå.")
        outbox.deliver(START)
        assert (again(item_of(conversation)).deleted_at, kept.reason) == (START, "Barnet syns ändå.")
        assert (conversation.cycles.get().outcome, again(conversation).preview) == ("moderated", "")

    def test_deletes_without_one_what_cannot_be_hidden(
        self, conversation: Conversation, anna: User, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(Doer, "capabilities", frozenset({Capability.DELETE}))
        assert moderate(conversation, anna, "delete").outgoing.get().kind == "delete"

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"ground": ""}, "no_ground"),
            ({"ground": "because"}, "no_ground"),
            ({"action": "block"}, "unknown_action"),
            ({"action": "unhide"}, "unknown_action"),
            ({"to": "nobody's"}, "unknown_item"),
        ],
    )
    def test_demands_a_ground_an_action_and_an_item(
        self, conversation: Conversation, anna: User, given: dict[str, Any], code: str
    ) -> None:
        assert code_of(moderate, conversation, anna, **given) == code
        assert (ModerationEvidence.objects.count(), Outgoing.objects.count()) == (0, 0)

    def test_by_a_person_in_the_platform_s_app_ends_at_once_and_sends_nothing(
        self, conversation: Conversation, anna: User
    ) -> None:
        kept = moderate(conversation, anna, "elsewhere")
        assert (conversation.cycles.get().outcome, kept.outgoing.count()) == ("moderated", 0)
        assert again(conversation).status == "closed"

    def test_twice_is_one(self, conversation: Conversation, anna: User, doer: type[Doer]) -> None:
        assert moderate(conversation, anna) == moderate(conversation, anna)
        assert code_of(moderate, conversation, anna, key="k2") == "on_its_way"
        outbox.deliver(START)
        assert code_of(moderate, conversation, anna, key="k3") == "not_possible"
        assert len(doer.done) == 1

    def test_of_one_of_two_comments_lets_the_other_wait_on(self, conversation: Conversation, anna: User) -> None:
        other = ItemFactory(
            conversation=conversation, posted_at=START - MINUTE, fetched_at=START - MINUTE,
            cycle=conversation.cycles.get(),
        )  # fmt: skip
        moderate(conversation, anna)
        outbox.deliver(START)
        cycle = again(other).cycle
        assert (cycle.ended_at, cycle.started_at, again(conversation).status) == (None, other.posted_at, "open")
        assert again(item_of(conversation)).cycle.outcome == "moderated"

    def test_leaves_a_promise_that_speaks_of_another_comment(self, conversation: Conversation, anna: User) -> None:
        promised(conversation, anna)
        rude = ItemFactory(conversation=conversation, posted_at=START, fetched_at=START)
        ingest.settle([conversation.thread_id], START)
        moderate(conversation, anna, "elsewhere", to=rude.external_id)
        assert conversation.cycles.get(kind="promised").ended_at is None
        assert again(conversation).status == "waiting"

    def test_ends_a_promise_that_spoke_of_it_alone(self, conversation: Conversation, anna: User) -> None:
        promised(conversation, anna)
        moderate(conversation, anna, "elsewhere")
        assert conversation.cycles.get(kind="promised").outcome == "moderated"
        assert again(conversation).status == "closed"

    def test_hinders_no_colleague_s_reply_and_is_hindered_by_none(self, conversation: Conversation, anna: User) -> None:
        actions.reply(conversation.pk, kind="answer", text="Hej.", key="r", by=anna, now=START, delay=10)
        assert moderate(conversation, anna).outgoing.get().status == "queued"

    def test_deleting_takes_back_a_hiding_that_has_not_left(
        self, conversation: Conversation, anna: User, doer: type[Doer]
    ) -> None:
        hiding = moderate(conversation, anna, delay=10).outgoing.get()
        moderate(conversation, anna, "delete", reason="Grovt.", key="k2")
        outbox.deliver(START + MINUTE)
        assert (again(hiding).status, [action for _id, action, _text in doer.done]) == ("cancelled", ["delete"])

    def test_nothing_newer_comes_in_while_something_is_being_done(self, conversation: Conversation, anna: User) -> None:
        hiding = moderate(conversation, anna).outgoing.get()
        assert sending.claim(hiding.pk, now=START, holder="a")
        assert code_of(moderate, conversation, anna, "delete", reason="Grovt.", key="k2") == "on_its_way"


def promised(conversation: Conversation, by: User) -> None:
    """Let a holding reply be confirmed."""
    held = actions.reply(
        conversation.pk, kind="holding", text="Vi återkommer.", key="h", by=by, now=START - 2 * MINUTE,
        promised_at=START + HOUR,
    )  # fmt: skip
    claimed = sending.claim(held.pk, now=START, holder="a")
    assert claimed is not None
    sending.accepted(claimed, base.Sent("h1", START - MINUTE), START - MINUTE)


class TestEvidence:
    def test_is_there_before_anything_is_sent_and_whatever_the_platform_says(
        self, conversation: Conversation, anna: User, doer: type[Doer]
    ) -> None:
        doer.outcome = Permanent("Facebook gjorde det inte.")
        kept = moderate(conversation, anna)
        outbox.deliver(START)
        assert (kept.outgoing.get().status, ModerationEvidence.objects.get()) == ("failed", kept)
        assert (conversation.cycles.get().ended_at, again(conversation).status) == (None, "open")

    def test_holds_all_that_was_known(self, conversation: Conversation, anna: User) -> None:
        item = item_of(conversation)
        Item.objects.filter(pk=item.pk).update(raw='{"id": "1"}', url="https://example.org/1", first_seen_at=START)
        around = ItemFactory(conversation__thread=conversation.thread, text="En annan.")
        record = json.loads(moderate(conversation, anna).record)
        assert (record["item"]["text"], record["item"]["raw"]) == (item.text, '{"id": "1"}')
        assert record["item"]["author"] == {"external_id": conversation.contact.external_id, "name": "Jonas Berg"}
        assert record["item"]["url"] == "https://example.org/1"
        assert record["item"]["posted_at"] == (START - HOUR).isoformat()
        assert [each["external_id"] for each in record["thread"]["items"]] == [item.external_id, around.external_id]
        assert (record["by"]["username"], record["ground"]["law"]) == ("anna", "5 § a")
        assert record["post"]["text"] == conversation.thread.post.text

    def test_has_a_checksum_that_tells_a_changed_letter(self, conversation: Conversation, anna: User) -> None:
        kept = moderate(conversation, anna)
        assert evidence.is_whole(kept)
        kept.record = kept.record.replace("lördag", "söndag").replace("l\\u00f6rdag", "s\\u00f6ndag")
        assert not evidence.is_whole(kept)

    def test_is_refused_every_change_by_the_database(self, conversation: Conversation, anna: User) -> None:
        kept = moderate(conversation, anna)
        for change in (kept.delete, lambda: ModerationEvidence.objects.update(reason="Nej.")):
            Outgoing.objects.update(kind="delete", evidence=None)
            with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
                change()

    def test_stays_when_the_hiding_is_taken_back(self, conversation: Conversation, anna: User) -> None:
        kept = moderate(conversation, anna, delay=10)
        actions.cancel(kept.outgoing.get().pk, by=anna, now=START)
        assert ModerationEvidence.objects.get() == kept

    def test_nothing_is_hidden_without_it(self, conversation: Conversation, anna: User) -> None:
        hiding = moderate(conversation, anna).outgoing.get()
        hiding.evidence = None
        with pytest.raises(IntegrityError, match="hidden_only_with_evidence"), transaction.atomic():
            hiding.save()

    def test_of_linkedin_holds_no_words_but_their_checksum(self, anna: User) -> None:
        conversation = waiting_conversation(
            thread__channel=ChannelFactory(platform="linkedin"), posted_at=START - HOUR, text="Hemligt."
        )
        conversation.items.update(raw='{"text": "Hemligt."}')
        record = moderate(conversation, anna, "delete").record
        assert "Hemligt" not in record
        assert conversation.contact.name not in record
        assert len(json.loads(record)["item"]["text_sha256"]) == 64

    def test_takes_texts_that_postgresql_hardly_does(self, conversation: Conversation, anna: User) -> None:
        conversation.items.update(raw='{"text": "\\u0000 \\ud800"}', text="\u202eå\u0308😀</script>")
        assert evidence.is_whole(again(moderate(conversation, anna)))

    def test_says_nothing_of_the_text_in_the_history(self, conversation: Conversation, anna: User) -> None:
        moderate(conversation, anna)
        event = AuditEvent.objects.get(action="evidence.kept")
        assert (set(event.data), "simhallen" in str(event.data)) == ({"evidence", "ground", "sha256"}, False)


class TestShownAgain:
    def test_is_visible_and_waits_from_its_own_time(
        self, conversation: Conversation, anna: User, doer: type[Doer]
    ) -> None:
        moderate(conversation, anna)
        outbox.deliver(START)
        actions.unhide(conversation.pk, to=item_of(conversation).external_id, by=anna, key="u", now=START)
        outbox.deliver(START)
        item = item_of(conversation)
        assert (item.hidden, item.cycle.ended_at, item.cycle.started_at) == (False, None, START - HOUR)
        assert (again(conversation).status, doer.done[-1][1]) == ("open", "unhide")

    def test_is_refused_for_what_is_not_hidden(self, conversation: Conversation, anna: User) -> None:
        to = item_of(conversation).external_id
        assert code_of(actions.unhide, conversation.pk, to=to, by=anna, key="u", now=START) == "not_possible"


class TestOwnReplies:
    def test_an_edit_keeps_the_old_wording(self, conversation: Conversation, anna: User, doer: type[Doer]) -> None:
        reply = ours(conversation)
        actions.edit_reply(conversation.pk, to=reply.external_id, text="Klockan tio.", by=anna, key="e", now=START)
        outbox.deliver(START)
        assert (again(reply).text, reply.edited_at, ItemVersion.objects.get().text) == (
            "Klockan tio.", START, "Klockan nio.",
        )  # fmt: skip
        assert doer.done == [(reply.external_id, "edit", "Klockan tio.")]

    def test_an_edit_that_a_poll_saw_first_makes_no_second_version(
        self, conversation: Conversation, anna: User
    ) -> None:
        reply = ours(conversation)
        outgoing = actions.edit_reply(
            conversation.pk, to=reply.external_id, text="Klockan tio.", by=anna, key="e", now=START
        )
        Item.objects.filter(pk=reply.pk).update(text="Klockan tio.", edited_at=START)
        outbox.deliver(START)
        assert (again(outgoing).status, ItemVersion.objects.count()) == ("sent", 0)

    def test_a_newer_edit_replaces_one_that_has_not_left(
        self, conversation: Conversation, anna: User, doer: type[Doer]
    ) -> None:
        reply = ours(conversation)
        for text in ("Klockan tio.", "Klockan elva."):
            actions.edit_reply(conversation.pk, to=reply.external_id, text=text, by=anna, key=text, now=START, delay=10)
        outbox.deliver(START + MINUTE)
        assert [text for _id, _action, text in doer.done] == ["Klockan elva."]

    @pytest.mark.parametrize(
        ("text", "code"), [("", "empty_text"), ("Klockan nio.", "unchanged"), ("a\0b", "bad_text")]
    )
    def test_an_edit_that_says_nothing_is_refused(
        self, conversation: Conversation, anna: User, text: str, code: str
    ) -> None:
        to = ours(conversation).external_id
        asked = {"to": to, "text": text, "by": anna, "key": "e", "now": START}
        assert code_of(actions.edit_reply, conversation.pk, **asked) == code

    def test_a_deleted_reply_starts_the_cycle_again_from_its_own_time(
        self, conversation: Conversation, anna: User
    ) -> None:
        answered = actions.reply(conversation.pk, kind="answer", text="Nio.", key="r", by=anna, now=START - MINUTE)
        claimed = sending.claim(answered.pk, now=START, holder="a")
        assert claimed is not None
        sending.accepted(claimed, base.Sent("r1", START - MINUTE), START - MINUTE)
        assert again(conversation).status == "closed"
        actions.delete_reply(conversation.pk, to="r1", by=anna, key="d", now=START)
        outbox.deliver(START)
        open_one = conversation.cycles.get(ended_at=None)
        assert (open_one.started_at, again(conversation).status) == (START - HOUR, "open")
        reply = Item.objects.get(external_id="r1")
        assert (reply.deleted_at, reply.text) == (START, "Nio.")

    def test_what_a_citizen_wrote_can_be_neither_edited_nor_deleted_so(
        self, conversation: Conversation, anna: User
    ) -> None:
        asked = {"to": item_of(conversation).external_id, "by": anna, "key": "e", "now": START}
        assert code_of(actions.edit_reply, conversation.pk, text="Hej.", **asked) == "unknown_item"
        assert code_of(actions.delete_reply, conversation.pk, **asked) == "unknown_item"

    def test_a_reply_of_another_thread_is_not_found(self, conversation: Conversation, anna: User) -> None:
        other = ours(waiting_conversation(posted_at=START))
        asked = {"to": other.external_id, "by": anna, "key": "e", "now": START}
        assert code_of(actions.delete_reply, conversation.pk, **asked) == "unknown_item"


class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        ("error", "status", "held"),
        [
            (Temporary("Facebook gick inte att nå."), "queued", False),
            (Exhausted("Kvoten är slut.", until=START + HOUR), "queued", True),
            (AuthExpired("Nyckeln gäller inte längre."), "queued", True),
            (Permanent("Facebook gjorde det inte."), "failed", False),
            (OutcomeUnknown("Oklart."), "unknown", False),
            (ValueError("odd"), "unknown", False),
        ],
    )
    def test_becomes_what_a_reply_becomes(
        self, conversation: Conversation, anna: User, doer: type[Doer], error: Exception, status: str, held: bool
    ) -> None:
        doer.outcome = error
        hiding = moderate(conversation, anna).outgoing.get()
        outbox.deliver(START)
        assert (again(hiding).status, hiding.held, again(item_of(conversation)).hidden) == (status, held, False)
        assert hiding.error

    @pytest.mark.parametrize("action", ["hide", "delete"])
    def test_unknown_and_seen_done_is_done_without_a_second_call(
        self, conversation: Conversation, anna: User, doer: type[Doer], clock: Any, action: str
    ) -> None:
        item = item_of(conversation)
        hiding = self.unknown(doer, moderate(conversation, anna, action, reason="Grovt.").outgoing.get())
        doer.shows = shown(item, hidden=True) if action == "hide" else Page(missing=(item.external_id,))
        self.at(clock, START + 2 * MINUTE)
        assert (again(hiding).status, len(doer.done)) == ("sent", 1)
        assert (conversation.cycles.get().outcome, conversation.cycles.get().ended_at) == ("moderated", START)

    def test_unknown_and_seen_undone_is_done_again(
        self, conversation: Conversation, anna: User, doer: type[Doer], clock: Any
    ) -> None:
        hiding = self.unknown(doer, moderate(conversation, anna).outgoing.get())
        doer.shows = shown(item_of(conversation))
        self.at(clock, START + 2 * MINUTE)
        assert (again(hiding).status, len(doer.done)) == ("sent", 2)

    def test_an_unknown_like_is_simply_sent_again(
        self, conversation: Conversation, anna: User, doer: type[Doer], clock: Any
    ) -> None:
        liking = self.unknown(doer, like(conversation, anna))
        doer.shows = ValueError("A like is not looked for.")
        self.at(clock, START + 2 * MINUTE)
        assert (again(liking).status, len(doer.done)) == ("sent", 2)

    def test_an_unknown_edit_that_stands_there_is_not_sent_again(
        self, conversation: Conversation, anna: User, doer: type[Doer], clock: Any
    ) -> None:
        reply = ours(conversation)
        edit = actions.edit_reply(conversation.pk, to=reply.external_id, text="Tio.", by=anna, key="e", now=START)
        self.unknown(doer, edit)
        doer.shows = shown(reply, text="Tio.", from_us=True)
        self.at(clock, START + 2 * MINUTE)
        assert (again(edit).status, len(doer.done), again(reply).text) == ("sent", 1, "Tio.")

    def test_a_reading_that_fails_proves_nothing(
        self, conversation: Conversation, anna: User, doer: type[Doer], clock: Any
    ) -> None:
        hiding = self.unknown(doer, moderate(conversation, anna).outgoing.get())
        doer.shows = Temporary("Facebook gick inte att nå.")
        self.at(clock, START + 2 * MINUTE)
        assert (again(hiding).status, len(doer.done)) == ("unknown", 1)

    def test_an_unknown_one_is_given_up_after_six(
        self, conversation: Conversation, anna: User, doer: type[Doer], clock: Any
    ) -> None:
        liking = self.unknown(doer, like(conversation, anna))
        doer.outcome = OutcomeUnknown("Oklart.")
        for minute in range(60):
            self.at(clock, START + minute * MINUTE)
        assert (again(liking).status, liking.error_code, len(doer.done)) == ("failed", "gave_up", 6)

    def test_deleting_what_is_gone_already_is_done(
        self, conversation: Conversation, anna: User, doer: type[Doer], clock: Any
    ) -> None:
        doer.outcome, doer.shows = Gone("Finns inte."), Page(missing=(item_of(conversation).external_id,))
        deleting = moderate(conversation, anna, "delete", reason="Grovt.").outgoing.get()
        outbox.deliver(START)
        self.at(clock, START + 2 * MINUTE)
        assert (again(deleting).status, conversation.cycles.get().outcome) == ("sent", "moderated")

    def test_deleting_what_is_only_out_of_our_sight_fails(
        self, conversation: Conversation, anna: User, doer: type[Doer], clock: Any
    ) -> None:
        doer.outcome, doer.shows = Gone("Finns inte."), shown(item_of(conversation))
        deleting = moderate(conversation, anna, "delete", reason="Grovt.").outgoing.get()
        outbox.deliver(START)
        self.at(clock, START + 2 * MINUTE)
        assert (again(deleting).status, deleting.error, len(doer.done)) == ("failed", "Finns inte.", 1)

    def test_a_poll_that_sees_our_deletion_first_calls_it_no_withdrawal(
        self, conversation: Conversation, anna: User, doer: type[Doer], clock: Any
    ) -> None:
        item = item_of(conversation)
        deleting = self.unknown(doer, moderate(conversation, anna, "delete", reason="Grovt.").outgoing.get())
        ingest.store(conversation.channel, "comments", Page(deletions=(item.external_id,)), now=START + MINUTE)
        ingest.settle([item.thread_id], START + MINUTE)
        assert conversation.cycles.get().ended_at is None
        doer.shows = Page(missing=(item.external_id,))
        self.at(clock, START + 2 * MINUTE)
        assert (again(deleting).status, conversation.cycles.get().outcome) == ("sent", "moderated")

    def test_a_worker_that_died_over_one_is_found(self, conversation: Conversation, anna: User, clock: Any) -> None:
        liking = like(conversation, anna)
        sending.claim(liking.pk, now=START, holder="a")
        self.at(clock, START + 2 * MINUTE)
        assert (again(liking).status, liking.error_code) == ("unknown", "interrupted")
        self.at(clock, START + 4 * MINUTE)
        assert again(liking).status == "sent"

    def test_what_failed_is_tried_again_as_a_new_row_over_the_same_evidence(
        self, conversation: Conversation, anna: User, doer: type[Doer]
    ) -> None:
        doer.outcome = Permanent("Nej.")
        kept = moderate(conversation, anna)
        outbox.deliver(START)
        failed = kept.outgoing.get()
        second = actions.retry(failed.pk, by=anna, now=START)
        assert (actions.retry(failed.pk, by=anna, now=START), second.evidence) == (second, kept)
        doer.outcome = None
        outbox.deliver(START)
        assert (again(second).status, again(item_of(conversation)).hidden) == ("sent", True)

    def test_what_failed_is_shown_until_somebody_takes_it_up_or_lets_it_be(
        self, conversation: Conversation, anna: User, doer: type[Doer]
    ) -> None:
        doer.outcome = Permanent("Nej.")
        failed = moderate(conversation, anna).outgoing.get()
        outbox.deliver(START)
        Conversation.objects.update(status="closed")
        to_check = Filters(view="check")
        assert list(selectors.matching(anna, to_check, START)) == [conversation]
        actions.cancel(failed.pk, by=anna, now=START)
        assert list(selectors.matching(anna, to_check, START)) == []

    def test_a_later_reply_does_not_hide_a_hiding_that_failed(
        self, conversation: Conversation, anna: User, doer: type[Doer]
    ) -> None:
        doer.outcome = Permanent("Nej.")
        moderate(conversation, anna)
        outbox.deliver(START)
        actions.reply(conversation.pk, kind="answer", text="Hej.", key="r", by=anna, now=START, delay=10)
        assert list(selectors.matching(anna, Filters(view="check"), START)) == [conversation]

    @staticmethod
    def at(clock: Any, instant: datetime) -> None:
        clock.move_to(instant, tick=False)
        outbox.deliver(instant)

    @staticmethod
    def unknown(doer: type[Doer], outgoing: Outgoing) -> Outgoing:
        doer.outcome = OutcomeUnknown("Oklart.")
        outbox.deliver(START)
        doer.outcome = None
        assert again(outgoing).status == "unknown"
        return outgoing


class TestWhoMayNot:
    @pytest.mark.parametrize("name", ["like", "moderate", "unhide", "edit_reply", "delete_reply", "ask_expert"])
    def test_a_reader_may_do_nothing(self, conversation: Conversation, name: str) -> None:
        to = item_of(conversation).external_id
        asked: dict[str, Any] = {
            "like": {"key": "k"},
            "moderate": {"action": "hide", "to": to, "ground": "bbs_a", "key": "k"},
            "unhide": {"to": to, "key": "k"},
            "edit_reply": {"to": to, "text": "Hej.", "key": "k"},
            "delete_reply": {"to": to, "key": "k"},
            "ask_expert": {"name": "Maria", "email": "m@example.org", "text": "Hej?", "answer_by": START + HOUR},
        }[name]
        with pytest.raises(PermissionDenied):
            getattr(actions, name)(conversation.pk, by=UserFactory(role="reader"), now=START, **asked)

    def test_an_unknown_conversation_is_refused(self, anna: User) -> None:
        assert code_of(actions.like, 999_999, by=anna, key="k", now=START) == "unknown_conversation"


class TestWatch:
    def test_is_refused_while_somebody_waits(self, conversation: Conversation, anna: User) -> None:
        assert code_of(actions.decide, conversation.pk, "watch", by=anna, now=START) == "somebody_waits"

    def test_keeps_a_closed_conversation_open_without_a_clock(self, conversation: Conversation, anna: User) -> None:
        actions.close(conversation.pk, reason="other", by=anna, now=START)
        event = actions.decide(conversation.pk, "watch", by=anna, now=START)
        assert (again(conversation).status, conversation.due_at) == ("open", None)
        actions.undo(event.pk, by=anna, now=START)
        assert again(conversation).status == "closed"

    def test_twice_is_one(self, conversation: Conversation, anna: User) -> None:
        actions.close(conversation.pk, reason="other", by=anna, now=START)
        first = actions.decide(conversation.pk, "watch", by=anna, now=START)
        assert actions.decide(conversation.pk, "watch", by=anna, now=START) == first

    def test_can_be_closed_again(self, conversation: Conversation, anna: User) -> None:
        actions.close(conversation.pk, reason="other", by=anna, now=START)
        actions.decide(conversation.pk, "watch", by=anna, now=START)
        actions.close(conversation.pk, reason="other", by=anna, now=START)
        assert again(conversation).status == "closed"


class TestAbilities:
    """What can be done, by platform and by what it is: the matrix, as the real connectors tell it."""

    @pytest.mark.parametrize(
        ("platform", "theirs", "own"),
        [
            ("facebook", {"like", "hide", "delete"}, {"edit", "delete"}),
            ("instagram", {"hide", "delete"}, {"delete"}),
            ("linkedin", {"like", "delete"}, {"edit", "delete"}),
            ("twitter", {"hide"}, {"delete"}),
            ("youtube", {"hide", "delete"}, {"edit", "delete"}),
        ],
    )
    def test_of_each_platform(self, monkeypatch: Any, platform: str, theirs: set[str], own: set[str]) -> None:
        from connectors import registry

        monkeypatch.setitem(registry.PATHS, "facebook", "connectors.facebook.connector:Facebook")
        conversation = waiting_conversation(thread__channel=ChannelFactory(platform=platform), posted_at=START)
        assert abilities.of(item_of(conversation), conversation) == theirs
        assert abilities.of(ours(conversation), conversation) == own

    @pytest.mark.parametrize(
        ("changes", "able"),
        [
            ({"hidden": True}, {"like", "unhide", "delete"}),
            ({"deleted_at": START}, set()),
            ({"kind": "hashtag"}, set()),
            ({"kind": "message"}, set()),
        ],
    )
    def test_of_a_comment_as_it_stands(
        self, conversation: Conversation, changes: dict[str, Any], able: set[str]
    ) -> None:
        item = item_of(conversation)
        for name, value in changes.items():
            setattr(item, name, value)
        assert abilities.of(item, conversation) == able

    def test_of_a_mention_elsewhere_nothing_but_a_like(self) -> None:
        conversation = waiting_conversation(thread=ThreadFactory(post=None), posted_at=START)
        assert abilities.of(item_of(conversation), conversation) == {"like"}

    def test_a_visitor_s_post_on_our_page_can_be_hidden(self) -> None:
        conversation = waiting_conversation(thread=ThreadFactory(post=None), posted_at=START)
        conversation.items.update(kind="visitor_post")
        assert "hide" in abilities.of(item_of(conversation), conversation)
