"""The remaining verdicts in the pages: which buttons there are, what their forms do, what is kept when they stop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from inbox import actions
from inbox.deciding import experts
from inbox.leaving import sending
from inbox.models import Conversation, ExpertQuestion, Item, ModerationEvidence, Outgoing, VerdictEvent
from tests.factories import NOW, ChannelFactory, ItemFactory, UserFactory, waiting_conversation
from tests.inbox.scene import own_item

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def conversation() -> Conversation:
    return waiting_conversation(posted_at=NOW - HOUR)


def page(client: Client, conversation: Conversation, query: str = "") -> str:
    response = client.get(reverse("inbox:conversation", args=[conversation.pk]) + query)
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, name: str, pk: int, /, **form: Any) -> Any:
    return client.post(reverse(f"inbox:{name}", args=[pk]), form)


def item_of(conversation: Conversation) -> Item:
    return conversation.items.filter(from_us=False).earliest("posted_at")


def on(platform: str, **given: Any) -> Conversation:
    return waiting_conversation(thread__channel=ChannelFactory(platform=platform), posted_at=NOW - HOUR, **given)


class TestWhichButtons:
    def test_likes_with_one_key_where_the_platform_has_likes(self, anna: Client, conversation: Conversation) -> None:
        shown = page(anna, conversation)
        assert reverse("inbox:like", args=[conversation.pk]) in shown
        assert 'data-key="g"' in shown

    def test_opens_the_platform_where_it_has_none(self, anna: Client) -> None:
        conversation = on("youtube")
        conversation.items.update(url="https://youtube.example/1")
        shown = page(anna, conversation, "?beslut=like")
        assert reverse("inbox:like", args=[conversation.pk]) not in shown
        assert "Markera gjord där" in shown
        assert "https://youtube.example/1" in shown

    def test_moderating_never_happens_at_once(self, anna: Client, conversation: Conversation) -> None:
        shown = page(anna, conversation)
        assert 'data-key="d"' in shown
        assert reverse("inbox:moderate", args=[conversation.pk]) not in shown

    def test_watching_is_offered_only_where_nobody_waits(self, anna: Client, conversation: Conversation) -> None:
        assert "Bevaka" not in page(anna, conversation)
        actions.close(conversation.pk, reason="other", by=anna.user, now=NOW)  # type: ignore[attr-defined]
        assert "Bevaka" in page(anna, conversation)

    def test_hiding_is_not_offered_on_linkedin(self, anna: Client, settings: Any) -> None:
        shown = page(anna, on("linkedin"), "?beslut=moderate")
        assert 'value="hide"' not in shown
        assert 'value="delete"' in shown
        assert "ta en skärmbild" in shown

    def test_a_reader_gets_none_of_them(self, sign_in: Any, conversation: Conversation) -> None:
        own_item(conversation, posted_at=NOW, fetched_at=NOW)
        shown = page(sign_in("reader"), conversation)
        assert "Gilla räcker" not in shown
        assert "Ta bort svar" not in shown


class TestLike:
    def test_is_queued_with_ten_seconds_to_take_it_back(self, anna: Client, conversation: Conversation) -> None:
        response = post(anna, "like", conversation.pk, key="k", drawn_at=NOW.isoformat())
        outgoing = Outgoing.objects.get()
        assert (response.status_code, outgoing.kind, outgoing.not_before - NOW) == (302, "like", timedelta(seconds=10))
        assert reverse("inbox:cancel", args=[outgoing.pk]) in page(anna, conversation)

    def test_elsewhere_is_marked_done_and_can_be_undone(self, anna: Client) -> None:
        conversation = on("youtube")
        assert anna.post(reverse("inbox:decide", args=[conversation.pk, "like"])).status_code == 302
        assert conversation.cycles.get().outcome == "liked"
        assert reverse("inbox:undo", args=[VerdictEvent.objects.get().pk]) in anna.get("/").content.decode()

    def test_of_what_is_liked_already_is_ruled_at_once(self, anna: Client, conversation: Conversation) -> None:
        post(anna, "like", conversation.pk, key="k")
        Outgoing.objects.update(status="sent")
        post(anna, "like", conversation.pk, key="k2")
        assert conversation.cycles.get().outcome == "liked"

    def test_that_cannot_be_is_refused_on_the_page(self, anna: Client) -> None:
        response = post(anna, "like", on("youtube").pk, key="k")
        assert (response.status_code, "Det går inte att gilla" in response.content.decode()) == (422, True)


class TestModerate:
    def test_keeps_the_evidence_and_queues(self, anna: Client, conversation: Conversation) -> None:
        form = {"to": item_of(conversation).external_id, "action": "hide", "ground": "abuse", "key": "k"}
        assert post(anna, "moderate", conversation.pk, **form).status_code == 302
        assert (ModerationEvidence.objects.get().ground, Outgoing.objects.get().kind) == ("abuse", "hide")

    def test_without_a_ground_shows_the_form_again_with_every_word(
        self, anna: Client, conversation: Conversation
    ) -> None:
        form = {"to": item_of(conversation).external_id, "action": "delete", "reason": "Barnet syns.", "key": "k"}
        response = post(anna, "moderate", conversation.pk, **form)
        shown = response.content.decode()
        assert (response.status_code, "Välj på vilken grund." in shown, "Barnet syns." in shown) == (422, True, True)
        assert 'value="delete" checked' in shown
        assert ModerationEvidence.objects.count() == 0

    def test_of_several_lets_one_choose(self, anna: Client, conversation: Conversation) -> None:
        other = ItemFactory(conversation=conversation, text="Ett hot.", posted_at=NOW - HOUR / 2)
        shown = page(anna, conversation, f"?beslut=moderate&kommentar={other.pk}")
        assert f'value="{other.external_id}" checked' in shown

    def test_names_the_law_and_the_rules(self, anna: Client, conversation: Conversation) -> None:
        shown = page(anna, conversation, "?beslut=moderate")
        assert "Olaga hot (5 § a)" in shown
        assert shown.count("<optgroup") == 3

    def test_is_in_the_history_in_words(self, anna: Client, conversation: Conversation) -> None:
        form = {"to": item_of(conversation).external_id, "action": "elsewhere", "ground": "abuse", "key": "k"}
        post(anna, "moderate", conversation.pk, **form)
        assert "Moderera: Svordomar eller kränkande ord" in page(anna, conversation)

    def test_what_we_hid_is_marked_and_can_be_shown_again(self, anna: Client, conversation: Conversation) -> None:
        conversation.items.update(hidden=True)
        assert "Visa igen" in page(anna, conversation)
        post(anna, "unhide", conversation.pk, to=item_of(conversation).external_id, key="u")
        assert Outgoing.objects.get().kind == "unhide"

    def test_what_we_took_away_is_not_called_the_author_s_doing(self, anna: Client, conversation: Conversation) -> None:
        form = {"to": item_of(conversation).external_id, "action": "delete", "ground": "abuse", "reason": "Ja."}
        post(anna, "moderate", conversation.pk, **form)
        Outgoing.objects.update(status="sent")
        conversation.items.update(deleted_at=NOW)
        shown = page(anna, conversation)
        assert ("Borttagen av oss." in shown, "Borttagen av avsändaren." in shown) == (True, False)

    def test_that_failed_says_so_and_offers_to_try_again(self, anna: Client, conversation: Conversation) -> None:
        form = {"to": item_of(conversation).external_id, "action": "hide", "ground": "abuse"}
        post(anna, "moderate", conversation.pk, **form)
        Outgoing.objects.update(status="failed", error="Facebook gjorde det inte.")
        shown = page(anna, conversation)
        assert "Dölj: kom inte fram." in shown
        assert "Facebook gjorde det inte." in shown
        assert reverse("inbox:retry", args=[Outgoing.objects.get().pk]) in shown
        assert "Dölj: kom inte fram" in anna.get("/?vy=check").content.decode()


class TestAskExpert:
    form = {
        "name": "Maria Lund", "email": "maria@example.org", "text": "När öppnar simhallen?",
        "answer_day": "2026-11-24", "answer_time": "15:00",
    }  # fmt: skip

    def test_waits_for_the_named_person_with_the_clock_running(self, anna: Client, conversation: Conversation) -> None:
        response = post(anna, "ask_expert", conversation.pk, **self.form)
        assert (response.status_code, "beslut=holding" in response.url) == (302, True)
        conversation.refresh_from_db()
        assert (conversation.status, conversation.cycles.get().ended_at) == ("open", None)
        assert "Väntar på Maria Lund" in page(anna, conversation)
        assert "Väntar på Maria Lund" in anna.get("/?vy=expert").content.decode()

    def test_offers_a_holding_reply_too(self, anna: Client, conversation: Conversation) -> None:
        response = anna.post(reverse("inbox:ask_expert", args=[conversation.pk]), self.form, follow=True)
        shown = response.content.decode()
        assert "Skicka ett besked också?" in shown
        assert "Skicka beskedet" in shown

    def test_the_form_holds_the_citizen_s_words_and_no_name(self, anna: Client, conversation: Conversation) -> None:
        shown = page(anna, conversation, "?beslut=ask_expert")
        form = shown[shown.index('id="ask-form"') : shown.index("</form>", shown.index('id="ask-form"'))]
        assert "När öppnar simhallen på lördag?" in form
        assert "Jonas Berg" not in form

    def test_on_linkedin_it_holds_none_of_them(self, anna: Client) -> None:
        shown = page(anna, on("linkedin", text="Hemligt."), "?beslut=ask_expert")
        assert "Hemligt." not in shown[shown.index('id="ask-form"') :]

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"name": " "}, "Skriv vem du frågar."),
            ({"email": "maria"}, "Skriv en giltig e-postadress"),
            ({"text": ""}, "Skriv vad du vill fråga."),
            ({"answer_day": "2026-11-20"}, "har redan passerat"),
            ({"answer_time": "sen"}, "Ange dag och klockslag"),
        ],
    )
    def test_shows_the_form_again_with_what_was_typed(
        self, anna: Client, conversation: Conversation, changes: dict[str, str], words: str
    ) -> None:
        response = post(anna, "ask_expert", conversation.pk, **{**self.form, "text": "Mina ord.", **changes})
        shown = response.content.decode()
        assert (response.status_code, words in shown) == (422, True)
        assert changes.get("text", "Mina ord.") in shown
        assert ExpertQuestion.objects.count() == 0

    def test_a_colleague_is_asked_at_the_address_we_have(self, anna: Client, conversation: Conversation) -> None:
        maria = UserFactory(name="Maria Lund", email="maria@kommunen.example")
        post(anna, "ask_expert", conversation.pk, **{**self.form, "person": maria.pk, "name": "", "email": ""})
        assert ExpertQuestion.objects.get().email == "maria@kommunen.example"

    def test_can_be_taken_back_before_the_mail_goes(self, anna: Client, conversation: Conversation) -> None:
        post(anna, "ask_expert", conversation.pk, **self.form)
        post(anna, "undo", VerdictEvent.objects.get().pk)
        assert experts.mail_due(NOW + HOUR) == 0
        assert (mail.outbox, "Väntar på Maria" in page(anna, conversation)) == ([], False)

    def test_is_waited_for_no_longer_once_the_answer_has_come(self, anna: Client, conversation: Conversation) -> None:
        post(anna, "ask_expert", conversation.pk, **self.form)
        post(anna, "expert_has_answered", ExpertQuestion.objects.get().pk)
        assert "Väntar på Maria Lund." not in page(anna, conversation)


class TestOwnReplies:
    def test_can_be_edited_where_the_platform_lets_us(self, anna: Client, conversation: Conversation) -> None:
        reply = own_item(conversation, text="Klockan nio.", posted_at=NOW, fetched_at=NOW)
        assert f"redigera={reply.pk}" in page(anna, conversation)
        assert "Ändra svaret" in page(anna, conversation, f"?redigera={reply.pk}")
        post(anna, "edit_reply", conversation.pk, reply=reply.pk, text="Klockan tio.", key="e")
        assert (Outgoing.objects.get().kind, Outgoing.objects.get().text) == ("edit", "Klockan tio.")

    def test_are_edited_on_a_phone_too_where_a_form_is_shown_once_it_is_chosen(
        self, anna: Client, conversation: Conversation
    ) -> None:
        reply = own_item(conversation, text="Klockan nio.", posted_at=NOW, fetched_at=NOW)
        assert 'id="composer" data-chosen' not in page(anna, conversation)
        assert 'id="composer" data-chosen' in page(anna, conversation, f"?redigera={reply.pk}")

    def test_that_are_refused_keep_the_words(self, anna: Client, conversation: Conversation) -> None:
        reply = own_item(conversation, text="Klockan nio.", posted_at=NOW, fetched_at=NOW)
        response = post(anna, "edit_reply", conversation.pk, reply=reply.pk, text=" ", key="e")
        shown = response.content.decode()
        assert (response.status_code, "Skriv hur svaret ska lyda." in shown, "edit-form" in shown) == (422, True, True)

    def test_show_both_wordings_once_edited(self, anna: Client, conversation: Conversation, monkeypatch: Any) -> None:
        from tests.inbox.test_moderation import Doer

        monkeypatch.setitem(
            __import__("connectors.registry").registry.PATHS, "facebook", "tests.inbox.test_moderation:Doer"
        )
        Doer.outcome = None
        reply = own_item(conversation, text="Klockan nio.", posted_at=NOW, fetched_at=NOW)
        edit = actions.edit_reply(
            conversation.pk,
            to=reply.external_id,
            text="Klockan tio.",
            by=anna.user,
            key="e",
            now=NOW,  # type: ignore[attr-defined]
        )
        sending.send(edit.pk, NOW)
        shown = page(anna, conversation)
        assert ("Klockan tio." in shown, "Klockan nio." in shown) == (True, True)

    def test_are_not_edited_on_x(self, anna: Client) -> None:
        conversation = on("twitter")
        reply = own_item(conversation, posted_at=NOW, fetched_at=NOW)
        shown = page(anna, conversation, f"?redigera={reply.pk}")
        assert ("Redigera" in shown, "Ta bort svar" in shown, "edit-form" in shown) == (False, True, False)

    def test_can_be_deleted(self, anna: Client, conversation: Conversation) -> None:
        reply = own_item(conversation, posted_at=NOW, fetched_at=NOW)
        post(anna, "delete_reply", conversation.pk, reply=reply.pk, key="d")
        assert Outgoing.objects.get().kind == "delete"

    def test_of_another_thread_are_not_found(self, anna: Client, conversation: Conversation) -> None:
        other = own_item(waiting_conversation(), posted_at=NOW, fetched_at=NOW)
        assert post(anna, "delete_reply", conversation.pk, reply=other.pk).status_code == 404
        assert post(anna, "delete_reply", conversation.pk, reply="9" * 40).status_code == 404


class TestSuggestions:
    def test_a_thank_alone_is_suggested_a_like_with_its_clock_running(self, anna: Client) -> None:
        conversation = waiting_conversation(posted_at=NOW - HOUR, text="Tack ❤")
        assert "Gilla räcker?" in anna.get("/").content.decode()
        shown = page(anna, conversation)
        assert "Förslag: Gilla räcker." in shown
        assert conversation.due_at is not None

    def test_a_question_before_it_takes_the_suggestion_away(self, anna: Client) -> None:
        conversation = waiting_conversation(posted_at=NOW - HOUR, text="Men när då?")
        ItemFactory(conversation=conversation, text="Tack ❤", posted_at=NOW, cycle=conversation.cycles.get())
        Conversation.objects.update(preview="Tack ❤", last_item_at=NOW)
        assert "Gilla räcker?" not in anna.get("/").content.decode()
        assert "Förslag:" not in page(anna, conversation)
