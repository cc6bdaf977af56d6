"""What workers and beat run. A task takes ids and calls one function; it may run twice or never and no harm is done."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from inbox import escalation, outbox, poll
from inbox.deciding import experts
from inbox.house import dialogues, relay_reminders, relaying
from inbox.incoming import grouping, rereading, retention, watchdog, webhooks
from inbox.lanes import barriers, legal
from inbox.promise import followups, moving, resting
from inbox.showing import presence, protection
from inbox.telling import alarms, digests, headsup, push
from inbox.writing import approvers, drafts, links, wordings


@shared_task
def dispatch_polls() -> None:
    """Enqueue a poll of each surface whose time has come."""
    for surface_id in poll.take_due(timezone.now()):
        poll_surface.apply_async((surface_id,), expires=poll.NUDGE.total_seconds())
    poll.settle_left_over(timezone.now())


@shared_task
def poll_surface(surface_id: int) -> None:
    poll.poll_due(surface_id, now=timezone.now())


@shared_task
def purge_expired() -> None:
    """Let go what a platform lets us keep no longer; what somebody waits for an answer to is read again before."""
    rereading.read_again(timezone.now())
    retention.purge(timezone.now())


@shared_task
def purge_drafts() -> None:
    """Let go drafts that are too old, and who once looked at what."""
    drafts.purge(timezone.now())
    wordings.purge(timezone.now())
    protection.purge(timezone.now())
    presence.purge(timezone.now())


@shared_task
def deliver_all() -> None:
    outbox.deliver(timezone.now())


@shared_task
def deliver_one(outgoing_id: int) -> None:
    outbox.deliver_one(outgoing_id, timezone.now())


@shared_task
def let_go_prints() -> None:
    grouping.let_go(timezone.now())


@shared_task
def mail_questions() -> None:
    experts.mail_due(timezone.now())
    legal.mail_due(timezone.now())
    barriers.mail_due(timezone.now())


@shared_task
def send_alarms() -> None:
    """Tell people of what is urgent, and bring back the questions whether somebody got help."""
    alarms.send(timezone.now())
    followups.ask_due(timezone.now())


@shared_task
def wake_person(user_id: int) -> None:
    """Wake the browsers of somebody who was made responsible for something."""
    push.wake([user_id], timezone.now())


@shared_task
def sweep_notices() -> None:
    escalation.sweep(timezone.now())


@shared_task
def send_digests() -> None:
    digests.send(timezone.now())


@shared_task
def tell_colleagues() -> None:
    """Tell whom a note names, to whom something was handed over, and who may approve what waits."""
    now = timezone.now()
    approvers.ask(now)
    headsup.tell(now)


@shared_task
def check_links() -> None:
    links.check_all(timezone.now())


@shared_task
def move_deadlines() -> None:
    moving.go_on(timezone.now())


@shared_task
def wake_rested() -> None:
    resting.wake_due(timezone.now())


@shared_task
def pass_on() -> None:
    """Pass on what a relay account or a dialogue has left; remind of the relay's coming week, and of empty ones."""
    now = timezone.now()
    relaying.to_owners(now)
    dialogues.hand_back(now)
    relay_reminders.remind(now)
    relay_reminders.tell_of_empty_weeks(now)


@shared_task
def watch_channels() -> None:
    """Tell people of keys that end or are dead, and of surfaces that have fallen silent."""
    watchdog.watch(timezone.now())


@shared_task
def poll_what_was_pushed() -> None:
    """Read back what deliveries that wait are about. One task deals with all of them; the next ones find nothing."""
    webhooks.handle(timezone.now())


@shared_task
def purge_deliveries() -> None:
    webhooks.purge(timezone.now())
