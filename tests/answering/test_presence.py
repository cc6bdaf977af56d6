"""Who looks, who writes, who is away; the soft lock, and taking it over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from inbox.models import Conversation, Draft, Presence
from inbox.showing import presence, thread
from inbox.showing.presence import Around, State
from inbox.writing import drafts
from tests.factories import NOW, UserFactory, waiting_conversation
from tests.inbox.test_outbox_races import at_once

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def seen(viewer: User, row: Conversation, after: timedelta = timedelta()) -> Around:
    return presence.around(thread.conversation(viewer, row.pk), viewer, NOW + after)


def states(viewer: User, row: Conversation, after: timedelta = timedelta()) -> dict[str, State]:
    return {each.name: each.state for each in seen(viewer, row, after).others}


def test_looking_writing_and_being_away_are_three_things() -> None:
    row, anna = waiting_conversation(), UserFactory(name="Anna Ek")
    per, bo, eva = (UserFactory(name=name) for name in ("Per Lind", "Bo Ask", "Eva Ek"))
    presence.look(row, by=per, now=NOW)
    presence.look(row, by=bo, now=NOW, is_away=True)
    drafts.save(row, "answer", "Hej", by=eva, now=NOW)
    assert states(anna, row) == {"Per": State.LOOKS, "Bo": State.AWAY, "Eva": State.WRITES}
    assert [each.name for each in seen(anna, row).others] == ["Eva", "Per", "Bo"]


def test_nobody_sees_oneself_and_whoever_gives_no_sign_is_gone() -> None:
    row, anna, per = waiting_conversation(), UserFactory(name="Anna Ek"), UserFactory(name="Per Lind")
    presence.look(row, by=per, now=NOW)
    assert states(per, row) == {}
    assert states(anna, row, presence.GONE_AFTER) == {"Per": State.LOOKS}
    assert states(anna, row, presence.GONE_AFTER + SECOND) == {}


def test_a_row_of_the_list_says_who_else_writes_or_looks_and_is_kept_up_to_date(
    anna: Client, django_assert_max_num_queries: Callable
) -> None:
    row, per, bo = waiting_conversation(), UserFactory(name="Per Lind"), UserFactory(name="Bo Ask")
    presence.look(row, by=anna.user, now=NOW)  # type: ignore[attr-defined]
    presence.look(row, by=bo, now=NOW, is_away=True)
    assert "tittar" not in anna.get("/").content.decode()
    presence.look(row, by=per, now=NOW)
    news = {"rader": str(row.pk), "sedan": NOW.isoformat()}
    assert "Per tittar" in anna.get("/nytt/", news).content.decode()
    drafts.save(row, "answer", "Hej", by=per, now=NOW)
    with django_assert_max_num_queries(12):
        page = anna.get("/").content.decode()
    assert "Per skriver" in page and "Bo tittar" not in page and "Anna tittar" not in page
    presence.leave(row, by=per)
    assert "Per skriver" not in anna.get("/nytt/", news).content.decode()


def test_the_lock_lapses_two_minutes_after_the_last_key() -> None:
    row, anna, per = waiting_conversation(), UserFactory(name="Anna Ek"), UserFactory(name="Per Lind")
    drafts.save(row, "answer", "Hej", by=per, now=NOW)
    later = NOW + presence.HOLDS_FOR + SECOND
    presence.look(row, by=per, now=later)
    assert states(anna, row, later - NOW) == {"Per": State.LOOKS}
    drafts.save(row, "answer", "Hallå", by=anna, now=later)
    assert seen(per, row, later - NOW).writer.name == "Anna"  # type: ignore[union-attr]


def test_who_writes_second_keeps_the_words_and_does_not_get_the_lock() -> None:
    row, anna, per = waiting_conversation(), UserFactory(name="Anna Ek"), UserFactory(name="Per Lind")
    drafts.save(row, "answer", "Pers text", by=per, now=NOW)
    drafts.save(row, "answer", "Annas text", by=anna, now=NOW + SECOND)
    assert seen(anna, row, SECOND).writer.name == "Per"  # type: ignore[union-attr]
    assert Draft.objects.count() == 2
    assert Presence.objects.get(holds=True).user == per


def test_taking_over_keeps_the_others_draft_and_tells_both(anna: Client, sign_in: Callable[..., Client]) -> None:
    row, per = waiting_conversation(), sign_in(name="Per Lind")
    url = reverse("inbox:draft", args=[row.pk])
    per.post(url, {"slot": "answer", "text": "Pers text"})
    assert "Per skriver ett svar här." in page(anna, row)
    said = anna.post(reverse("inbox:take_over", args=[row.pk]), follow=True).content.decode()
    assert "Du skriver svaret nu. Per får veta det och har kvar sin text." in said
    shown = page(per, row)
    assert "Anna tog över svaret. Din text är kvar som utkast." in shown and "Pers text</textarea>" in shown
    assert AuditEvent.objects.get(action="reply.taken_over").data == {"from_user": per.user.pk}  # type: ignore[attr-defined]


def page(client: Client, row: Conversation) -> str:
    return client.get(reverse("inbox:conversation", args=[row.pk])).content.decode()


def test_open_pages_hear_who_has_come_and_who_writes(anna: Client, sign_in: Callable[..., Client]) -> None:
    row, per = waiting_conversation(), sign_in(name="Per Lind")
    per.post(reverse("inbox:here", args=[row.pk]), {"state": "here"})
    query = {"sedan": NOW.isoformat(), "oppen": row.pk, "revision": row.revision, "ritad": NOW.isoformat()}
    assert "Per tittar" in anna.get(reverse("inbox:news"), query).content.decode()
    per.post(reverse("inbox:draft", args=[row.pk]), {"slot": "answer", "text": "Hej"})
    heard = anna.get(reverse("inbox:news"), query).content.decode()
    assert "Per skriver" in heard and '<div id="lock" data-locked>' in heard
    per.post(reverse("inbox:here", args=[row.pk]), {"state": "left"})
    assert "Per" not in anna.get(reverse("inbox:news"), query).content.decode().partition('id="present"')[2]


def test_a_sent_or_emptied_reply_lets_the_lock_go(anna: Client) -> None:
    row = waiting_conversation()
    by: Any = anna.user  # type: ignore[attr-defined]
    for let_go in (
        lambda: drafts.save(row, "answer", "", by=by, now=NOW),
        lambda: anna.post(reverse("inbox:reply", args=[row.pk]), {"verdict": "answer", "key": "k", "text": "Hej"}),
    ):
        drafts.save(row, "answer", "Hej", by=by, now=NOW)
        let_go()
        assert not Presence.objects.filter(holds=True).exists()


def test_a_note_is_written_beside_a_reply_and_locks_nobody_out() -> None:
    row, anna = waiting_conversation(), UserFactory()
    drafts.save(row, "note", "Ring först", by=anna, now=NOW)
    assert not Presence.objects.filter(holds=True).exists()


def test_redis_emptied_in_the_middle_of_a_sentence_loses_neither_words_nor_lock() -> None:
    row, anna, per = waiting_conversation(), UserFactory(), UserFactory(name="Per Lind")
    drafts.save(row, "answer", "Mitt i en", by=per, now=NOW)
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    drafts.save(row, "answer", "Mitt i en mening", by=per, now=NOW + SECOND)
    assert seen(anna, row, SECOND).writer.name == "Per"  # type: ignore[union-attr]
    assert Draft.objects.get().text == "Mitt i en mening"


def test_who_was_here_is_forgotten_within_minutes() -> None:
    row, anna = waiting_conversation(), UserFactory()
    presence.look(row, by=anna, now=NOW)
    assert (presence.purge(NOW + presence.KEEP), presence.purge(NOW + presence.KEEP + SECOND)) == (0, 1)


def test_a_reader_may_look_and_not_take_over(sign_in: Callable[..., Client]) -> None:
    row, olle = waiting_conversation(), sign_in("reader", "Olle Ask")
    assert olle.post(reverse("inbox:here", args=[row.pk]), {"state": "here"}).status_code == 204
    assert olle.post(reverse("inbox:take_over", args=[row.pk])).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_many_who_write_and_take_over_at_once_one_holds_the_lock() -> None:
    row, people = waiting_conversation(), [UserFactory(), UserFactory(), UserFactory(), UserFactory()]
    for number in range(15):
        now = NOW + number * SECOND
        results = at_once(
            lambda: presence.take_over(row.pk, by=people[0], now=now),  # noqa: B023
            lambda: presence.take_over(row.pk, by=people[1], now=now),  # noqa: B023
            lambda: drafts.save(row, "answer", "Hej", by=people[2], now=now),  # noqa: B023
            lambda: presence.look(row, by=people[3], now=now),  # noqa: B023
        )
        assert not [result for result in results if isinstance(result, Exception)]
        assert Presence.objects.filter(holds=True).count() == 1
