"""The fifteen ways in which platforms are known to fail their readers, each tried on the sandbox.

`docs/platforms.md` lists them under *What goes wrong*, by these names.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts import channels
from accounts.models import AuditEvent, Credential, Surface
from connectors.webhooks import signs
from inbox.incoming import webhooks
from inbox.models import Conversation, Item
from sandbox.pushing import BODIES
from tests.failures.conftest import Watched

pytestmark = pytest.mark.django_db
Watch = Callable[[str], Watched]
SPENT = {"quota_exhausted", "rate_limit", "rate_limited"}
SAME_SURFACE_ELSEWHERE = {  # platform → a path that only one of its surfaces asks for, and that surface
    "facebook": (r"/visitor_posts$", "visitor_posts"),
    "twitter": (r"/tweets/search/recent$", "conversation"),
}


def test_fault_1_a_watermark_never_moves_past_what_was_not_read(watched: Watched) -> None:
    size = watched.stage.page_size + 7
    with watched.stage.world.together():
        written = {watched.stage.citizen_writes(f"Fråga {number}").id for number in range(size)}
    watched.stage.fault("repeat_page")
    assert not all(report.complete for report in watched.read())
    watched.stage.mend()
    watched.read()
    assert written <= watched.items().keys()


def test_fault_1_what_is_shown_late_is_found(watched: Watched) -> None:
    now = datetime.now(UTC)
    at, until = now - timedelta(hours=2), now + timedelta(days=1)
    late = watched.stage.citizen_writes("Sen", at=at, visible_at=until)
    watched.stage.citizen_writes("I tid", at=now - timedelta(hours=1))
    watched.read()
    assert late.id not in watched.items()
    watched.stage.show(late)
    watched.read()
    assert late.id in watched.items()


def test_fault_2_a_mark_older_than_seven_days_is_a_gap_that_is_told(watch: Watch) -> None:
    watched = watch("twitter")
    watched.channel.watched_hashtags.create(tag="fritid")
    watched.read()
    surface = Surface.objects.get(channel=watched.channel, name="hashtag:fritid")
    old = (timezone.now() - timedelta(days=12)).isoformat()
    surface.cursor = {**surface.cursor, "newest_id": "1500000000000000000", "read_at": old, "tells_time": True}
    surface.save()
    young = watched.stage.citizen_writes("När öppnar badet? #fritid")
    (report,) = watched.read(only="hashtag:fritid")
    assert (report.error, report.complete) == (None, True)
    assert young.id in watched.items()
    surface.refresh_from_db()
    assert surface.note.startswith("Lucka")
    assert AuditEvent.objects.filter(action="surface.note").exists()


def test_fault_3_a_new_answer_in_an_old_thread_is_found(watched: Watched) -> None:
    first = watched.stage.citizen_writes("När öppnar badet?", at=datetime.now(UTC) - timedelta(days=5))
    ours = watched.stage.answer(first, "Klockan nio.", by_us=True)
    watched.read()
    watched.read()
    answer = watched.stage.answer(ours, "Även på söndagar?")
    watched.read()
    assert answer.id in watched.items()


@pytest.mark.parametrize("kind", ["empty_page", "repeat_page", "missing_next"])
def test_fault_4_a_trap_in_the_paging_loses_nothing(watched: Watched, kind: str) -> None:
    size = watched.stage.page_size + 7
    with watched.stage.world.together():
        written = {watched.stage.citizen_writes(f"Fråga {number}").id for number in range(size)}
    watched.stage.fault(kind)
    watched.read()
    watched.stage.mend()
    watched.read(full=True)
    assert written <= watched.items().keys()


def test_fault_5_a_write_without_an_answer_stands_once(watched: Watched) -> None:
    outgoing = watched.reply()
    watched.stage.fault("drop_after", method="POST", times=1)
    watched.deliver()
    outgoing.refresh_from_db()
    assert outgoing.status == "unknown"
    watched.deliver(timedelta(minutes=2, seconds=1))
    outgoing.refresh_from_db()
    assert (outgoing.status, len(watched.on_the_platform()), watched.writes()) == ("sent", 1, 1)


def test_fault_6_our_own_answers_are_nobodys_question(watched: Watched) -> None:
    first = watched.stage.citizen_writes("När öppnar badet?")
    ours = watched.stage.answer(first, "Klockan nio.", by_us=True)
    watched.read()
    watched.read()
    item = watched.items()[ours.id]
    assert (item.from_us, item.native) == (True, True)
    assert Conversation.objects.filter(channel=watched.channel).count() == 1
    assert Conversation.objects.get(channel=watched.channel).status == "closed"  # answered in the app


def test_fault_7_an_edit_is_a_version_of_the_same_item(watched: Watched) -> None:
    entry = watched.stage.citizen_writes("När öpnar badet?")
    watched.read()
    watched.stage.world.edit(entry.id, entry.text.replace("öpnar", "öppnar"))
    watched.read(full=True)
    (item,) = Item.objects.filter(channel=watched.channel, from_us=False)
    assert "öppnar" in item.text
    kept = [] if watched.channel.platform == "linkedin" else [entry.text]  # whose texts may be kept for a time only
    assert [version.text for version in item.versions.all()] == kept


def test_fault_8_what_is_gone_is_gone_after_two_looks_and_its_words_are_kept(watched: Watched) -> None:
    gone, stays = watched.stage.citizen_writes("Ångrar mig"), watched.stage.citizen_writes("Står kvar")
    watched.read()
    watched.stage.world.delete(gone.id)
    watched.read(full=True)
    watched.read(full=True)
    items = watched.items()
    assert items[gone.id].deleted_at is not None
    assert "Ångrar mig" in items[gone.id].text
    assert items[stays.id].deleted_at is None


def test_fault_8_one_look_in_vain_is_no_deletion(watch: Watch) -> None:
    watched = watch("facebook")
    entry = watched.stage.citizen_writes("Syns inte just nu")
    watched.stage.citizen_writes("Står kvar")
    watched.read()
    watched.stage.world.delete(entry.id)
    watched.read(full=True)
    item = watched.items()[entry.id]
    assert (item.deleted_at, item.missing_since is not None) == (None, True)


def test_fault_9_a_dead_token_is_seen_at_once_and_holds_what_waits(watched: Watched) -> None:
    outgoing = watched.reply()
    watched.stage.revoke()
    assert set(watched.errors(watched.read()).values()) == {"auth_expired"}
    assert Credential.objects.get(channel=watched.channel).dead_since is not None
    watched.deliver()
    outgoing.refresh_from_db()
    assert (outgoing.status, outgoing.held, outgoing.attempts, watched.writes()) == ("queued", True, 0, 0)
    channels.save_token(watched.channel.pk, watched.new_token())
    watched.deliver()
    outgoing.refresh_from_db()
    assert outgoing.status == "sent"


def test_fault_10_a_spent_rate_is_one_request_and_its_own_clock(watched: Watched) -> None:
    watched.read()
    watched.stage.fault("rate_limit")
    watched.stage.forget_wire()
    reports = watched.read()
    asked = [report for report in reports if report.calls]
    assert {report.error["code"] for report in asked if report.error} <= SPENT
    assert all(report.error for report in asked)
    assert len(watched.stage.wire()) == len(asked)  # nobody tries again by himself
    waiting = Surface.objects.filter(channel=watched.channel, error_code__in=SPENT)
    assert len(waiting) == len(asked)
    assert all(surface.next_poll_at > timezone.now() for surface in waiting)


@pytest.mark.parametrize("platform", ["facebook", "instagram", "linkedin", "twitter"])
def test_fault_11_every_change_of_a_delivery_is_read_and_twice_is_once(watch: Watch, platform: str) -> None:
    watched = watch(platform)
    entries = [watched.stage.citizen_writes(f"Fråga {number}") for number in range(3)]
    account = watched.stage.world.account(watched.stage.our_id, platform)
    assert account
    told = [BODIES[platform](watched.stage.world, account, "write", entry) for entry in entries]
    body = json.dumps(together(platform, [each for each in told if each])).encode()
    assert [sign.id for sign in signs(platform, body)] == [entry.id for entry in entries]
    for _ in range(2):
        webhooks.store(platform, body, timezone.now())
        webhooks.handle(timezone.now())
    watched.read()
    theirs = [item.external_id for item in watched.items().values() if not item.from_us]
    assert sorted(theirs) == sorted(entry.id for entry in entries)


def together(platform: str, told: list[dict]) -> object:
    """Put several things into one delivery, as the platform does."""
    if platform == "twitter":
        return told
    if platform == "linkedin":
        return {**told[0], "notifications": [note for each in told for note in each["notifications"]]}
    first, *rest = (each["entry"][0] for each in told)
    both = {**first, "changes": [*first["changes"], *rest[0]["changes"]]}
    return {**told[0], "entry": [both, *rest[1:]]}


def test_fault_12_a_comment_on_an_advertisement_waits_for_an_answer(watch: Watch) -> None:
    watched = watch("facebook")
    comment = watched.stage.citizen_writes("När är sista dag?", post=watched.stage.we_advertise("Sök jobb hos oss"))
    watched.read()
    item = watched.items()[comment.id]
    assert item.thread.post.is_ad
    assert item.conversation.due_at is not None


@pytest.mark.parametrize("platform", SAME_SURFACE_ELSEWHERE)
def test_fault_13_one_surface_that_fails_blanks_no_other(watch: Watch, platform: str) -> None:
    watched = watch(platform)
    path, failing = SAME_SURFACE_ELSEWHERE[platform]
    watched.read()
    entry = watched.stage.citizen_writes("När öppnar badet?")
    watched.stage.fault("server_error", path=path)
    errors = watched.errors(watched.read())
    assert failing in errors
    assert watched.stage.surface not in errors
    assert entry.id in watched.items()


@pytest.mark.parametrize("platform", ["facebook", "instagram", "youtube", "linkedin"])
def test_fault_14_the_platforms_count_stands_beside_ours(watch: Watch, platform: str) -> None:
    from inbox.incoming.schedule import our_count

    watched = watch(platform)
    for number in range(3):
        watched.stage.citizen_writes(f"Fråga {number}")
    watched.read()
    surface = Surface.objects.select_related("channel").get(channel=watched.channel, name="comments")
    assert (surface.platform_count, our_count(surface)) == (3, 3)
    assert surface.last_success_at is not None


def test_fault_15_without_credits_nothing_is_tried_again(watch: Watch) -> None:
    watched = watch("twitter")
    outgoing = watched.reply()
    watched.stage.fault("credits")
    watched.deliver()
    assert set(watched.errors(watched.read()).values()) == {"credits_depleted"}
    watched.deliver(timedelta(minutes=30))
    outgoing.refresh_from_db()
    assert (outgoing.status, outgoing.held, outgoing.attempts, watched.writes()) == ("queued", True, 0, 1)
