"""The list: what is in it, in which order, page by page, and at how many queries."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from inbox import actions
from inbox.models import Conversation, Outgoing, Thread
from inbox.selectors import STATES, VIEWS, Filters
from inbox.showing import narrowing
from sla import clock
from tests.factories import NOW, ChannelFactory, ConversationFactory, ThreadFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def many(count: int, *, spread: int = 7) -> None:
    """Store conversations whose deadlines often fall on the same instant, and some without any."""
    thread: Thread = ThreadFactory()
    rows = []
    for n in range(count):
        due_at = None if n % 11 == 0 else NOW + timedelta(hours=n % spread)
        rows.append(
            Conversation(
                channel=thread.channel,
                thread=thread,
                root_external_id=str(n),
                due_at=due_at,
                due_soon_at=due_at - 4 * HOUR if due_at else None,
                last_item_at=NOW - timedelta(minutes=n % 5),
                arrived_at=NOW - HOUR,
            )
        )
    Conversation.objects.bulk_create(rows)


def shown(client: Client, query: str = "") -> list[int]:
    return [entry["row"].pk for entry in client.get(f"/{query}").context["rows"]]


def test_what_breaks_the_promise_first_stands_first(anna: Client) -> None:
    late, early = waiting_conversation(posted_at=NOW - HOUR), waiting_conversation(posted_at=NOW - 20 * HOUR)
    assert shown(anna) == [early.pk, late.pk]


@pytest.mark.parametrize("view", ["open", "due"])
def test_paging_by_key_neither_loses_nor_repeats_a_row(view: str, anna: Client) -> None:
    many(197)
    seen: list[int] = []
    query = Filters(view=view).query()
    while query is not None:
        context = anna.get(f"/?{query}").context
        seen += [entry["row"].pk for entry in context["rows"]]
        query = context["more"] or None
    expected = Conversation.objects.filter(due_at__isnull=False) if view == "due" else Conversation.objects.all()
    assert len(seen) == len(set(seen)) == expected.count()


def test_done_ones_page_newest_first(anna: Client) -> None:
    many(90)
    Conversation.objects.update(status="closed", due_at=None, due_soon_at=None)
    first = anna.get("/?vy=done").context
    second = anna.get(f"/?{first['more']}").context
    times = [entry["row"].last_item_at for context in (first, second) for entry in context["rows"]]
    assert times == sorted(times, reverse=True)
    assert len({entry["row"].pk for context in (first, second) for entry in context["rows"]}) == 80


def test_a_row_answered_between_two_pages_hides_no_other(anna: Client) -> None:
    many(60)
    first = anna.get("/").context
    Conversation.objects.filter(pk=first["rows"][3]["row"].pk).update(status="closed", due_at=None, due_soon_at=None)
    second = anna.get(f"/?{first['more']}").context
    ids = [entry["row"].pk for context in (first, second) for entry in context["rows"]]
    assert len(ids) == len(set(ids)) == Conversation.objects.filter(due_at__isnull=False).count() + 1


NONSENSE = (
    "?vy=finns-inte",
    "?konto=abc",
    "?konto=²",
    f"?konto={9**30}",
    "?lage=x",
    "?efter=x_1",
    "?efter=2026-13-45_1",
    "?efter=-_٣",
    "?efter=2026-11-24T10:00:00_1",
    "?efter=_",
    "?sedan=x&rader=a,,-1",
)
EMPTY = ("?vy=done&lage=overdue", "?sok=konto:finnsinte", "?sok=snö+konto:finnsinte")


@pytest.mark.parametrize("query", NONSENSE)
def test_an_address_that_makes_no_sense_shows_the_list(query: str, anna: Client) -> None:
    row = waiting_conversation()
    assert row.pk in shown(anna, query)
    assert anna.get(f"/nytt/{query}").status_code == 200


@pytest.mark.parametrize("query", EMPTY)
def test_what_nothing_can_match_is_an_empty_list(query: str, anna: Client) -> None:
    waiting_conversation()
    assert shown(anna, query) == []


def test_the_state_in_sql_is_the_state_of_the_clock() -> None:
    dice = random.Random(2)
    thread: Thread = ThreadFactory()
    rows = []
    for n in range(1000):
        due_at = NOW + timedelta(microseconds=dice.choice([0, 1, -1, dice.randrange(-(10**11), 10**11)]))
        soon = due_at - timedelta(microseconds=dice.choice([0, 1, dice.randrange(10**11)]))
        moments = {"due_at": due_at, "due_soon_at": soon, "last_item_at": NOW, "arrived_at": NOW}
        rows.append(Conversation(channel=thread.channel, thread=thread, root_external_id=str(n), **moments))
    Conversation.objects.bulk_create(rows)
    told = {
        state: set(Conversation.objects.filter(narrowing.in_state(state, NOW)).values_list("pk", flat=True))
        for state in STATES
    }
    for row in Conversation.objects.all():
        state = clock.state(row.due_soon_at, row.due_at, NOW)
        assert [name for name, ids in told.items() if row.pk in ids] == [state.value]


def test_the_filters_narrow_by_channel_state_and_person(anna: Client) -> None:
    mine = waiting_conversation(posted_at=NOW - 30 * HOUR)
    other = waiting_conversation(posted_at=NOW - HOUR)
    actions.assign(mine.pk, to_user=anna.user, by=anna.user, now=NOW)  # type: ignore[attr-defined]
    assert shown(anna, "?vy=mine") == [mine.pk]
    assert shown(anna, "?vy=unassigned") == [other.pk]
    assert shown(anna, f"?konto={other.channel_id}") == [other.pk]
    assert shown(anna, "?lage=on_track") == [other.pk]
    assert shown(anna, f"?konto={mine.channel_id}&lage=on_track") == []


def test_what_is_stuck_stands_under_check_and_is_loud_in_every_view(anna: Client) -> None:
    row = waiting_conversation()
    by = anna.user  # type: ignore[attr-defined]
    reply = actions.reply(row.pk, kind="answer", text="Hej", by=by, key="k", now=NOW, delay=10.0)
    assert shown(anna, "?vy=check") == []
    for status, held in (("failed", False), ("unknown", False), ("queued", True)):
        Outgoing.objects.filter(pk=reply.pk).update(status=status, held=held)
        assert shown(anna, "?vy=check") == [row.pk]
        assert "1 svar kom inte fram" in anna.get("/?vy=mine").content.decode()
    Outgoing.objects.filter(pk=reply.pk).update(status="cancelled", held=False)
    assert shown(anna, "?vy=check") == []


def test_a_failure_that_was_answered_anew_needs_nobody(anna: Client) -> None:
    row = waiting_conversation()
    by = anna.user  # type: ignore[attr-defined]
    reply = actions.reply(row.pk, kind="answer", text="Hej", by=by, key="k", now=NOW, delay=10.0)
    Outgoing.objects.filter(pk=reply.pk).update(status="failed")
    actions.reply(row.pk, kind="answer", text="Hej igen", by=by, key="k2", now=NOW, delay=10.0)
    assert shown(anna, "?vy=check") == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_full_list_takes_few_queries(view: str, anna: Client, django_assert_max_num_queries: Callable) -> None:
    for n in range(5):
        row = waiting_conversation(posted_at=NOW - n * HOUR)
        actions.reply(row.pk, kind="answer", text="Hej", by=anna.user, key=f"k{n}", now=NOW, delay=10.0)  # type: ignore[attr-defined]
    with django_assert_max_num_queries(10):
        anna.get(f"/?vy={view}")


def test_counts_stop_at_a_thousand(anna: Client) -> None:
    thread: Thread = ThreadFactory()
    Conversation.objects.bulk_create(
        Conversation(
            channel=thread.channel, thread=thread, root_external_id=str(n), due_at=NOW, due_soon_at=NOW,
            last_item_at=NOW, arrived_at=NOW,
        )
        for n in range(1002)
    )  # fmt: skip
    context = anna.get("/").context
    assert {view.id: view.count for view in context["views"]}["due"] == 1001
    assert "1 000+" in anna.get("/").content.decode()


def test_an_empty_list_tells_the_next_deadline_and_when_was_last_read(anna: Client) -> None:
    row = waiting_conversation(posted_at=datetime(2026, 11, 23, 10, 20, tzinfo=UTC))
    channel = ChannelFactory()
    channel.surfaces.create(name="comments", last_success_at=NOW - timedelta(seconds=20))
    row.channel.surfaces.create(name="comments", last_success_at=NOW - timedelta(seconds=30))
    page = anna.get("/?vy=mine").content.decode()
    assert "Nästa frist: i dag 11.20 (Facebook, Exempelby kommun)." in page
    assert "Senast hämtat för 20 s sedan." in page


def test_a_channel_that_cannot_be_read_is_told_in_every_view(anna: Client) -> None:
    channel = ChannelFactory(name="Hamnstaden")
    channel.surfaces.create(
        name="comments", last_success_at=NOW - 3 * HOUR, failing_since=NOW - 3 * HOUR, error_code="auth_expired",
        error="Facebook tar inte emot nyckeln.",
    )  # fmt: skip
    channel.surfaces.create(name="ads", last_success_at=NOW)
    row = waiting_conversation()
    for path in (*(f"/?vy={view}" for view in VIEWS), f"/k/{row.pk}/", "/nytt/"):
        page = anna.get(path).content.decode()
        assert "Facebook (Hamnstaden) har inte kunnat läsas på 3 h." in page
        assert "Facebook tar inte emot nyckeln." in page
    assert "Inget att visa, men alla konton kan inte läsas" in anna.get("/?vy=mine").content.decode()


def test_a_surface_that_has_gone_silent_is_told_without_an_error(anna: Client) -> None:
    ChannelFactory(name="Tyst").surfaces.create(name="comments", last_success_at=NOW - 2 * HOUR)
    ChannelFactory(name="Vilar", status="paused").surfaces.create(name="comments", last_success_at=NOW - 2 * HOUR)
    page = anna.get("/").content.decode()
    assert "Facebook (Tyst) har inte kunnat läsas på 2 h." in page
    assert "Facebook (Vilar)" not in page


def test_news_counts_what_arrived_and_what_moved_into_the_part_that_is_shown(anna: Client) -> None:
    first, last = waiting_conversation(posted_at=NOW - 5 * HOUR), waiting_conversation(posted_at=NOW - 2 * HOUR)
    drawn = NOW + timedelta(seconds=1)
    ask = {
        "sedan": drawn.isoformat(),
        "rader": f"{first.pk},{last.pk}",
        "efter": f"{last.due_at.isoformat()}_{last.pk}",
    }
    assert anna.get("/nytt/", ask).context["count"] == 0
    beyond = waiting_conversation(posted_at=NOW - HOUR)
    assert anna.get("/nytt/", ask).context["count"] == 0  # it was there when the list was drawn, below what is shown
    Conversation.objects.filter(pk=beyond.pk).update(arrived_at=drawn + timedelta(seconds=1))
    waiting_conversation(posted_at=NOW - 3 * HOUR)  # in between, though fetched before
    answer = anna.get("/nytt/", ask)
    assert answer.context["count"] == 2
    assert "2 nya – visa" in answer.content.decode()


def test_what_news_exchange_is_what_the_list_has_so_that_nothing_jumps(anna: Client) -> None:
    waits, done = waiting_conversation(posted_at=NOW - HOUR), waiting_conversation(posted_at=NOW - HOUR)
    actions.close(done.pk, reason="emoji", by=UserFactory(), now=NOW)
    rows = f"{waits.pk},{done.pk}"
    news = anna.get("/nytt/", {"rader": rows, "sok": "konto:facebook"}).content.decode()
    page = anna.get("/", {"sok": "konto:facebook"}).content.decode()
    parts = re.findall(r'<(?:span|time)[^>]* id="(?:chip|age|badges)-\d+"[^>]*>', news)
    assert len(parts) == 6
    assert all(part in page for part in parts)


def test_a_row_says_how_old_it_is_to_the_minute_and_whether_there_is_a_picture(anna: Client) -> None:
    row, plain = waiting_conversation(posted_at=NOW - HOUR), waiting_conversation(posted_at=NOW - HOUR)
    row.items.update(media=["https://bild.example/1"])
    page = anna.get("/").content.decode()
    assert f'id="age-{row.pk}" datetime="2026-11-24T08:00:00+00:00" title="i dag 09.00">1 h</time>' in page
    badges = {pk: page.split(f'id="badges-{pk}"')[1].split("</a>")[0] for pk in (row.pk, plain.pk)}
    assert "Bild" in badges[row.pk]
    assert "Bild" not in badges[plain.pk]


def test_news_names_the_rows_that_have_left(anna: Client) -> None:
    row, other = waiting_conversation(), waiting_conversation()
    actions.decide(row.pk, "no_reply", reason="other", by=anna.user, now=NOW)  # type: ignore[attr-defined]
    answer = anna.get("/nytt/", {"sedan": NOW.isoformat(), "rader": f"{row.pk},{other.pk}"})
    assert answer.context["left"] == [row.pk]
    assert f'data-left="{row.pk}"' in answer.content.decode()


def test_more_rows_come_without_the_rest_of_the_page(anna: Client) -> None:
    many(60)
    more = anna.get("/").context["more"]
    part = anna.get(f"/?{more}", headers={"HX-Request": "true", "HX-Target": "more"}).content.decode()
    assert part.lstrip().startswith("<li")
    assert "<html" not in part


def test_a_conversation_that_rests_is_not_due_until_its_time(anna: Client) -> None:
    row = waiting_conversation()
    Conversation.objects.filter(pk=row.pk).update(status="snoozed", snoozed_until=NOW + HOUR)
    assert shown(anna) == []
    Conversation.objects.filter(pk=row.pk).update(snoozed_until=NOW)
    assert shown(anna) == [row.pk]


def test_what_was_written_before_the_connection_has_its_own_view(anna: Client) -> None:
    row = ConversationFactory(before_connection=True)
    assert shown(anna, "?vy=open") == []
    assert shown(anna, "?vy=before") == [row.pk]
    assert "Före anslutning" in anna.get("/?vy=before").content.decode()
