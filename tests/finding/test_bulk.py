"""Many conversations at once: exactly those, each by its own guard, and all of it taken back together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client

from accounts.models import ApprovalRule, Role, User
from inbox.deciding import bulk
from inbox.models import Batch, Conversation, Draft, Outgoing, PendingReply, ReplyCycle, Thread
from inbox.writing import drafts
from tests.factories import NOW, ChannelFactory, ItemFactory, ThreadFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def three(**kwargs: Any) -> list[Conversation]:
    return [waiting_conversation(posted_at=NOW - n * HOUR, **kwargs) for n in (1, 2, 3)]


def act(client: Client, rows: list[Conversation], do: str, **more: Any) -> Any:
    form = {"row": [row.pk for row in rows], "do": do, "key": "k", "drawn_at": NOW.isoformat(), **more}
    return client.post("/val/?vy=open", form)


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def statuses(rows: list[Conversation]) -> list[str]:
    return [Conversation.objects.get(pk=row.pk).status for row in rows]


def undo(client: Client) -> Any:
    return client.post(f"/val/{Batch.objects.get().pk}/angra/?vy=open")


def test_several_are_closed_with_a_reason_and_the_number_is_told(anna: Client) -> None:
    rows, other = three(), waiting_conversation()
    answer = act(anna, rows, "no_reply:emoji")
    assert (answer.status_code, answer["Location"]) == (302, "/?vy=open")
    assert statuses([*rows, other]) == ["closed"] * 3 + ["open"]
    assert told(answer) == ["3 är klara utan svar."]


def test_all_of_it_is_taken_back_at_once(anna: Client) -> None:
    rows = three()
    act(anna, rows, "no_reply:emoji")
    with time_machine.travel(NOW + 9 * SECOND, tick=False):
        assert told(undo(anna)) == ["3 är klara utan svar.", "3 är ångrade."]
    assert statuses(rows) == ["open"] * 3
    assert ReplyCycle.objects.filter(ended_at=None).count() == 3


def test_after_ten_seconds_it_is_too_late(anna: Client) -> None:
    rows = three()
    act(anna, rows, "no_reply:emoji")
    with time_machine.travel(NOW + 20 * SECOND, tick=False):
        assert "Det går inte att ångra längre." in told(undo(anna))
    assert statuses(rows) == ["closed"] * 3


def test_what_somebody_else_undid_or_sent_meanwhile_is_counted_apart(anna: Client) -> None:
    rows = three()
    act(anna, rows, "like")
    Outgoing.objects.filter(conversation=rows[0]).update(status="sending")
    assert told(undo(anna))[-2:] == ["2 är ångrade.", "1 hann bli klar."]


def test_whoever_has_written_since_is_left_out(anna: Client) -> None:
    rows = three()
    Conversation.objects.filter(pk=rows[1].pk).update(arrived_at=NOW + SECOND)
    answer = act(anna, rows, "no_reply:emoji")
    assert statuses(rows) == ["closed", "open", "closed"]
    assert told(answer) == [
        "2 är klara utan svar.",
        "1 lämnades. Jonas Berg: Har skrivit något nytt sedan listan visades.",
    ]


def test_likes_go_where_the_platform_has_them(anna: Client) -> None:
    rows = three()
    rows.append(waiting_conversation(thread=ThreadFactory(channel=ChannelFactory(platform="youtube"))))
    answer = act(anna, rows, "like")
    assert Outgoing.objects.filter(kind="like").count() == 3
    assert "1 lämnades" in told(answer)[1]


def test_several_are_given_to_somebody_and_back(anna: Client) -> None:
    rows = three()
    Conversation.objects.filter(pk=rows[0].pk).update(assignee=anna.user)  # type: ignore[attr-defined]
    per = UserFactory(name="Per")
    act(anna, rows, "assign", assignee=per.pk)
    assert Conversation.objects.filter(assignee=per).count() == 3
    undo(anna)
    assert [Conversation.objects.get(pk=row.pk).assignee_id for row in rows] == [anna.user.pk, None, None]  # type: ignore[attr-defined]


def test_several_rest_but_not_past_a_deadline(anna: Client) -> None:
    rows = three()
    Conversation.objects.filter(pk=rows[0].pk).update(due_at=None, due_soon_at=None)
    ReplyCycle.objects.filter(conversation=rows[0]).delete()
    answer = act(anna, rows, "rest:answer")
    assert statuses(rows) == ["snoozed", "open", "open"]
    assert "2 lämnades" in told(answer)[1]
    undo(anna)
    assert statuses(rows) == ["open"] * 3


def test_each_reply_is_shown_with_its_own_words_before_it_goes(anna: Client) -> None:
    rows = three()
    page = act(anna, rows, "answer").content.decode()
    assert "Visa alla 3 svar" in page
    page = act(anna, rows, "answer", text="Hej {namn}! Ja, 9–17.", seen="1").content.decode()
    assert page.count("Hej Jonas! Ja, 9–17.</textarea>") == 3
    assert "Skicka 3 svar" in page
    assert not Outgoing.objects.exists()


def test_each_goes_as_its_own_outgoing_and_an_emptied_one_stays(anna: Client) -> None:
    rows = three()
    texts = {f"text-{row.pk}": f"Svar {n}" for n, row in enumerate(rows)} | {f"text-{rows[2].pk}": " "}
    answer = act(anna, rows, "send", seen="1", **texts)
    assert told(answer) == ["2 svar skickas om 10 sekunder."]
    assert set(Outgoing.objects.values_list("text", flat=True)) == {"Svar 0 /Anna", "Svar 1 /Anna"}
    undo(anna)
    assert set(Outgoing.objects.values_list("status", flat=True)) == {"cancelled"}


def test_what_a_guard_stops_is_shown_again_with_its_words_and_the_others_go(anna: Client) -> None:
    rows = three()
    texts = {f"text-{row.pk}": "Bra fråga" for row in rows} | {f"text-{rows[1].pk}": "Ditt nummer 19811218-9876"}
    answer = act(anna, rows, "send", seen="1", **texts)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Ditt nummer 19811218-9876</textarea>" in page
    assert "innehåller ett personnummer" in page
    assert Outgoing.objects.count() == 2


def texts_to(rows: list[Conversation], text: str) -> dict[str, str]:
    return {f"text-{row.pk}": text for row in rows}


def apart(answer: Any) -> dict[int, str]:
    """Which rows stand apart, to be answered one by one, and why."""
    return {entry["row"].pk: entry["why"] for entry in answer.context["apart"]}


def test_a_text_that_wants_a_reason_is_sent_to_nobody_and_waits_as_a_draft_where_the_reason_is_asked(
    anna: Client,
) -> None:
    rows = three()
    texts = texts_to(rows, "Bra fråga!") | texts_to(rows[1:2], "Ring Bo på 070-123 45 67")
    answer = act(anna, rows, "send", seen="1", **texts)
    assert (answer.status_code, Outgoing.objects.count()) == (422, 2)
    assert "telefonnummer" in apart(answer)[rows[1].pk]
    page = answer.content.decode()
    assert f'href="/k/{rows[1].pk}/?vy=open"' in page and f'name="text-{rows[1].pk}"' not in page
    draft = Draft.objects.get()
    assert (draft.conversation, draft.slot, draft.shared) == (rows[1], "answer", False)
    assert "Ring Bo på 070-123 45 67</textarea>" in anna.get(f"/k/{rows[1].pk}/").content.decode()


def test_what_was_already_typed_there_stays_above_what_is_kept_for_later(anna: Client) -> None:
    rows = three()
    drafts.save(rows[1], "answer", "Vi återkommer", by=User.objects.get(name__startswith="Anna"), now=NOW - SECOND)
    for _twice in range(2):
        act(anna, rows, "send", seen="1", **texts_to(rows[1:2], "Ring Bo på 070-123 45 67"))
    assert Draft.objects.get().text == "Vi återkommer\n\nRing Bo på 070-123 45 67"


def test_the_third_of_one_wording_in_a_thread_is_asked_about_one_by_one(anna: Client) -> None:
    thread = ThreadFactory()
    rows = three(thread=thread)
    answer = act(anna, rows, "send", seen="1", **texts_to(rows, "Ja, klockan nio."))
    assert Outgoing.objects.count() == 2
    assert ["Samma svar står redan 2 gånger" in why for why in apart(answer).values()] == [True]


def test_somebody_elses_answer_since_the_list_was_drawn_is_never_written_over(anna: Client) -> None:
    rows = three()
    ItemFactory(conversation=rows[0], from_us=True, text="Klockan nio.", posted_at=NOW, fetched_at=NOW + SECOND)
    per = UserFactory(name="Per Ek")
    Outgoing.objects.create(
        conversation=rows[1], kind="answer", to=rows[1].items.get(), text="Nio.", key="p", by=per, drawn_at=NOW,
        created_at=NOW, not_before=NOW,
    )  # fmt: skip
    shown = act(anna, rows, "answer", text="Hej {namn}!", seen="1")
    assert set(apart(shown)) == {rows[0].pk, rows[1].pk}
    assert "Per har redan ett svar på väg" in apart(shown)[rows[1].pk]
    assert "Skicka 1 svar" in shown.content.decode()
    again = act(anna, rows, "send", seen="1", **texts_to(rows, "Hej!"))
    assert set(apart(again)) == {rows[0].pk, rows[1].pk}
    assert [sent.conversation for sent in Outgoing.objects.filter(by=anna.user)] == [rows[2]]  # type: ignore[attr-defined]


def test_who_shows_the_refused_again_and_sends_anew_gets_no_further(anna: Client) -> None:
    rows = three()[:1]
    act(anna, rows, "send", seen="1", **texts_to(rows, "Ring Bo på 070-123 45 67"))
    answer = act(
        anna, rows, "send", seen="1", key="other", anyway="phone", **texts_to(rows, "Ring Bo på 070-123 45 67")
    )
    assert set(apart(answer)) == {rows[0].pk}
    assert not Outgoing.objects.exists()


def test_what_a_colleague_writes_in_just_now_stands_apart_until_he_has_gone(anna: Client) -> None:
    rows = three()
    drafts.save(rows[0], "answer", "Hej", by=UserFactory(name="Per Ek"), now=NOW - SECOND)
    assert apart(act(anna, rows, "answer")) == {rows[0].pk: "Per skriver ett svar här."}
    with time_machine.travel(NOW + 5 * 60 * SECOND, tick=False):
        assert apart(act(anna, rows, "answer")) == {}


def test_somebody_in_need_and_a_private_message_are_not_answered_by_the_dozen(anna: Client) -> None:
    rows = three()
    Conversation.objects.filter(pk=rows[0].pk).update(lane=Conversation.Lane.PERSON)
    Thread.objects.filter(pk=rows[1].thread_id).update(is_private=True)
    answer = act(anna, rows, "answer")
    assert set(apart(answer)) == {rows[0].pk, rows[1].pk}
    assert "2 behöver egna svar" in answer.content.decode()
    act(anna, rows, "send", seen="1", **texts_to(rows, "Hej!"))
    assert [sent.conversation for sent in Outgoing.objects.all()] == [rows[2]]


def test_when_all_of_them_need_an_answer_of_their_own_there_is_nothing_to_send(anna: Client) -> None:
    rows = three()
    Conversation.objects.update(lane=Conversation.Lane.PERSON)
    page = act(anna, rows, "answer", text="Hej!").content.decode()
    assert "3 behöver egna svar" in page and 'id="batch-text"' not in page and 'value="send"' not in page
    assert act(anna, rows, "no_reply:emoji").status_code == 302


def test_a_dead_link_stops_only_those_that_hold_it_and_is_looked_at_once(anna: Client) -> None:
    rows = three()
    texts = texts_to(rows, "Se ftp") | texts_to(rows[:2], "Läs https://[nere")
    answer = act(anna, rows, "send", seen="1", **texts)
    assert answer.status_code == 422 and Outgoing.objects.count() == 1
    assert answer.content.decode().count("Länken https://[nere fungerar inte") == 2
    assert apart(answer) == {}


def test_what_has_to_be_approved_waits_is_told_so_and_is_taken_back_with_the_rest(anna: Client) -> None:
    rows = three()
    ApprovalRule.objects.create(channel=rows[0].channel)
    answer = act(anna, rows, "send", seen="1", **texts_to(rows, "Hej!"))
    assert told(answer) == ["2 svar skickas om 10 sekunder. 1 svar väntar på godkännande."]
    assert Outgoing.objects.count() == 2
    undo(anna)
    assert PendingReply.objects.get().outcome == PendingReply.Outcome.WITHDRAWN
    assert set(Outgoing.objects.values_list("status", flat=True)) == {"cancelled"}


def test_all_of_a_view_is_shown_before_anything_is_decided(anna: Client) -> None:
    rows = [waiting_conversation(posted_at=NOW - HOUR) for _ in range(45)]
    late = waiting_conversation()
    Conversation.objects.filter(pk=late.pk).update(arrived_at=NOW + SECOND)
    listed = anna.get("/?vy=open").content.decode()
    assert "Alla 46 i urvalet" in listed
    answer = anna.post("/val/?vy=open", {"scope": "all", "do": "no_reply:emoji", "drawn_at": NOW.isoformat()})
    assert answer.context["count"] == 45
    assert "Markera 45 som klara" in answer.content.decode()
    assert statuses(rows[:3]) == ["open"] * 3


def test_at_most_so_many_as_somebody_can_read(anna: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    answer = act(anna, three(), "")
    assert answer.context["count"] == 2
    assert "Högst 2 åt gången" in answer.content.decode()


def test_the_same_form_acts_once_and_another_by_the_same_key_by_itself(anna: Client) -> None:
    rows = three()
    act(anna, rows, "no_reply:emoji")
    act(anna, rows, "no_reply:emoji")
    assert Batch.objects.count() == 1
    act(anna, [waiting_conversation()], "no_reply:emoji")
    assert Batch.objects.count() == 2


@pytest.mark.parametrize("do", ["no_reply:x", "rest:never", "no_reply", "rest"])
def test_a_choice_that_is_missing_is_asked_for(do: str, anna: Client) -> None:
    rows = three()
    assert act(anna, rows, do).status_code == 422
    assert statuses(rows) == ["open"] * 3


@pytest.mark.parametrize("form", [{}, {"row": ["x", "-1", "9" * 30]}, {"row": ["999"], "do": "like"}])
def test_nothing_chosen_is_told(form: dict[str, Any], anna: Client) -> None:
    assert told(anna.post("/val/", form)) == ["Markera minst en konversation först."]


def test_a_batch_of_somebody_else_cannot_be_taken_back(anna: Client, sign_in: Callable[..., Client]) -> None:
    rows = three()
    act(anna, rows, "no_reply:emoji")
    undo(sign_in(Role.MANAGER, "Per"))
    assert statuses(rows) == ["closed"] * 3


def test_a_page_of_many_takes_no_more_queries_for_more_of_them(
    anna: Client, django_assert_max_num_queries: Callable
) -> None:
    rows = [row for _ in range(4) for row in three()]
    with django_assert_max_num_queries(12):
        act(anna, rows, "answer", text="Hej {namn}! {länk:felanmälan}", seen="1")
