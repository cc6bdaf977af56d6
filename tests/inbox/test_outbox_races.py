"""Many at once, with real transactions: each claim is won once, each person gets one reply, each step one notice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connection, connections, transaction

from inbox import actions, escalation, ingest, outbox
from inbox.leaving import confirmation, sending
from inbox.models import Conversation, Notice, Outgoing, ReplyCycle, Thread
from tests.factories import ChannelFactory, ItemFactory, UserFactory, waiting_conversation
from tests.inbox.scene import FakeConnector, fake

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs in a thread each, all starting at the same instant; give what they gave or raised."""
    barrier, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(place: int, job: Callable[[], Any]) -> None:
        close_old_connections()
        connection.ensure_connection()
        barrier.wait()
        try:
            results[place] = job()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def queue(conversation: Conversation, key: str, by: Any, **given: Any) -> Outgoing:
    return actions.reply(conversation.pk, kind="answer", text="Hej.", key=key, by=by, now=NOW, **given)


def test_of_two_replies_to_one_person_at_once_one_is_queued_and_one_refused_200_times() -> None:
    anna, bo, channel = UserFactory(name="Anna Ek"), UserFactory(name="Bo Lind"), ChannelFactory()
    rows = [ItemFactory(conversation__thread__channel=channel).conversation for _ in range(200)]

    def all_of(user: Any) -> list[Any]:
        return [_tried(lambda row=row: queue(row, f"{user.pk}-{row.pk}", user)) for row in rows]

    for first, second in zip(*at_once(lambda: all_of(anna), lambda: all_of(bo)), strict=True):
        refusals = [result for result in (first, second) if isinstance(result, actions.Refused)]
        assert len(refusals) == 1
        assert "har redan ett svar på väg" in str(refusals[0])
    assert Outgoing.objects.count() == 200


def test_a_double_click_finds_the_one_row_50_times() -> None:
    anna, channel = UserFactory(), ChannelFactory()
    for number in range(50):
        row = waiting_conversation(thread__channel=channel)
        results = at_once(*[lambda row=row, number=number: queue(row, f"k{number}", anna) for _ in range(3)])
        assert len({outgoing.pk for outgoing in results}) == 1


def test_settling_what_is_unknown_waits_for_the_thread_before_it_holds_the_conversation() -> None:
    """Ingest locks the thread, then the conversation: the other way round, the two would wait for each other."""
    anna, row = UserFactory(), waiting_conversation()
    outgoing = queue(row, "k", anna)
    Outgoing.objects.update(status="unknown", claimed_at=NOW, unknown_since=NOW)
    with transaction.atomic():
        Thread.objects.select_for_update().get(pk=row.thread_id)  # ingest has the thread
        settling = threading.Thread(target=at_once, args=[lambda: settle(outgoing, anna)])
        settling.start()
        waits_for_a_lock()
        Conversation.objects.select_for_update(nowait=True).get(pk=row.pk)  # and gets the conversation
    settling.join(30)
    outgoing.refresh_from_db()
    assert (outgoing.status, outgoing.external_id) == ("sent", "900_1")


def settle(outgoing: Outgoing, by: Any) -> Outgoing:
    return actions.settle_unknown(outgoing.pk, was_sent=True, external_id="900_1", by=by, now=NOW)


def waits_for_a_lock() -> None:
    deadline, sql = time.monotonic() + 20, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        while True:
            cursor.execute(f"SELECT pg_stat_clear_snapshot(); {sql} AND datname = current_database()")
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < deadline


def test_one_key_in_two_conversations_at_once_is_one_row() -> None:
    anna = UserFactory()
    for number in range(20):
        first, second = waiting_conversation(), waiting_conversation()
        results = at_once(
            lambda first=first, number=number: queue(first, f"k{number}", anna),
            lambda second=second, number=number: queue(second, f"k{number}", anna),
        )
        assert len({outgoing.pk for outgoing in results}) == 1


def test_eight_workers_send_each_reply_once(monkeypatch: Any) -> None:
    connector, anna = (
        fake(monkeypatch, lambda: sending.Sent(f"r{len(FakeConnector.sent)}-{threading.get_ident()}")),
        UserFactory(),
    )
    channels = [ChannelFactory() for _ in range(4)]
    rows = [queue(waiting_conversation(thread__channel=channels[n % 4]), f"k{n}", anna) for n in range(40)]
    later = NOW + timedelta(seconds=1)
    at_once(
        *[lambda: outbox.deliver(later) for _ in range(4)],
        *[lambda: [outbox.deliver_one(o.pk, later) for o in rows] for _ in range(4)],
    )
    outbox.deliver(later)
    assert sorted(target for target, _text in connector.sent) == sorted(outgoing.to.external_id for outgoing in rows)
    assert set(Outgoing.objects.values_list("status", flat=True)) == {"sent"}


def test_a_call_is_made_outside_of_any_transaction(monkeypatch: Any) -> None:
    inside = []
    fake(monkeypatch, lambda: inside.append(connection.in_atomic_block) or sending.Sent("r1"))
    queue(waiting_conversation(), "k", UserFactory())
    outbox.deliver(NOW)
    assert inside == [False]


def test_undo_and_sending_at_the_same_instant_are_one_or_the_other(monkeypatch: Any) -> None:
    connector, anna, channel = (
        fake(monkeypatch, lambda: sending.Sent(f"r{len(FakeConnector.sent)}")),
        UserFactory(),
        ChannelFactory(),
    )
    for number in range(30):
        outgoing = queue(waiting_conversation(thread__channel=channel), f"k{number}", anna)
        before = len(connector.sent)
        undone, _sent = at_once(
            lambda outgoing=outgoing: actions.cancel(outgoing.pk, by=anna, now=NOW),
            lambda outgoing=outgoing: outbox.deliver_one(outgoing.pk, NOW),
        )
        outgoing.refresh_from_db()
        was_sent = len(connector.sent) > before
        assert (outgoing.status, undone is True) == (("sent", False) if was_sent else ("cancelled", True))


def test_a_poll_and_the_platform_s_answer_at_the_same_instant_agree(monkeypatch: Any) -> None:
    anna, channel = UserFactory(), ChannelFactory()
    for number in range(15):
        row = waiting_conversation(thread__channel=channel)
        outgoing = sending.claim(queue(row, f"k{number}", anna).pk, now=NOW, holder="a")
        assert outgoing is not None
        results = at_once(
            lambda outgoing=outgoing, n=number: sending.accepted(outgoing, sending.Sent(f"r{n}", NOW), NOW),
            lambda row=row, n=number: _a_poll_stores(row, f"r{n}"),
        )
        assert results == [None, None]
        outgoing.refresh_from_db()
        item = row.items.get(external_id=f"r{number}")
        assert (outgoing.status, outgoing.external_id, item.native) == ("sent", f"r{number}", False)
        assert (row.cycles.get().reply, row.verdicts.count()) == (item, 1)


def test_a_sweep_takes_nothing_for_dead_that_a_living_worker_is_sending(monkeypatch: Any) -> None:
    statuses = []

    def meanwhile() -> Any:
        """While the call is made another worker sweeps, in its far future."""
        at_once(lambda: outbox.deliver(NOW + timedelta(days=1)))
        statuses.append(Outgoing.objects.get().status)
        return sending.Sent("r1")

    fake(monkeypatch, meanwhile)
    queue(waiting_conversation(), "k", UserFactory())
    outbox.deliver(NOW)
    assert (statuses, Outgoing.objects.get().status) == (["sending"], "sent")


def test_a_database_that_drops_the_connection_in_the_middle_of_a_call_loses_and_doubles_nothing(
    monkeypatch: Any,
) -> None:
    def dropped() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (backend,) = cursor.fetchone()
        at_once(lambda: _terminate(backend))
        return sending.Sent("r1", NOW)

    connector, outgoing = (
        fake(monkeypatch, dropped, sending.Sent("r1", NOW)),
        queue(waiting_conversation(), "k", UserFactory()),
    )
    at_once(lambda: outbox.deliver(NOW))
    outgoing.refresh_from_db()
    assert outgoing.status == "sending"
    for minutes in (3, 6):
        outbox.deliver(datetime.now(UTC) + timedelta(minutes=minutes))
    outgoing.refresh_from_db()
    assert (outgoing.status, outgoing.external_id, len(connector.sent)) == ("sent", "r1", 1)


def test_a_channel_that_hangs_does_not_hold_up_another(monkeypatch: Any) -> None:
    anna, hangs, release = UserFactory(), threading.Event(), threading.Event()
    slow = queue(waiting_conversation(), "slow", anna)

    def hang() -> Any:
        if FakeConnector.sent[-1][0] == slow.to.external_id:
            hangs.set()
            release.wait(30)
        return sending.Sent(f"r-{FakeConnector.sent[-1][0]}")

    fake(monkeypatch, hang)
    worker = threading.Thread(target=lambda: (outbox.deliver(NOW), connections.close_all()))
    worker.start()
    assert hangs.wait(30)
    others = [queue(waiting_conversation(), f"k{n}", anna) for n in range(3)]
    assert outbox.deliver(NOW) == others
    assert [Outgoing.objects.get(pk=o.pk).status for o in others] == ["sent"] * 3
    release.set()
    worker.join(30)
    slow.refresh_from_db()
    assert slow.status == "sent"


def test_eight_sweeps_at_once_give_each_notice_once() -> None:
    row = waiting_conversation()
    cycle = row.cycles.get()
    _others_like(row, cycle, 1500)
    results = at_once(*[lambda: escalation.sweep(cycle.due_at) for _ in range(8)])
    total = escalation.sweep(cycle.due_at)
    made = [*results, total]
    assert sum(each["due_soon"] for each in made) == sum(each["overdue"] for each in made) == 1501
    assert Notice.objects.filter(step__in=["due_soon", "overdue"]).count() == 2 * 1501
    assert not ReplyCycle.objects.filter(next_step_at__isnull=False).exists()


def _others_like(row: Conversation, cycle: ReplyCycle, number: int) -> None:
    facts = {name: getattr(cycle, name) for name in ("kind", "started_at", "due_soon_at", "due_at", "next_step_at")}
    place = {"channel": row.channel, "thread": row.thread, "last_item_at": NOW, "arrived_at": NOW}
    others = Conversation.objects.bulk_create(Conversation(root_external_id=f"c{n}", **place) for n in range(number))
    ReplyCycle.objects.bulk_create(ReplyCycle(conversation=other, **facts) for other in others)


def _a_poll_stores(row: Conversation, external_id: str) -> None:
    with transaction.atomic():
        Thread.objects.select_for_update(no_key=True).get(pk=row.thread_id)
        item = row.channel.items.filter(external_id=external_id).first() or ItemFactory(
            conversation=None, thread=row.thread, channel=row.channel, contact=None, external_id=external_id,
            from_us=True, native=True, text="Hej.", parent_external_id=row.items.order_by("pk").first().external_id,
        )  # fmt: skip
        confirmation.link_own(item, NOW)
    ingest.settle([row.thread_id], NOW)


def _terminate(backend: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])


def _tried(job: Callable[[], Any]) -> Any:
    try:
        return job()
    except actions.Refused as refused:
        return refused
