"""Samma fråga: near-same words in several threads are one row, whoever wrote them and wherever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role
from inbox import settling
from inbox.incoming import grouping
from inbox.incoming.likeness import likeness, prints
from inbox.models import Conversation, Item, Print
from tests.accounts.test_scopes import baton
from tests.factories import NOW, ChannelFactory, ConversationFactory, ItemFactory, ThreadFactory

QUESTION = "När öppnar simhallen på lördag? Vi tänkte bada med barnen hela dagen"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def asks(text: str, platform: str = "facebook", *, at: object = NOW, **where: object) -> Conversation:
    """Somebody writes, and a poll has stored and settled it."""
    thread = where.pop("thread", None) or ThreadFactory(channel=ChannelFactory(platform=platform))
    row = ConversationFactory(thread=thread, preview=text, last_item_at=at, arrived_at=at)
    ItemFactory(conversation=row, text=text, posted_at=at, fetched_at=at)
    grouping.group([row.thread_id], NOW)
    with transaction.atomic():
        settling.settle([row.thread_id], NOW)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (QUESTION, True),
        ("@exempelby #simhallen " + QUESTION.upper() + "?? https://exempel.se", True),
        ("Hej! På lördag, när öppnar simhallen? Tänkte bada hela dagen med barnen vi", True),
        (QUESTION + " tillsammans", True),
        ("När öppnar biblioteket på måndag? Vi tänkte låna böcker till skolan", False),
        ("Toppen!", False),
    ],
)
def test_what_is_asked_in_nearly_the_same_words_is_the_same(other: str, is_same: bool) -> None:
    assert (likeness(QUESTION, other) >= grouping.ALIKE) is is_same
    if is_same:
        assert set(prints(QUESTION)) & set(prints(other))


@given(st.text(max_size=80))
def test_any_text_has_prints_that_a_database_can_hold(text: str) -> None:
    assert all(-(2**63) <= value < 2**63 for value in prints(text))
    assert likeness(text, text) in (0.0, 1.0)


@pytest.mark.django_db
def test_three_platforms_make_one_row_that_opens(anna: Client) -> None:
    rows = [asks(QUESTION, name, at=NOW - n * HOUR) for n, name in enumerate(("twitter", "instagram", "facebook"))]
    other = asks("Varför är vattnet brunt på Storgatan sedan i morse?")
    for row in rows:
        row.refresh_from_db()
    assert len({row.alike for row in rows}) == 1
    assert [entry["row"].pk for entry in anna.get("/").context["rows"]] == [rows[2].pk, other.pk]
    page = anna.get("/").content.decode()
    assert "Samma fråga ×3" in page
    opened = anna.get(f"/?grupp={rows[0].alike}")
    assert {entry["row"].pk for entry in opened.context["rows"]} == {row.pk for row in rows}
    assert len(anna.get("/?vy=open").context["rows"]) == 4


@pytest.mark.django_db
def test_the_next_of_a_group_takes_the_place_of_the_one_that_is_done(anna: Client) -> None:
    rows = [asks(QUESTION, at=NOW - n * HOUR) for n in range(3)]
    Conversation.objects.filter(pk=rows[2].pk).update(status="closed", due_at=None)
    page = anna.get("/")
    assert [entry["row"].pk for entry in page.context["rows"]] == [rows[1].pk]
    assert "Samma fråga ×2" in page.content.decode()


@pytest.mark.django_db
def test_only_those_are_counted_that_the_reader_may_open(
    sign_in: Callable[..., Client], django_assert_max_num_queries: Callable
) -> None:
    ours = ChannelFactory(kind="topic")
    kim = sign_in(Role.DEPARTMENT)
    kim.user.memberships.update(department=ours.department)  # type: ignore[attr-defined]
    rows = [asks(QUESTION, thread=ThreadFactory(channel=ours), at=NOW - n * HOUR) for n in range(2)]
    rows += [asks(QUESTION, thread=ThreadFactory(channel=ChannelFactory(kind="topic"))) for _ in range(3)]
    assert "Samma fråga ×5" in sign_in().get("/").content.decode()
    with django_assert_max_num_queries(12):
        page = kim.get("/").content.decode()
    assert "Samma fråga ×2" in page and "Samma fråga ×5" not in page
    rows[0].refresh_from_db()
    opened = kim.get(f"/?grupp={rows[0].alike}").context["rows"]
    assert {entry["row"].pk for entry in opened} == {row.pk for row in rows[:2]}


@pytest.mark.django_db
def test_alone_among_what_one_may_open_a_question_has_no_badge(sign_in: Callable[..., Client]) -> None:
    relay = ChannelFactory(kind="relay")
    elin = sign_in(Role.RELAY)
    baton(elin.user, relay)  # type: ignore[attr-defined]
    rows = [asks(QUESTION, thread=ThreadFactory(channel=channel)) for channel in (relay, ChannelFactory())]
    page = elin.get("/")
    assert [entry["row"].pk for entry in page.context["rows"]] == [rows[0].pk]
    assert "Samma fråga" not in page.content.decode()
    assert "Samma fråga ×2" in sign_in().get("/").content.decode()


@pytest.mark.django_db
def test_one_thread_days_apart_and_short_lived_texts_make_no_group() -> None:
    first = asks(QUESTION)
    assert asks(QUESTION, thread=first.thread).alike is None
    Print.objects.update(at=NOW - 4 * DAY)
    assert asks(QUESTION).alike is None
    Print.objects.all().delete()
    asks(QUESTION, "linkedin")
    assert not Print.objects.exists()


@pytest.mark.django_db
def test_of_a_storm_under_one_number_the_newest_are_compared() -> None:
    older = ConversationFactory(preview="Något helt annat")
    storm = range(grouping.MOST_COMPARED + 5)
    Print.objects.bulk_create(
        Print(conversation=older, value=value, at=NOW - 2 * HOUR) for value in prints(QUESTION) for _ in storm
    )
    near, newest = asks(QUESTION, at=NOW - HOUR), asks(QUESTION)
    near.refresh_from_db()
    assert newest.alike == near.alike == near.pk


@pytest.mark.django_db
def test_prints_are_let_go_after_days() -> None:
    asks(QUESTION, at=NOW - 4 * DAY)
    asks(QUESTION)
    assert grouping.let_go(NOW) == len(prints(QUESTION))
    assert Print.objects.exists()


@pytest.mark.django_db
def test_grouping_asks_little_of_the_database(django_assert_max_num_queries: Callable) -> None:
    rows = [ConversationFactory(preview=QUESTION) for _ in range(30)]
    for row in rows:
        ItemFactory(conversation=row, text=QUESTION)
    with django_assert_max_num_queries(7):
        grouping.group([row.thread_id for row in rows], NOW)
    assert Conversation.objects.exclude(alike=None).count() >= 20
    Item.objects.update(text="kort")
    with django_assert_max_num_queries(1):
        grouping.group([row.thread_id for row in rows], NOW)
