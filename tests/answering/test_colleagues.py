"""Notes with mentions, handing over between departments, and how colleagues are told of either."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from accounts.models import AuditEvent, Membership, NoticeSettings, User
from inbox import actions
from inbox.deciding import handing
from inbox.models import Conversation, Draft, HandOver, HeadsUp, Note, Outgoing
from inbox.telling import headsup
from inbox.writing import drafts
from tests.factories import NOW, DepartmentFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
SATURDAY = NOW + timedelta(days=4)


@pytest.fixture
def per() -> User:
    return UserFactory(name="Per Lind", username="perlin")


def note(client: Client, row: Conversation, text: str, *ticked: User) -> Any:
    given = {"note": text, "naming": [person.pk for person in ticked]}
    return client.post(reverse("inbox:note", args=[row.pk]), given, follow=True)


def composer(client: Client, row: Conversation, query: str = "") -> str:
    page = client.get(f"/k/{row.pk}/{query}").content.decode()
    return page[page.index('<section class="composer') :]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Vet @Per Lind det här?", ["Per Lind"]),
        ("@perlin kan du?", ["Per Lind"]),
        ("@per, ring", ["Per Lind"]),
        ("@Anna vet", []),  # there are two of them
        ("@Anna Ek vet, @Anna Öst också, @anna ek", ["Anna Ek", "Anna Öst"]),
        ("skriv till info@per.example", []),
        ("@Person @Perl", []),
        ("Per Lind, utan tecken", []),
        ("", []),
    ],
)
def test_a_name_after_an_at_sign_means_one_person(text: str, named: list[str], per: User) -> None:
    people = [per, UserFactory(name="Anna Ek"), UserFactory(name="Anna Öst")]
    assert [str(person) for person in headsup.mentioned(text, people)] == named


def test_who_is_mentioned_is_told_once_without_a_word_of_the_note(anna: Client, per: User) -> None:
    row = waiting_conversation(text="Hemlig fråga")
    said = note(anna, row, "@Per Lind, stämmer det här om soptunnan?")
    assert "Per Lind får veta det." in said.content.decode()
    assert (headsup.tell(NOW), headsup.tell(NOW)) == (1, 0)
    [letter] = mail.outbox
    assert letter.to == [per.email]
    assert letter.subject == "Gensvar: Anna vill att du tittar på en konversation"
    assert f"/k/{row.pk}/" in letter.body and "Anna Ek nämnde dig" in letter.body
    assert "soptunnan" not in letter.body and "Hemlig" not in letter.body and "Jonas" not in letter.body


def test_without_a_script_a_ticked_colleague_is_named_at_the_end(anna: Client, per: User) -> None:
    row = waiting_conversation()
    note(anna, row, "Stämmer det?", per)
    assert Note.objects.get().text == "Stämmer det?\n@Per Lind"
    note(anna, row, "Och du då, @Per Lind?", per)
    assert Note.objects.latest("pk").text == "Och du då, @Per Lind?"
    assert HeadsUp.objects.count() == 2


def test_nobody_is_told_of_a_conversation_that_he_or_she_may_not_see(anna: Client, per: User) -> None:
    per.memberships.update(role="department", department=DepartmentFactory(name="Kultur"))
    row = waiting_conversation()
    Conversation.objects.filter(pk=row.pk).update(department=DepartmentFactory(name="Teknik"))
    note(anna, row, "@Per Lind")
    assert not HeadsUp.objects.exists()


def test_nobody_is_told_of_what_one_wrote_oneself(anna: Client) -> None:
    note(anna, waiting_conversation(), "@Anna Ek: kom ihåg")
    assert not HeadsUp.objects.exists()


def test_nobody_is_told_on_a_saturday_or_in_quiet_hours_and_all_on_monday(anna: Client, per: User) -> None:
    note(anna, waiting_conversation(), "@Per Lind")
    assert headsup.tell(SATURDAY) == 0
    NoticeSettings.objects.create(user=per, quiet_from="09:00", quiet_until="12:00")
    assert headsup.tell(NOW) == 0
    assert headsup.tell(NOW + timedelta(hours=3)) == 1


def test_who_is_away_is_stood_in_for(anna: Client, per: User) -> None:
    bo = UserFactory(name="Bo Ask")
    NoticeSettings.objects.create(user=per, absent_from=NOW.date(), deputy=bo)
    note(anna, waiting_conversation(), "@Per Lind")
    headsup.tell(NOW)
    assert mail.outbox[0].to == [bo.email]


def test_a_mail_that_fails_is_tried_again(anna: Client, per: User, settings: Any) -> None:
    note(anna, waiting_conversation(), "@Per Lind")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert headsup.tell(NOW) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert headsup.tell(NOW + timedelta(minutes=1)) == 0  # its turn comes in five minutes
    assert headsup.tell(NOW + headsup.TRY_AGAIN_AFTER) == 1


def test_a_note_and_a_reply_are_two_texts_and_neither_becomes_the_other(anna: Client) -> None:
    row, url = waiting_conversation(), "inbox:draft"
    anna.post(reverse(url, args=[row.pk]), {"slot": "answer", "text": "Till Jonas"})
    anna.post(reverse(url, args=[row.pk]), {"slot": "note", "text": "Bara för oss"})
    answering, noting = composer(anna, row), composer(anna, row, "?sida=anteckning")
    assert "Till Jonas</textarea>" in answering and "Bara för oss" not in answering
    assert "Bara för oss</textarea>" in noting and "Till Jonas" not in noting
    assert "/svara/" not in noting and "is-internal" in noting
    note(anna, row, "Bara för oss")
    assert not Outgoing.objects.exists()
    assert [draft.text for draft in Draft.objects.all()] == ["Till Jonas"]


def test_sending_the_reply_leaves_the_note_that_is_being_written(anna: Client) -> None:
    row = waiting_conversation()
    drafts.save(row, "note", "Halv anteckning", by=anna.user, now=NOW)  # type: ignore[attr-defined]
    anna.post(reverse("inbox:reply", args=[row.pk]), {"verdict": "answer", "key": "k", "text": "Hej"})
    assert Draft.objects.get().text == "Halv anteckning"


def test_a_note_cannot_be_shared_into_somebody_elses_reply(anna: Client, sign_in: Callable[..., Client]) -> None:
    row = waiting_conversation()
    for name in ("draft", "draft_share"):
        anna.post(reverse(f"inbox:{name}", args=[row.pk]), {"slot": "note", "text": "Bara för oss", "shared": "1"})
    draft = Draft.objects.get()
    assert not draft.shared
    per = sign_in(name="Per Ström")
    assert "Bara för oss" not in composer(per, row) + composer(per, row, f"?beslut=answer&utkast={draft.pk}")


def test_who_hands_over_what_he_or_she_then_may_not_see_goes_on_to_the_next(
    sign_in: Callable[..., Client], departments: Any
) -> None:
    teknik, skola, _central = departments
    client = sign_in("department", "Tea Ek")
    client.user.memberships.update(department=teknik)  # type: ignore[attr-defined]
    row = waiting_conversation(thread__channel__department=teknik, thread__channel__kind="topic", department=teknik)
    assert client.get(f"/k/{row.pk}/").status_code == 200
    assert over(client, row, skola)["Location"] == "/"
    assert client.get(f"/k/{row.pk}/").status_code == 404
    assert client.post(reverse("inbox:here", args=[row.pk]), {"state": "here"}).status_code == 404


def test_a_note_asks_to_be_written_so_that_it_can_be_read_by_whom_it_is_about(anna: Client) -> None:
    assert "tål att läsas av den det gäller" in composer(anna, waiting_conversation(), "?sida=anteckning")


@pytest.fixture
def departments() -> tuple[Any, Any, Any]:
    return (
        DepartmentFactory(name="Teknik"),
        DepartmentFactory(name="Skola"),
        DepartmentFactory(name="Kommunikation", is_central=True),
    )


def over(client: Client, row: Conversation, to: Any, reason: str = "Det är er väg.") -> Any:
    given = {"department": str(to.pk), "reason": reason}
    return client.post(reverse("inbox:hand_over", args=[row.pk]), given)


def test_the_receiver_reads_why_and_is_told(anna: Client, per: User, departments: Any) -> None:
    row, (_teknik, skola, _central) = waiting_conversation(), departments
    Membership.objects.create(user=per, department=skola, role="communicator")
    actions.assign(row.pk, to_user=anna.user, by=anna.user, now=NOW)  # type: ignore[attr-defined]
    assert over(anna, row, skola, "Gäller <skolan>").status_code == 302
    row.refresh_from_db()
    assert (row.department, row.assignee) == (skola, None)
    page = anna.get(f"/k/{row.pk}/").content.decode()
    assert "till Skola.</strong> Anna Ek" in page and escape("Gäller <skolan>") in page
    headsup.tell(NOW)
    assert [letter.to for letter in mail.outbox] == [[per.email]] and "skolan" not in mail.outbox[0].body
    assert "skolan" not in str(AuditEvent.objects.get(action="conversation.handed_over").data)


def test_a_hand_over_needs_a_reason_and_keeps_what_was_typed(anna: Client, departments: Any) -> None:
    row = waiting_conversation()
    refused = over(anna, row, departments[1], "  ")
    assert refused.status_code == 422 and "Skriv varför ni lämnar över" in refused.content.decode()
    nowhere = anna.post(reverse("inbox:hand_over", args=[row.pk]), {"department": "", "reason": "Er väg"})
    assert "Välj vilken förvaltning" in nowhere.content.decode() and "Er väg</textarea>" in nowhere.content.decode()
    assert not HandOver.objects.exists()


def test_what_was_sent_back_once_goes_by_way_of_the_central_unit(anna: Client, departments: Any) -> None:
    row, (teknik, skola, central) = waiting_conversation(), departments
    for to in (teknik, skola, teknik):
        assert over(anna, row, to).status_code == 302
    assert "Den har redan skickats tillbaka en gång" in over(anna, row, skola).content.decode()
    assert over(anna, row, central).status_code == 302
    boss = UserFactory(name="Cia Berg")
    Membership.objects.create(user=boss, department=central, role="manager")
    assert handing.hand_over(row.pk, to=skola, reason="Ni tar den", by=boss, now=NOW).to_department == skola


def test_one_that_has_not_had_it_may_still_get_it_after_a_bounce(anna: Client, departments: Any) -> None:
    row, (teknik, skola, _central) = waiting_conversation(), departments
    for to in (teknik, skola, teknik, DepartmentFactory(name="Kultur")):
        assert over(anna, row, to).status_code == 302


def test_it_is_not_handed_to_where_it_lies(anna: Client) -> None:
    row = waiting_conversation()
    assert "ligger redan hos" in over(anna, row, row.channel.department).content.decode()
