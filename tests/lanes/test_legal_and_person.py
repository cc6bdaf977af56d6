"""Two lanes that want more than a reply: something with legal effect, and somebody in need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from connectors.base import Sent
from inbox import actions
from inbox.lanes import legal
from inbox.lanes import texts as lane_texts
from inbox.leaving import sending
from inbox.models import Conversation, Draft, FollowUp, Outgoing, PassedOn
from inbox.promise import followups
from tests.factories import NOW, UserFactory

pytestmark = pytest.mark.django_db
Write = Callable[..., Conversation]
REQUEST = "jag begär ut alla handlingar om badhuset"
NEED = "ni har avslagit mitt försörjningsstöd, hur överlever vi"
DAY = timedelta(days=1)


@pytest.fixture
def registrar() -> str:
    content = {**lane_texts.BUILT_IN, "recipients": {**lane_texts.BUILT_IN["recipients"]}}
    content["recipients"]["records"] = {"name": "Registrator", "email": "registrator@exempelby.example"}
    lane_texts.save(content, by=UserFactory(role="admin"), now=NOW)
    return "registrator@exempelby.example"


def test_a_request_for_records_is_mailed_to_the_registrar_without_its_words(
    registrar: str, write: Write, mailoutbox: list[Any]
) -> None:
    row = write(REQUEST)
    assert legal.mail_due(NOW + timedelta(seconds=30)) == 1
    assert legal.mail_due(NOW + timedelta(seconds=60)) == 0
    (mail,) = mailoutbox
    assert mail.to == [registrar]
    assert f"/k/{row.pk}/" in mail.body
    assert "badhuset" not in mail.body and str(row.contact) not in mail.body


def test_without_an_address_a_redirect_is_refused_until_somebody_has_handed_it_over(write: Write, anna: Client) -> None:
    row = write(REQUEST)
    form = {"verdict": "redirect", "text": "Vänd dig till registrator.", "key": "k1"}
    refused = anna.post(f"/k/{row.pk}/svara/", form)
    assert refused.status_code == 422
    assert "en hänvisning räcker inte" in refused.content.decode()
    assert "Begäran om allmän handling till Registrator" in refused.content.decode()
    anna.post(f"/k/{row.pk}/tas-over/", {"kind": "records"})
    anna.post(f"/k/{row.pk}/tas-over/", {"kind": "records"})
    assert PassedOn.objects.get().by == anna.user  # type: ignore[attr-defined]
    assert anna.post(f"/k/{row.pk}/svara/", form).status_code == 302


def test_an_uncertain_find_mails_nobody(registrar: str, write: Write, mailoutbox: list[Any]) -> None:
    assert write("Var hittar jag diariet?").lane == 3
    assert legal.mail_due(NOW + DAY) == 0


def test_somebody_in_need_meets_four_steps_and_not_the_free_composer(write: Write, anna: Client) -> None:
    row = write(NEED)
    page = anna.get(f"/k/{row.pk}/").content.decode()
    for step in ("1. Bekräfta", "2. Förklara sekretess", "3. Rätt instans", "4. Följ upp", "112", "1177", "116 111"):
        assert step in page
    assert 'href="tel:116111"' in page  # who is on call may ring from the phone
    assert 'id="text"' not in page
    assert 'id="text"' in anna.get(f"/k/{row.pk}/?beslut=answer").content.decode()


def test_the_steps_become_a_draft_that_can_be_changed(write: Write, anna: Client) -> None:
    row = write(NEED)
    chosen = {"acknowledge": "0", "secrecy": "0", "number": ["1", "2"], "follow_up": "0"}
    answer = anna.post(f"/k/{row.pk}/steg/", chosen, follow=True)
    text = Draft.objects.get(slot="redirect").text
    assert text.startswith("Hej Jonas! Tack för att du skriver")
    assert "ring 116 111" in text and "Socialjouren" not in text
    assert "Skicka hänvisningen" in answer.content.decode()
    assert anna.post(f"/k/{row.pk}/steg/", {"acknowledge": "0", "secrecy": "9" * 9}).status_code == 422


def redirected(row: Conversation, at: datetime) -> Outgoing:
    by = UserFactory()
    outgoing = actions.reply(row.pk, kind="redirect", text="Ring 112.", by=by, key=f"r{row.pk}{at:%H%M}", now=at)
    claimed = sending.claim(outgoing.pk, now=at, holder="test")
    assert claimed is not None
    sending.accepted(claimed, Sent(f"reply-{outgoing.pk}", at), at)
    row.refresh_from_db()
    return outgoing


FRIDAY = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
MONDAY_AT_NINE = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


def test_the_question_comes_the_next_working_day_at_nine_and_stands_on_top(write: Write) -> None:
    row = write(NEED, at=FRIDAY)
    redirected(row, FRIDAY)
    assert row.status == "closed"
    assert FollowUp.objects.get().ask_at == MONDAY_AT_NINE
    assert followups.ask_due(MONDAY_AT_NINE - timedelta(seconds=1)) == 0
    assert followups.ask_due(MONDAY_AT_NINE) == 1
    assert followups.ask_due(MONDAY_AT_NINE) == 0
    row.refresh_from_db()
    assert (row.status, row.lane) == ("open", 2)


def test_it_closes_by_an_answer_alone(write: Write) -> None:
    row, anna = write(NEED, at=FRIDAY), UserFactory()
    redirected(row, FRIDAY)
    followups.ask_due(MONDAY_AT_NINE)
    with pytest.raises(actions.Refused, match="om personen fick hjälp"):
        actions.close(row.pk, reason="other", by=anna, now=MONDAY_AT_NINE)
    assert followups.answer(row.pk, "yes", by=anna, now=MONDAY_AT_NINE).status == "closed"
    with pytest.raises(actions.Refused):
        followups.answer(row.pk, "yes", by=anna, now=MONDAY_AT_NINE)


def test_no_keeps_it_in_the_list_and_unknown_asks_again(write: Write) -> None:
    row, anna = write(NEED, at=FRIDAY), UserFactory()
    redirected(row, FRIDAY)
    followups.ask_due(MONDAY_AT_NINE)
    assert followups.answer(row.pk, "unknown", by=anna, now=MONDAY_AT_NINE).status == "closed"
    assert followups.ask_due(MONDAY_AT_NINE + DAY) == 1
    assert followups.answer(row.pk, "no", by=anna, now=MONDAY_AT_NINE + DAY).status == "open"
    assert actions.close(row.pk, reason="other", by=anna, now=MONDAY_AT_NINE + DAY)


def test_an_ordinary_redirect_is_not_followed_up(write: Write) -> None:
    redirected(write("När öppnar simhallen?", at=FRIDAY), FRIDAY)
    assert not FollowUp.objects.exists()


def test_the_pages_ask_and_take_the_answer(write: Write, anna: Client) -> None:
    row = write(NEED, at=NOW - 2 * DAY)
    redirected(row, NOW - 2 * DAY)
    followups.ask_due(NOW)
    assert "Fick personen hjälp?" in anna.get(f"/k/{row.pk}/").content.decode()
    assert anna.post(f"/k/{row.pk}/fick-hjalp/", {"answer": "kanske"}).status_code == 422
    anna.post(f"/k/{row.pk}/fick-hjalp/", {"answer": "yes"})
    row.refresh_from_db()
    assert row.status == "closed"


def test_an_urgent_conversation_says_when_it_was_first_seen(write: Write, anna: Client) -> None:
    row = write("Vi vet var ni bor", at=NOW - timedelta(hours=1))
    actions.mark_seen(row.pk, by=UserFactory(), now=NOW - timedelta(minutes=5))
    assert "Sedd 09.55, ej åtgärdad 6 min" in anna.get(f"/k/{row.pk}/").content.decode()


def test_a_click_moves_it_and_the_page_says_by_whom(write: Write, anna: Client) -> None:
    row = write("När öppnar simhallen?")
    anna.post(f"/k/{row.pk}/spar/", {"lane": "3"})
    assert "dit flyttad av Anna" in anna.get(f"/k/{row.pk}/").content.decode()
    assert anna.post(f"/k/{row.pk}/spar/", {"lane": "7"}).status_code == 422


def test_only_admins_change_what_the_lanes_say(admin: Client, anna: Client) -> None:
    assert anna.get("/regler/spar/").status_code == 200
    assert anna.post("/regler/spar/", {}).status_code == 403
    texts = {
        "numbers": "112 | SOS Alarm | fara\n0555-10 00 00 | Socialjouren | kvällar", "acknowledge": "Hej {namn}!",
        "secrecy": "Alla kan läsa.", "follow_up": "Hör av dig.",
        **{f"{key}_name": "Registrator" for key in lane_texts.LEGAL}, "records_email": "r@exempelby.example",
    }  # fmt: skip
    assert admin.post("/regler/spar/", texts).status_code == 302
    assert lane_texts.current().numbers[1].number == "0555-10 00 00"
    assert lane_texts.current().recipient("records").email == "r@exempelby.example"
    assert admin.post("/regler/spar/", texts | {"numbers": "112"}).status_code == 422
