"""Polls of the real connectors over the sandbox: leases, cursors, faults, and what a report says."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts import channels
from accounts.models import AuditEvent, Channel, Credential, Surface
from connectors.base import AuthExpired, Permanent, Temporary
from inbox import ingest, poll
from inbox.cycles import Ledger
from inbox.incoming import schedule
from inbox.models import Conversation, Item, ReplyCycle, Thread
from tests.connectors.facebook.stage import FacebookStage
from tests.connectors.instagram.stage import InstagramStage
from tests.connectors.linkedin.stage import LinkedInStage
from tests.connectors.stage import Stage
from tests.connectors.twitter.stage import TwitterStage
from tests.connectors.youtube.stage import YouTubeStage
from tests.factories import ChannelFactory
from tests.inbox.reading import comment, store
from tests.sandbox_server import RunningSandbox

STAGES = [FacebookStage, InstagramStage, LinkedInStage, TwitterStage, YouTubeStage]
every_platform = pytest.mark.parametrize("kind", STAGES, ids=[stage.platform for stage in STAGES])


@pytest.fixture
def kind() -> type[Stage]:
    return FacebookStage


@pytest.fixture
def stage(sandbox: RunningSandbox, kind: type[Stage], settings: Any) -> Iterator[Stage]:
    stage = kind(sandbox)
    settings.PLATFORM_URLS = dict.fromkeys(settings.PLATFORM_URLS, sandbox.url)
    settings.GOOGLE_TOKEN_URL = f"{sandbox.url}/token"
    settings.LINKEDIN_TOKEN_URL = f"{sandbox.url}/oauth/v2/accessToken"
    yield stage
    stage.mend()


@pytest.fixture
def channel(stage: Stage) -> Channel:
    """The stage's account in our register."""
    context = stage.context()
    channel = ChannelFactory(
        platform=stage.platform, external_id=stage.our_id, handle=context.handle, token=dict(context.token)
    )
    channels.ensure_surfaces(channel, timezone.now())
    return channel


def poll_all(channel: Channel, *, full: bool = False, now: datetime | None = None) -> list[poll.Report]:
    surfaces = channel.surfaces.select_related("channel").order_by("name")
    return [poll.poll_surface(s, now=now or timezone.now(), full=full, holder="test") for s in surfaces]


def poll_main(channel: Channel, stage: Stage, **options: Any) -> poll.Report:
    surface = channel.surfaces.select_related("channel").get(name=stage.surface)
    return poll.poll_surface(surface, now=timezone.now(), holder="test", **options)


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Thread, Conversation, Item, ReplyCycle))


@pytest.mark.django_db
@every_platform
def test_polling_the_same_world_five_times_adds_no_row(stage: Stage, channel: Channel) -> None:
    for number in range(7):
        entry = stage.citizen_writes(f"Fråga {number}")
        stage.answer(entry, f"Svar {number}", by_us=number % 2 == 0)
    poll_all(channel)
    poll_all(channel)  # threads are known to be ours only now, and may bring their older parts
    before = rows()
    stage.fault("repeat_page")
    for round in range(5):
        reports = poll_all(channel, full=round == 4)
        assert [(r.new, r.updated, r.deleted) for r in reports] == [(0, 0, 0)] * len(reports)
        stage.mend()
    assert rows() == before


@pytest.mark.django_db
@every_platform
def test_what_a_citizen_wrote_waits_and_our_answer_in_the_app_ends_it_then(stage: Stage, channel: Channel) -> None:
    entry = stage.citizen_writes("När öppnar badet?")
    poll_all(channel)
    cycle = ReplyCycle.objects.get()
    assert abs(cycle.started_at - entry.created_at) < timedelta(seconds=1)
    ours = stage.answer(entry, "Klockan nio.", by_us=True)
    poll_all(channel)
    poll_all(channel)
    cycle.refresh_from_db()
    assert cycle.outcome == "answered"
    assert abs(cycle.ended_at - ours.created_at) < timedelta(seconds=1)
    assert Conversation.objects.get(contact__external_id=entry.author).status == "closed"


@pytest.mark.django_db
@every_platform
def test_a_citizens_edit_and_deletion_are_seen(stage: Stage, channel: Channel) -> None:
    entry = stage.citizen_writes("När öpnar badet?")
    poll_all(channel)
    edited = stage.world.edit(entry.id, entry.text.replace("öpnar", "öppnar"))
    poll_all(channel, full=True)
    item = Item.objects.get(contact__external_id=entry.author)
    assert "öppnar" in item.text
    assert item.versions.count() == (0 if stage.platform == "linkedin" else 1)  # whose older words may not be kept
    stage.world.delete(edited.id)
    for _again in range(2):
        poll_all(channel, full=True)
    item.refresh_from_db()
    assert item.deleted_at is not None
    assert ReplyCycle.objects.get().outcome == "withdrawn"


@pytest.mark.django_db
@every_platform
def test_what_was_there_before_the_connection_has_no_clock(stage: Stage, channel: Channel) -> None:
    stage.citizen_writes("Gammal fråga", at=datetime.now(UTC) - timedelta(hours=2))
    Channel.objects.update(clock_from=datetime.now(UTC) - timedelta(hours=1))
    poll_all(Channel.objects.get())
    assert not ReplyCycle.objects.exists()
    assert Conversation.objects.get().before_connection


@pytest.mark.django_db
@every_platform
def test_a_report_has_the_contracts_keys_and_counts_every_request(stage: Stage, channel: Channel) -> None:
    stage.citizen_writes("När öppnar badet?")
    stage.forget_wire()
    report = asdict(poll_main(channel, stage))
    assert list(report) == [
        "channel", "surface", "fetched", "new", "updated", "deleted", "calls", "cost", "complete", "error",
    ]  # fmt: skip
    assert report["calls"] == len(stage.wire())
    assert report["cost"]["unit"] == {"twitter": "usd", "youtube": "units"}.get(stage.platform, "calls")
    assert (report["complete"], report["error"]) == (True, None)
    assert report["new"] >= 1


@pytest.mark.django_db
@every_platform
def test_a_wrong_token_is_reported_and_the_channel_waits_for_a_person(stage: Stage, channel: Channel) -> None:
    stage.citizen_writes("När öppnar badet?")
    stage.revoke()
    reports = poll_all(channel)
    assert {r.error["code"] for r in reports if r.error} == {"auth_expired"}
    assert all(r.error or not r.calls for r in reports)  # X has nothing to ask of conversations yet
    surface = channel.surfaces.get(name=stage.surface)
    assert surface.failing_since is not None
    assert surface.next_poll_at > timezone.now() + timedelta(minutes=30)
    assert Credential.objects.get().dead_since is not None
    assert surface.lease_until is None


@pytest.mark.django_db
@every_platform
def test_a_quota_that_is_used_up_is_tried_again_when_the_platform_says(stage: Stage, channel: Channel) -> None:
    stage.fault("rate_limit")
    report = poll_main(channel, stage)
    assert report.error is not None
    surface = channel.surfaces.get(name=stage.surface)
    assert surface.next_poll_at > timezone.now()
    assert surface.error.endswith(".")
    assert Credential.objects.get().dead_since is None


@pytest.mark.django_db
@every_platform
def test_a_passing_fault_leaves_the_cursor_and_is_mended_by_the_next_poll(stage: Stage, channel: Channel) -> None:
    stage.citizen_writes("När öppnar badet?")
    stage.fault("server_error")
    assert poll_main(channel, stage).error is not None
    surface = channel.surfaces.get(name=stage.surface)
    assert (surface.cursor, surface.cursor_version, surface.last_success_at) == ({}, 0, None)
    stage.mend()
    assert poll_main(channel, stage).new >= 1
    surface.refresh_from_db()
    assert (surface.failing_since, surface.error, surface.cursor_version) == (None, "", 1)
    assert surface.last_success_at is not None


@pytest.mark.django_db
def test_a_poll_that_stops_half_way_keeps_its_cursor_and_lets_clocks_start(stage: Stage, channel: Channel) -> None:
    for number in range(2 * stage.page_size + 7):
        stage.citizen_writes(f"Fråga {number}")
    stage.fault("repeat_page")
    report = poll_main(channel, stage)
    assert not report.complete
    surface = channel.surfaces.get(name=stage.surface)
    assert surface.cursor == {}
    assert surface.note
    assert AuditEvent.objects.filter(action="surface.note").count() == 1
    assert ReplyCycle.objects.count() == Item.objects.count() >= stage.page_size
    assert not Item.objects.filter(unsettled=True).exists()


@pytest.mark.django_db
def test_a_token_that_no_key_opens_says_so_and_is_dead(stage: Stage, channel: Channel, settings: Any) -> None:
    settings.TOKEN_KEYS = ["another key"]
    report = poll_main(Channel.objects.get(), stage)
    assert report.error is not None
    assert (report.error["code"], "TOKEN_KEYS" in report.error["message"]) == ("unreadable_token", True)
    assert Credential.objects.get().dead_since is not None


@pytest.mark.django_db
def test_a_fault_of_ours_is_told_without_what_people_wrote(
    stage: Stage, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    stage.citizen_writes("Hemlig fråga")
    channel.surfaces.update(cursor=["odd"])  # what no connector ever stores
    report = poll_main(Channel.objects.get(), stage)
    assert report.error == {"code": "internal", "message": "Något oväntat hände hos oss. Det står i loggen."}
    assert f"surface {channel.surfaces.get(name=stage.surface).pk}" in caplog.text
    assert "Hemlig" not in caplog.text
    assert channel.surfaces.get(name=stage.surface).lease_until is None


@pytest.mark.django_db
def test_a_surface_that_another_process_has_is_left_alone(stage: Stage, channel: Channel) -> None:
    stage.forget_wire()
    channel.surfaces.update(lease_until=timezone.now() + timedelta(minutes=1), lease_holder="other")
    report = poll_main(channel, stage)
    assert report.error is not None
    assert report.error["code"] == "busy"
    assert stage.wire() == []
    assert channel.surfaces.get(name=stage.surface).lease_holder == "other"


@pytest.mark.django_db
def test_a_lease_whose_time_is_up_is_taken_over(stage: Stage, channel: Channel) -> None:
    channel.surfaces.update(lease_until=timezone.now() - timedelta(seconds=1), lease_holder="dead")
    assert poll_main(channel, stage).error is None


@pytest.mark.django_db
def test_a_surface_whose_holder_was_killed_is_taken_over_at_once(stage: Stage, channel: Channel) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    ours = poll.new_holder().split(":")
    dead = f"{ours[0]}:{ended.pid}:{ours[2]}"
    channel.surfaces.update(lease_until=timezone.now() + timedelta(minutes=1), lease_holder=dead)
    assert poll_main(channel, stage).error is None


@pytest.mark.django_db
@pytest.mark.parametrize("holder", ["elsewhere:1:aa", "odd", "a:b:c", ""])
def test_a_holder_of_another_machine_is_never_taken_for_dead(stage: Stage, channel: Channel, holder: str) -> None:
    channel.surfaces.update(lease_until=timezone.now() + timedelta(minutes=1), lease_holder=holder)
    assert poll_main(channel, stage).error is not None


@pytest.mark.django_db
def test_a_tag_that_is_watched_no_more_is_polled_no_more(sandbox: RunningSandbox) -> None:
    channel = ChannelFactory(platform="twitter")
    channel.watched_hashtags.create(tag="isbanan")
    channels.ensure_surfaces(channel, timezone.now())
    channel.watched_hashtags.all().delete()
    names = {surface.name for surface in channels.ensure_surfaces(channel, timezone.now())}
    assert names == set(channel.surfaces.values_list("name", flat=True))
    assert "hashtag:isbanan" not in names


@pytest.mark.django_db
def test_a_cursor_that_somebody_else_moved_is_not_moved_back(stage: Stage, channel: Channel) -> None:
    surface = channel.surfaces.select_related("channel").get(name=stage.surface)
    report = poll.Report(channel.pk, surface.name)
    run = poll.Run(surface, report, timezone.now(), False, "test")
    Surface.objects.filter(pk=surface.pk).update(cursor={"at": "newer"}, cursor_version=1, lease_holder="test")
    run.read()
    surface.refresh_from_db()
    assert (surface.cursor, surface.cursor_version) == ({"at": "newer"}, 1)


@pytest.mark.django_db
def test_one_surface_of_a_broken_channel_does_not_stop_anothers(stage: Stage, channel: Channel) -> None:
    stage.citizen_writes("När öppnar badet?")
    broken = ChannelFactory(platform="twitter", external_id="1", token={"access_token": "wrong"})
    channels.ensure_surfaces(broken, timezone.now())
    due = poll.due_surfaces(timezone.now())
    assert {s.channel_id for s in due} == {channel.pk, broken.pk}
    reports = [poll.poll_due(pk, now=timezone.now()) for pk in poll.take_due(timezone.now())]
    assert {(r.channel, bool(r.error)) for r in reports if r and r.calls} == {(channel.pk, False), (broken.pk, True)}


@pytest.mark.django_db
def test_a_due_surface_is_given_to_one_and_again_if_no_poll_begins(stage: Stage, channel: Channel) -> None:
    now = timezone.now()
    first = poll.take_due(now)
    assert len(first) == channel.surfaces.count()
    assert poll.take_due(now) == []
    assert poll.take_due(now + poll.NUDGE) == first


@pytest.mark.django_db
def test_a_paused_channel_is_not_polled(stage: Stage, channel: Channel) -> None:
    ids = poll.take_due(timezone.now())
    Channel.objects.update(status="paused")
    assert poll.due_surfaces(timezone.now() + timedelta(days=1)) == []
    assert poll.poll_due(ids[0], now=timezone.now()) is None


@pytest.mark.django_db
def test_a_living_token_is_called_alive_again(stage: Stage, channel: Channel) -> None:
    Credential.objects.update(dead_since=timezone.now())
    poll_main(channel, stage)
    assert Credential.objects.get().dead_since is None


# Two workers at once


@pytest.mark.django_db(transaction=True)
@every_platform
def test_two_workers_at_once_on_one_surface_add_each_row_once(stage: Stage, channel: Channel) -> None:
    written = [stage.citizen_writes(f"Fråga {number}") for number in range(30)]
    reports: list[poll.Report] = []

    def work(holder: str) -> None:
        try:
            for surface in channel.surfaces.select_related("channel"):
                reports.append(poll.poll_surface(surface, now=timezone.now(), holder=holder))
        finally:
            connection.close()

    run_at_once(*(lambda name=name: work(name) for name in ("one", "two", "three")))
    assert Item.objects.filter(from_us=False).count() == len(written)
    assert sum(report.new for report in reports) == Item.objects.count()
    assert {report.error["code"] for report in reports if report.error} <= {"busy"}


@pytest.mark.django_db(transaction=True)
def test_two_workers_who_store_the_same_pages_in_other_orders_add_each_row_once(db: None) -> None:
    channel = ChannelFactory()
    pages = [
        tuple(comment(f"{n}", n, thread=f"{n % 7}", parent=f"{n % 7}" if n > 6 else None) for n in numbers)
        for numbers in (range(start, start + 20) for start in range(0, 120, 10))
    ]
    stored: list[ingest.Stored] = []

    def work(order: int) -> None:
        try:
            for page in pages[::order]:
                items = page[::order]
                stored.append(ingest.store(channel, "comments", poll.Page(items=items), now=timezone.now()))
                ingest.settle(stored[-1].thread_ids, timezone.now())
        finally:
            connection.close()

    run_at_once(lambda: work(1), lambda: work(-1), lambda: work(1))
    assert sum(each.new for each in stored) == Item.objects.count() == 130
    assert Conversation.objects.count() == Thread.objects.count() == 7
    assert sum(Thread.objects.values_list("item_count", flat=True)) == 130
    assert sum(Conversation.objects.values_list("item_count", flat=True)) == 130
    assert ReplyCycle.objects.count() == 7


def run_at_once(*jobs: Any) -> None:
    failures: list[BaseException] = []

    def guarded(job: Any) -> None:
        try:
            job()
        except BaseException as error:  # shown by the test, not lost with its thread
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_in_the_middle_loses_nothing(stage: Stage, channel: Channel) -> None:
    written = [stage.citizen_writes(f"Fråga {number}") for number in range(3)]
    stage.fault("hold_after", times=1)
    reports: list[poll.Report] = []

    def work() -> None:
        try:
            reports.append(poll_main(channel, stage))
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    wait_until(lambda: stage.sandbox.faults.held())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    stage.mend()
    worker.join(60)
    assert [report.error["code"] for report in reports if report.error] == ["internal"]
    assert poll_main(channel, stage).new == len(written)


@pytest.mark.django_db(transaction=True)
def test_storing_waits_for_who_works_in_the_conversation_and_does_not_deadlock(db: None) -> None:
    channel = ChannelFactory()
    store(channel, comment("1"))
    conversation, stored = Conversation.objects.get(), []

    def work() -> None:
        try:
            stored.append(store(channel, comment("2", 5, parent="1")))
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    with transaction.atomic():
        Ledger.of([conversation], timezone.now())
        worker.start()
        wait_until(somebody_waits)
        Item.objects.filter(conversation=conversation).update(first_seen_at=timezone.now())
    worker.join(60)
    assert stored[0].new == 1
    assert Conversation.objects.get().item_count == 2


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return cursor.fetchone() is not None


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)


# How often


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("platform", "hours_since_new", "seconds"),
    [
        ("facebook", 1, 60), ("facebook", 20, 300), ("facebook", 100, 900), ("facebook", None, 900),
        ("youtube", 1, 120), ("twitter", 1, 60), ("instagram", 1, 120),
    ],
)  # fmt: skip
def test_a_surface_is_polled_as_often_as_something_happens(
    platform: str, hours_since_new: int | None, seconds: int, now: datetime
) -> None:
    last = now - timedelta(hours=hours_since_new) if hours_since_new is not None else None
    surface = Surface(channel=ChannelFactory(platform=platform), name="comments", last_new_at=last)
    assert schedule.usual_interval(surface, now).total_seconds() == seconds


@pytest.mark.django_db
def test_a_sandbox_is_polled_within_seconds(now: datetime) -> None:
    surface = Surface(channel=ChannelFactory(is_sandbox=True), name="comments")
    assert schedule.usual_interval(surface, now) <= timedelta(seconds=5)
    assert schedule.retry_at(surface, Temporary("Nej."), now) <= now + timedelta(seconds=5)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "lasted", "seconds"),
    [
        (Temporary("Nej."), 0, 30), (Temporary("Nej."), 120, 120), (Temporary("Nej."), 7200, 900),
        (Temporary("Nej.", retry_after=77), 0, 77), (AuthExpired("Nej."), 0, 3600), (Permanent("Nej."), 0, 3600),
    ],
)  # fmt: skip
def test_a_fault_is_tried_again_the_later_the_longer_it_lasts(
    error: Any, lasted: int, seconds: int, now: datetime
) -> None:
    surface = Surface(channel=ChannelFactory(), failing_since=now - timedelta(seconds=lasted))
    assert (schedule.retry_at(surface, error, now) - now).total_seconds() == seconds


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours_ago", "hour", "platform_count", "wanted"),
    [
        (2, 12, None, False), (25, 12, None, True), (17, 2, None, True), (3, 2, None, False),
        (2, 12, 0, False), (2, 12, 5, True), (0.5, 12, 5, False),
    ],
)  # fmt: skip
def test_everything_is_read_again_nightly_and_where_the_counts_differ(
    hours_ago: float, hour: int, platform_count: int | None, wanted: bool
) -> None:
    now = datetime(2026, 11, 24, hour, 30, tzinfo=UTC)
    surface = Surface(channel=ChannelFactory(), name="comments", platform_count=platform_count)
    surface.last_full_at = now - timedelta(hours=hours_ago)
    assert schedule.wants_full(surface, now) is wanted
