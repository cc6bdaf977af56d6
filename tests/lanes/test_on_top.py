"""What goes before the deadline stands on top of the list, page after page, and says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from inbox import selectors
from inbox.models import Conversation, Thread
from inbox.selectors import Filters
from inbox.showing import ordering
from tests.factories import NOW, ThreadFactory

pytestmark = pytest.mark.django_db
Write = Callable[..., Conversation]
HOUR = timedelta(hours=1)


def many(count: int) -> None:
    thread: Thread = ThreadFactory()
    lanes = (9, 9, 1, 9, 2, 9, 3)
    Conversation.objects.bulk_create(
        Conversation(
            channel=thread.channel, thread=thread, root_external_id=str(n), last_item_at=NOW, arrived_at=NOW - HOUR,
            lane=lanes[n % 7], due_at=(due := None if n % 11 == 0 else NOW + timedelta(hours=n % 5)),
            due_soon_at=due and due - HOUR,
        )
        for n in range(count)
    )  # fmt: skip


def order(row: Conversation) -> tuple[int, bool, float, int]:
    return row.lane, row.due_at is None, row.due_at.timestamp() if row.due_at else 0.0, row.pk


@pytest.mark.parametrize("view", ["due", "open", "department", "unassigned"])
def test_paging_goes_lane_by_lane_and_neither_loses_nor_repeats_a_row(view: str, anna: Client) -> None:
    many(233)
    user, filters, seen = anna.user, Filters(view=view), []  # type: ignore[attr-defined]
    while True:
        page = selectors.page(user, filters, NOW)
        seen += page.rows
        if not page.after:
            break
        filters = Filters(view=view, after=page.after)
    expected = sorted(selectors.matching(user, Filters(view=view), NOW), key=order)
    assert [row.pk for row in seen] == [row.pk for row in expected]


def test_something_urgent_without_a_deadline_is_at_home_too(write: Write, anna: Client) -> None:
    ordinary, urgent = write("När öppnar ni?"), write("Vi vet var ni bor")
    Conversation.objects.filter(pk=urgent.pk).update(due_at=None, due_soon_at=None)
    context = anna.get("/").context
    assert [entry["row"].pk for entry in context["rows"]] == [urgent.pk, ordinary.pk]
    assert [entry["row"].pk for entry in anna.get("/?vy=urgent").context["rows"]] == [urgent.pk]


def test_the_row_says_why_it_is_there_and_how_sure_that_is(write: Write, anna: Client) -> None:
    write("🔪🔪")
    page = anna.get("/").content.decode()
    assert 'Akut<span class="reason">: Hot med emoji</span> (låg säkerhet)' in page


def test_the_next_one_follows_the_order_of_the_list(anna: Client) -> None:
    many(20)
    user, filters = anna.user, Filters()  # type: ignore[attr-defined]
    rows = sorted(selectors.matching(user, filters, NOW), key=order)
    for row, after in zip(rows, [*rows[1:], rows[0]], strict=True):
        found = selectors.following(user, filters, row, NOW)
        assert found and found.pk == after.pk


def test_news_in_a_lane_is_news_above_all_that_is_shown(write: Write, anna: Client) -> None:
    row = write("När öppnar ni?", at=NOW - 3 * HOUR)
    key = ordering.key_of(row, Filters())
    urgent = write("Vi vet var ni bor", at=NOW - HOUR)
    ask = {"sedan": (NOW + HOUR).isoformat(), "rader": f"{row.pk}", "efter": key}
    assert anna.get("/nytt/", ask).context["count"] == 1
    ask["efter"] = f"1~{urgent.due_at.isoformat()}_{urgent.pk}"
    ask["rader"] = f"{urgent.pk}"
    assert anna.get("/nytt/", ask).context["count"] == 0


@pytest.mark.parametrize("key", ["1~_", "1~-_x", "7~-_1", "1~2026-13-45_1", "~", "1~-_1"])
def test_a_key_that_makes_no_sense_shows_the_list(key: str, write: Write, anna: Client) -> None:
    write("När öppnar ni?")
    assert anna.get("/", {"efter": key}).status_code == 200
