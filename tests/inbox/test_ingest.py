"""Pages become rows: once, in any order, whatever stands in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Channel
from connectors.base import Author, ItemKind, Page, Post, Unreadable
from inbox import ingest
from inbox.models import Contact, Conversation, Item, ItemVersion, ReplyCycle, Thread, UnreadableRecord
from inbox.models import Post as StoredPost
from tests.factories import NOW, ChannelFactory
from tests.inbox.reading import MAJA, at, comment, only_conversation, ours, store

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    return ChannelFactory()


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Contact, StoredPost, Thread, Conversation, Item, ReplyCycle))


def written(page: Page, channel: Channel) -> list[str]:
    """The statements that storing a page takes and that write."""
    with CaptureQueriesContext(connection) as captured:
        ingest.store(channel, "comments", page, now=NOW)
    return [q["sql"] for q in captured if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_a_comment_becomes_an_item_in_a_conversation_with_a_deadline(channel: Channel) -> None:
    stored = store(channel, comment("1"))
    item = Item.objects.get()
    assert (stored.new, item.text, item.contact.name, item.fetched_at) == (1, "Text 1", "Jonas Berg", at(10))
    assert item.thread.post.external_id == "1000_1"
    assert only_conversation().due_at == NOW + timedelta(days=1)
    assert only_conversation().preview == "Text 1"


def test_reading_the_same_again_writes_nothing(channel: Channel) -> None:
    page = Page(
        items=(comment("1"), comment("2", 1, author=None), ours("3", 2, channel=channel, parent="1")),
        posts=(Post("1000_1", "Höstlov!", NOW, comment_count=3),),
        unreadable=(Unreadable("comments", "Ingen tid.", '{"id": "9"}'),),
    )
    written(page, channel)
    before = rows()
    assert written(page, channel) == []
    assert rows() == before


def test_a_page_that_holds_an_item_twice_stores_it_once_and_as_edited_last(channel: Channel) -> None:
    first = comment("1")
    edited = replace(first, text="Rättad", edited_at=at(3))
    assert store(channel, edited, first).new == 1
    assert Item.objects.get().text == "Rättad"


def test_pages_that_overlap_add_no_row(channel: Channel) -> None:
    store(channel, comment("1"), comment("2", 1))
    assert store(channel, comment("2", 1), comment("3", 2)).new == 1
    assert Item.objects.count() == 3


def test_one_citizen_has_one_conversation_in_a_thread(channel: Channel) -> None:
    store(channel, comment("1"), comment("2", 1, author=MAJA, parent="1"), comment("3", 2, parent="1"))
    counts = Conversation.objects.order_by("item_count").values_list("contact__name", "item_count", "last_item_at")
    assert list(counts) == [("Maja Lind", 1, at(1)), ("Jonas Berg", 2, at(2))]
    thread = Thread.objects.get()
    assert (thread.item_count, thread.last_activity_at) == (3, at(2))


def test_a_thread_and_a_conversation_grow_with_the_next_page(channel: Channel) -> None:
    store(channel, comment("1"))
    store(channel, comment("2", 5, parent="1", text="Hallå?"))
    assert (Thread.objects.get().item_count, Thread.objects.get().last_activity_at) == (2, at(5))
    conversation = only_conversation()
    assert (conversation.item_count, conversation.preview, conversation.last_item_at) == (2, "Hallå?", at(5))


def test_an_older_comment_read_later_does_not_become_the_preview(channel: Channel) -> None:
    store(channel, comment("2", 5, parent="1", text="Hallå?"))
    store(channel, comment("1"))
    assert (only_conversation().preview, only_conversation().item_count) == ("Hallå?", 2)


def test_each_item_without_an_author_has_a_conversation_of_its_own(channel: Channel) -> None:
    store(channel, comment("1", author=None), comment("2", 1, author=None, parent="1"))
    assert [c.contact_id for c in Conversation.objects.all()] == [None, None]
    assert ReplyCycle.objects.count() == 2


def test_an_author_who_becomes_known_takes_the_conversation_over(channel: Channel) -> None:
    store(channel, comment("1", author=None))
    store(channel, comment("1"))
    assert only_conversation().contact.name == "Jonas Berg"
    assert Item.objects.get().contact.name == "Jonas Berg"
    assert ReplyCycle.objects.count() == 1


def test_an_untouched_conversation_is_merged_into_its_authors(channel: Channel) -> None:
    store(channel, comment("2", 5, parent="1"))
    store(channel, comment("1", author=None))
    store(channel, comment("1"))
    conversation = only_conversation()
    assert (conversation.item_count, conversation.preview) == (2, "Text 2")
    cycle = ReplyCycle.objects.get()
    assert (cycle.started_at, cycle.items.count()) == (NOW, 2)


def test_a_conversation_somebody_worked_with_is_not_merged(channel: Channel) -> None:
    store(channel, comment("2", 5, parent="1"))
    store(channel, comment("1", author=None))
    Conversation.objects.filter(contact=None).update(status="closed")
    store(channel, comment("1"))
    assert Conversation.objects.count() == 2
    assert Item.objects.get(external_id="1").contact.name == "Jonas Berg"


def test_an_edit_keeps_the_old_text_as_a_version(channel: Channel) -> None:
    store(channel, comment("1", text="Nar öppnar ni?"))
    assert store(channel, comment("1", text="När öppnar ni?", edited_at=at(2))).updated == 1
    item = Item.objects.get()
    assert (item.text, item.edited_at) == ("När öppnar ni?", at(2))
    assert [(v.text, v.replaced_at) for v in ItemVersion.objects.all()] == [("Nar öppnar ni?", at(2))]
    assert only_conversation().preview == "När öppnar ni?"


def test_an_edit_whose_time_the_platform_does_not_tell_is_dated_when_it_was_read(channel: Channel) -> None:
    store(channel, comment("1", text="Nar?"))
    store(channel, comment("1", text="När?"), now=at(30))
    assert Item.objects.get().edited_at == at(30)
    assert store(channel, comment("1", text="När?"), now=at(40)).updated == 0


def test_an_edit_with_a_new_id_is_the_same_item(channel: Channel) -> None:
    store(channel, comment("1", text="Nar?"))
    second = comment("2", thread="1", text="När?", earlier_ids=("1",), edited_at=at(2))
    third = comment("3", thread="1", text="När då?", earlier_ids=("1", "2"), edited_at=at(3))
    assert [store(channel, each).updated for each in (second, third)] == [1, 1]
    item = Item.objects.get()
    assert (item.external_id, item.earlier_ids, item.text) == ("3", ["1", "2"], "När då?")
    assert list(ItemVersion.objects.values_list("text", flat=True)) == ["Nar?", "När?"]


def test_an_older_form_of_an_edited_item_changes_nothing(channel: Channel) -> None:
    store(channel, comment("2", thread="1", text="När?", earlier_ids=("1",), edited_at=at(2)))
    assert store(channel, comment("1", text="Nar?")).updated == 0
    assert (Item.objects.get().text, Item.objects.get().external_id) == ("När?", "2")


def test_a_picture_address_that_is_signed_anew_is_no_change(channel: Channel) -> None:
    store(channel, comment("1", media=("https://cdn.example/a?sig=1",), raw={"likes": 1}))
    assert store(channel, comment("1", media=("https://cdn.example/a?sig=2",), raw={"likes": 2})).updated == 0


def test_hiding_is_an_update(channel: Channel) -> None:
    store(channel, comment("1"))
    assert store(channel, comment("1", hidden=True)).updated == 1
    assert Item.objects.get().hidden


def test_a_deletion_that_the_platform_tells_of_is_a_tombstone(channel: Channel) -> None:
    store(channel, comment("1"), comment("2", 1, parent="1"))
    assert store(channel, deletions=("2", "unknown"), now=at(60)).deleted == 1
    assert Item.objects.get(external_id="2").deleted_at == at(60)
    assert only_conversation().preview == "Text 1"
    assert store(channel, deletions=("2",), now=at(61)).deleted == 0


def test_what_the_platform_called_deleted_stays_so_though_an_old_page_shows_it(channel: Channel) -> None:
    store(channel, comment("1"))
    store(channel, deletions=("1",), now=at(60))
    store(channel, comment("1"), now=at(70))
    assert Item.objects.get().deleted_at == at(60)


def test_an_absence_counts_after_two_complete_readings(channel: Channel) -> None:
    store(channel, comment("1"))
    assert ingest.note_missing(channel, ["1"], now=at(60)).deleted == 0
    assert Item.objects.get().missing_since == at(60)
    assert ingest.note_missing(channel, ["1"], now=at(120)).deleted == 1
    assert Item.objects.get().deleted_at == at(120)


def test_an_absence_is_forgotten_once_it_is_seen(channel: Channel) -> None:
    store(channel, comment("1"))
    ingest.note_missing(channel, ["1"], now=at(60))
    store(channel, comment("1"))
    assert ingest.note_missing(channel, ["1"], now=at(120)).deleted == 0
    assert Item.objects.get().deleted_at is None


def test_what_was_gone_by_absence_and_is_seen_again_waits_again(channel: Channel) -> None:
    store(channel, comment("1"))
    for minutes in (60, 120):
        ingest.settle(ingest.note_missing(channel, ["1"], now=at(minutes)).thread_ids, at(minutes))
    assert only_conversation().status == "closed"
    store(channel, comment("1"), now=at(180))
    assert Item.objects.get().deleted_at is None
    assert (only_conversation().status, only_conversation().due_at) == ("open", NOW + timedelta(days=1))


def test_texts_that_postgresql_refuses_are_shown_with_a_mark(channel: Channel) -> None:
    author = Author("7", "Na\0me \ud800", "\udfffhandle")
    store(channel, comment("1", author=author, text="nul \0 och \udc00 ensam", raw={"t": "nul \0 \udc00"}))
    item = Item.objects.get()
    assert item.text == "nul \ufffd och \ufffd ensam"
    assert (item.contact.name, item.contact.handle) == ("Na\ufffdme \ufffd", "\ufffdhandle")
    assert item.raw == '{"t": "nul \\u0000 \\udc00"}'


def test_hostile_texts_are_stored_as_they_are(channel: Channel) -> None:
    texts = ["'; DROP TABLE inbox_item; --", "%s %(x)s %%", "<script>alert(1)</script>", "\u202eomvänd", "🏊" * 5000]
    texts += [""]
    store(channel, *(comment(str(number), number, text=text) for number, text in enumerate(texts)))
    assert list(Item.objects.order_by("posted_at").values_list("text", flat=True)) == texts


def test_a_token_never_reaches_the_raw_record(channel: Channel) -> None:
    store(channel, comment("1", raw={"access_token": "hemlig", "next": "https://x/?access_token=hemlig&after=1"}))
    assert "hemlig" not in Item.objects.get().raw


def test_an_item_with_an_impossible_id_or_time_is_set_aside_and_the_rest_is_stored(channel: Channel) -> None:
    odd = [comment("x" * 201), comment("nul\0"), comment("2", posted_at=datetime(1969, 1, 1, tzinfo=UTC))]
    odd += [comment("3", posted_at=datetime(2026, 1, 1)), comment("", 1)]  # noqa: DTZ001  # naive, as it must not be
    assert store(channel, *odd, comment("1"), now=NOW).new == 1
    assert UnreadableRecord.objects.count() == len(odd)


def test_a_record_that_the_database_refuses_does_not_lose_the_page(channel: Channel) -> None:
    bad = replace(comment("2", 1), kind=ItemKind.COMMENT, media=(None,))  # type: ignore[arg-type]
    stored = store(channel, comment("1"), bad, comment("3", 2))
    assert (stored.new, Item.objects.count()) == (2, 2)
    record = UnreadableRecord.objects.get()
    assert (record.surface, record.raw) == ("comments", '{"id": "2"}')


def test_a_fault_of_ours_sets_nothing_aside(channel: Channel) -> None:
    bad = [replace(comment(str(n), n), media=(None,)) for n in range(3)]  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        store(channel, *bad)
    assert not UnreadableRecord.objects.exists()


def test_a_spoiled_post_does_not_lose_what_stands_under_others(channel: Channel) -> None:
    posts = (Post("nul\0", "Höstlov!", NOW), Post("1000_2", "Sportlov!", NOW))
    assert store(channel, comment("1"), posts=posts).new == 1
    assert set(StoredPost.objects.values_list("external_id", flat=True)) == {"1000_1", "1000_2"}
    assert "nul\\u0000" in UnreadableRecord.objects.get().raw


def test_an_item_and_its_edit_on_one_page_are_one_item(channel: Channel) -> None:
    older = comment("1", text="Nar?")
    newer = comment("3", thread="1", text="När?", earlier_ids=("1", "2"), edited_at=at(2))
    between = comment("2", thread="1", text="Nä?", earlier_ids=("1",), edited_at=at(1))
    for number, page in enumerate(([older, newer, between], [newer, between, older])):
        store(ChannelFactory(external_id=f"7{number}"), *page)
    assert list(Item.objects.values_list("text", "external_id", "earlier_ids")) == [("När?", "3", ["1", "2"])] * 2


def test_an_edit_and_a_deletion_on_one_page_leave_a_tombstone(channel: Channel) -> None:
    store(channel, comment("1", text="Nar?"))
    store(channel, comment("2", thread="1", text="När?", earlier_ids=("1",), edited_at=at(2)), deletions=("2",))
    assert (Item.objects.get().text, Item.objects.get().deleted_at is None) == ("När?", False)


def test_an_author_whose_id_is_too_long_is_set_aside(channel: Channel) -> None:
    assert store(channel, comment("1", author=Author("x" * 161)), comment("2")).new == 1
    assert UnreadableRecord.objects.count() == 1


def test_an_unreadable_record_is_kept_once(channel: Channel) -> None:
    odd = Unreadable("comments", "Ingen tid.", '{"id": "9"}')
    for _again in range(2):
        store(channel, unreadable=(odd, odd))
    assert UnreadableRecord.objects.get().raw == '{"id": "9"}'


def test_a_name_read_last_is_shown_and_a_missing_one_takes_none_away(channel: Channel) -> None:
    store(channel, comment("1"))
    store(channel, comment("2", 1, author=Author("700", "Jonas Ek", "jonas")))
    store(channel, comment("3", 2, author=Author("700")))
    assert (Contact.objects.get().name, Contact.objects.get().handle) == ("Jonas Ek", "jonas")


def test_a_post_that_was_only_named_is_filled_in_when_it_is_read(channel: Channel) -> None:
    store(channel, comment("1"))
    store(channel, posts=(Post("1000_1", "Höstlov!", NOW, "https://fb/1", 7),))
    post = StoredPost.objects.get()
    assert (post.text, post.posted_at, post.comment_count) == ("Höstlov!", NOW, 7)


def test_our_own_items_stand_in_no_conversation_and_have_no_contact(channel: Channel) -> None:
    store(channel, ours("1", 0, channel=channel, parent=None))
    item = Item.objects.get()
    assert (item.from_us, item.native, item.contact, item.conversation) == (True, True, None, None)
    assert item.author_name == channel.name


def test_an_author_that_is_another_channel_of_ours_counts_as_us(channel: Channel) -> None:
    other = ChannelFactory(name="Exempelby bibliotek")
    store(channel, comment("1", author=Author(other.external_id, "Exempelby bibliotek")))
    assert (Item.objects.get().from_us, Item.objects.get().author_name) == (True, "Exempelby bibliotek")


def test_the_same_id_on_two_channels_is_two_items(channel: Channel) -> None:
    for each in (channel, ChannelFactory()):
        store(each, comment("1"))
    assert (Item.objects.count(), Contact.objects.count()) == (2, 1)


def test_a_hashtag_hit_that_proves_to_be_a_mention_is_one_item_with_a_clock(channel: Channel) -> None:
    store(channel, comment("1", kind=ItemKind.HASHTAG, addressed=False, can_reply=False))
    assert only_conversation().due_at is None
    store(channel, comment("1", kind=ItemKind.MENTION))
    assert (Item.objects.get().kind, Item.objects.get().can_reply) == ("mention", True)
    assert only_conversation().due_at == NOW + timedelta(days=1)


def test_a_mention_that_the_search_finds_again_stays_a_mention(channel: Channel) -> None:
    store(channel, comment("1", kind=ItemKind.MENTION))
    hit = comment("1", kind=ItemKind.HASHTAG, addressed=False, can_reply=False)
    assert store(channel, hit).updated == 0
    assert (Item.objects.get().kind, Item.objects.get().can_reply) == ("mention", True)


def test_a_page_costs_a_fixed_number_of_queries(channel: Channel) -> None:
    def cost(count: int, start: int) -> int:
        items = [comment(f"{n}", n, author=Author(f"a{n}", "N")) for n in range(start, start + count)]
        with CaptureQueriesContext(connection) as captured:
            ingest.store(channel, "comments", Page(items=tuple(items)), now=NOW)
        return len(captured)

    assert cost(5, 0) == 13  # two of them for the post
    assert cost(5, 10) == cost(100, 100) == 12
    assert cost(100, 100) == 6  # read again


def test_settling_costs_a_fixed_number_of_queries(channel: Channel) -> None:
    def cost(count: int, start: int) -> int:
        items = [comment(f"{n}", n, author=Author(f"a{n}", "N")) for n in range(start, start + count)]
        items += [ours(f"r{n}", n + 1, channel=channel, parent=f"{n}") for n in range(start, start + count // 2)]
        stored = ingest.store(channel, "comments", Page(items=tuple(items)), now=NOW)
        with CaptureQueriesContext(connection) as captured:
            ingest.settle(stored.thread_ids, NOW)
        return len(captured)

    assert cost(4, 0) == cost(40, 100) <= 26
