"""What a platform lets us keep for a time only goes in time, whoever waits is read again, and nothing comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Channel, Credential
from connectors.base import Author, Page, Unreadable
from inbox import ingest, tasks
from inbox.incoming import rereading, retention
from inbox.incoming.retention import Limits
from inbox.models import Contact, Conversation, Item, ItemVersion, ReplyCycle, UnreadableRecord
from tests.connectors.linkedin.stage import US, LinkedInStage
from tests.factories import NOW, ChannelFactory
from tests.inbox.reading import comment, only_conversation, ours, store
from tests.sandbox_server import RunningSandbox

pytestmark = pytest.mark.django_db
VERA = Author("urn:li:person:Ab3xQ9kLmZ", "Vera Sundkvist")
HOUR = timedelta(hours=1)


@pytest.fixture
def channel() -> Channel:
    return ChannelFactory(platform="linkedin", external_id=US)


def read(channel: Channel, now: datetime, *, text: str = "Hemlig fråga", **changes: Any) -> None:
    """Let a poll read Vera's comment, written at ten on Tuesday."""
    store(channel, comment("u1", author=VERA, text=text, url="https://example.org/u1", **changes), now=now)


def answered(channel: Channel) -> None:
    store(channel, ours("u2", 5, channel=channel, parent="u1"), now=NOW + timedelta(minutes=6))


def everything_stored() -> str:
    """Give all that the database holds of what people wrote."""
    rows = [Item, ItemVersion, Conversation, Contact, UnreadableRecord]
    return json.dumps([list(model.objects.values()) for model in rows], default=str)  # type: ignore[attr-defined]


def test_linkedin_lets_texts_live_48_hours_and_profiles_24() -> None:
    assert retention.limits_of("linkedin") == Limits(timedelta(hours=48), timedelta(hours=24))


@pytest.mark.parametrize("platform", ["facebook", "twitter", "youtube", "instagram", "nowhere"])
def test_the_others_set_no_limit(platform: str) -> None:
    assert retention.limits_of(platform) is None


def test_an_answered_text_goes_48_hours_after_it_was_first_read(channel: Channel) -> None:
    read(channel, NOW)
    answered(channel)
    retention.purge(NOW + 47 * HOUR)
    assert Item.objects.get(external_id="u1").text == "Hemlig fråga"
    assert retention.purge(NOW + 48 * HOUR).items == 1
    assert "Hemlig" not in everything_stored()


def test_times_ids_verdict_and_our_own_words_stay(channel: Channel) -> None:
    read(channel, NOW)
    answered(channel)
    before = ReplyCycle.objects.values().get()
    retention.purge(NOW + 60 * HOUR)
    item = Item.objects.get(external_id="u1")
    assert (item.posted_at, item.url, item.contact.external_id) == (NOW, "https://example.org/u1", VERA.external_id)
    assert item.purged_at == NOW + 60 * HOUR
    assert ReplyCycle.objects.values().get() == before
    assert Item.objects.get(external_id="u2").text == "Text u2"


def test_the_list_shows_nothing_of_what_has_gone(channel: Channel) -> None:
    read(channel, NOW)
    assert only_conversation().preview == "Hemlig fråga"
    answered(channel)
    retention.purge(NOW + 48 * HOUR)
    assert only_conversation().preview == ""
    assert only_conversation().last_item_at == NOW


def test_reading_again_gives_more_time_while_somebody_waits(channel: Channel) -> None:
    read(channel, NOW)
    read(channel, NOW + 40 * HOUR)
    retention.purge(NOW + 60 * HOUR)
    assert Item.objects.get().text == "Hemlig fråga"
    assert retention.purge(NOW + 88 * HOUR).items == 1


def test_reading_again_gives_no_more_time_once_nobody_waits(channel: Channel) -> None:
    read(channel, NOW)
    answered(channel)
    read(channel, NOW + 40 * HOUR)
    assert retention.purge(NOW + 48 * HOUR).items == 1


def test_reading_the_same_a_minute_later_writes_nothing(channel: Channel, django_assert_num_queries: Any) -> None:
    read(channel, NOW)
    before = Item.objects.values().get()
    read(channel, NOW + timedelta(minutes=1))
    assert Item.objects.values().get() == before


def test_a_later_reading_never_brings_back_what_has_gone(channel: Channel) -> None:
    read(channel, NOW)
    answered(channel)
    retention.purge(NOW + 48 * HOUR)
    read(channel, NOW + 49 * HOUR)
    read(channel, NOW + 50 * HOUR, text="Hemlig ändring", edited_at=NOW + 49 * HOUR)
    assert "Hemlig" not in everything_stored()
    assert "Vera" not in everything_stored()


def test_a_text_that_went_while_somebody_still_waits_does_not_come_back_but_the_deadline_stays(
    channel: Channel,
) -> None:
    read(channel, NOW)
    due_at = only_conversation().due_at
    retention.purge(NOW + 48 * HOUR)
    read(channel, NOW + 49 * HOUR)
    assert (only_conversation().due_at, Item.objects.get().text) == (due_at, "")
    assert only_conversation().status == Conversation.Status.OPEN


def test_a_new_comment_of_the_same_person_is_kept_on_its_own_time(channel: Channel) -> None:
    read(channel, NOW)
    answered(channel)
    store(channel, comment("u3", 24 * 60, author=VERA, parent="u1", text="En sak till"), now=NOW + 24 * HOUR)
    retention.purge(NOW + 48 * HOUR)
    assert Item.objects.get(external_id="u3").text == "En sak till"
    assert only_conversation().preview == "En sak till"


def test_no_older_versions_are_kept_at_all(channel: Channel) -> None:
    read(channel, NOW)
    read(channel, NOW + HOUR, text="Hemlig ändring", edited_at=NOW + HOUR)
    assert Item.objects.get().text == "Hemlig ändring"
    assert not ItemVersion.objects.exists()


def test_a_name_goes_24_hours_after_it_was_last_read(channel: Channel) -> None:
    read(channel, NOW)
    read(channel, NOW + 10 * HOUR)
    assert retention.purge(NOW + 33 * HOUR).contacts == 0
    assert retention.purge(NOW + 34 * HOUR).contacts == 1
    assert Contact.objects.values_list("name", "external_id").get() == ("", VERA.external_id)


def test_what_could_not_be_read_goes_too_and_is_not_stored_again(channel: Channel) -> None:
    odd = Page(unreadable=(Unreadable("comments", "Saknar tid.", '{"message": "Hemlig"}'),))
    ingest.store(channel, "comments", odd, now=NOW)
    assert retention.purge(NOW + 48 * HOUR).records == 1
    ingest.store(channel, "comments", odd, now=NOW + 49 * HOUR)
    assert "Hemlig" not in everything_stored()


def test_a_purged_item_that_is_shown_again_is_not_on_its_way_to_be_called_gone(channel: Channel) -> None:
    read(channel, NOW)
    retention.purge(NOW + 48 * HOUR)
    ingest.note_missing(channel, ["u1"], now=NOW + 49 * HOUR)
    read(channel, NOW + 50 * HOUR)
    ingest.note_missing(channel, ["u1"], now=NOW + 51 * HOUR)
    assert Item.objects.get().deleted_at is None


def test_a_purged_item_can_still_be_gone_for_good(channel: Channel) -> None:
    read(channel, NOW)
    retention.purge(NOW + 48 * HOUR)
    stored = ingest.store(channel, "comments", Page(deletions=("u1",)), now=NOW + 49 * HOUR)
    ingest.settle(stored.thread_ids, NOW + 49 * HOUR)
    assert Item.objects.get().deleted_at == NOW + 49 * HOUR
    assert ReplyCycle.objects.get().outcome == "withdrawn"


def test_many_texts_go_in_one_purge(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 3)
    store(channel, *[comment(f"u{number}", number, author=VERA) for number in range(10)], now=NOW)
    assert retention.purge(NOW + 48 * HOUR).items == 10
    assert retention.purge(NOW + 48 * HOUR).items == 0


def test_other_platforms_keep_everything() -> None:
    facebook = ChannelFactory(platform="facebook")
    store(facebook, comment("1"), now=NOW)
    store(facebook, replace(comment("1"), text="Ändrad", edited_at=NOW + HOUR), now=NOW + HOUR)
    assert retention.purge(NOW + timedelta(days=9_000)) == retention.Purged()
    assert (Item.objects.get().text, ItemVersion.objects.count()) == ("Ändrad", 1)
    assert Item.objects.get().keep_until is None


def test_other_platforms_pay_no_query_for_it(django_assert_num_queries: Any) -> None:
    facebook = ChannelFactory(platform="facebook")
    store(facebook, comment("1"), now=NOW)
    reads = [ingest.readable([comment("1")], frozenset(), "comments")[0][0]]
    with django_assert_num_queries(0):
        retention.still_kept(facebook, reads)
        retention.note_names(facebook, reads, NOW)
        retention.note_read(facebook, reads, NOW)


# Over the wire


@pytest.fixture
def stage(sandbox: RunningSandbox, settings: Any) -> LinkedInStage:
    settings.PLATFORM_URLS = {**settings.PLATFORM_URLS, "linkedin": sandbox.url}
    settings.LINKEDIN_TOKEN_URL = f"{sandbox.url}/oauth/v2/accessToken"
    return LinkedInStage(sandbox)


def waiting(stage: LinkedInStage) -> tuple[Channel, datetime]:
    """Let a citizen's comment be read over the wire; give the channel, and when the text would go."""
    channel = ChannelFactory(platform="linkedin", external_id=US, token=dict(stage.token))
    entry = stage.citizen_writes("Hemlig fråga")
    page = stage.connector().read([entry.id])
    stored = ingest.store(channel, "comments", page, now=entry.created_at)
    ingest.settle(stored.thread_ids, entry.created_at)
    until = Item.objects.get().keep_until
    assert until is not None
    return channel, until


def test_what_somebody_waits_for_is_read_again_before_it_must_go(stage: LinkedInStage) -> None:
    _channel, until = waiting(stage)
    Item.objects.update(keep_until=until - 40 * HOUR)
    assert rereading.read_again(until - 41 * HOUR) == 1
    assert Item.objects.get().keep_until > until - HOUR
    assert Item.objects.get().text == "Hemlig fråga"


def test_nothing_is_read_again_before_its_time_or_once_nobody_waits(stage: LinkedInStage) -> None:
    _channel, until = waiting(stage)
    stage.forget_wire()
    assert rereading.read_again(until - 20 * HOUR) == 0
    Conversation.objects.update(due_at=None)
    assert rereading.read_again(until) == 0
    assert not stage.wire()


@pytest.mark.parametrize("kind", ["server_error", "quota", "html_502", "drop_before"])
def test_a_platform_that_is_away_keeps_nothing_alive_and_stops_nothing(stage: LinkedInStage, kind: str) -> None:
    _channel, until = waiting(stage)
    stage.fault(kind)
    assert rereading.read_again(until) == 0
    assert retention.purge(until).items == 1


def test_a_dead_token_is_remembered_and_not_tried_again(stage: LinkedInStage) -> None:
    channel, until = waiting(stage)
    stage.revoke()
    assert rereading.read_again(until) == 0
    assert Credential.objects.get(channel=channel).dead_since is not None
    stage.forget_wire()
    assert rereading.read_again(until) == 0
    assert not stage.wire()


def test_the_task_reads_again_and_purges(stage: LinkedInStage) -> None:
    _channel, until = waiting(stage)
    Item.objects.update(keep_until=until - 50 * HOUR)
    tasks.purge_expired()
    assert Item.objects.get().text == "Hemlig fråga"
    stage.revoke()
    Item.objects.update(keep_until=until - 50 * HOUR)
    tasks.purge_expired()
    assert Item.objects.get().text == ""
