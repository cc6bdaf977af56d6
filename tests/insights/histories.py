"""Random histories: rows as they can stand after weeks of work, made fast and without regard for what is likely."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from accounts.models import Channel, Topic
from inbox.models import Contact, Conversation, Item, RedirectTarget, ReplyCycle, Thread, VerdictEvent
from inbox.verdicts import NO_REPLY
from sla import clock, policies
from sla.models import PolicyVersion
from sla.policyfile import SE24
from tests import factories

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
REASONS = [*dict(NO_REPLY.reasons), "", "gone_from_the_list"]


def channels() -> list[Channel]:
    """Three channels of two departments."""
    first, second = factories.DepartmentFactory.create_batch(2)
    return [factories.ChannelFactory(department=department) for department in (first, first, second)]


def _other_policies() -> list[PolicyVersion]:
    """A clock that never stands still, and a version of the default one with closed days of its own."""
    crisis, _new = PolicyVersion.objects.get_or_create(
        key="kris", version=1, defaults={"definition": SE24 | {"id": "kris", "reading": "plain"}}
    )
    older = SE24 | {"extra_closed": ["2026-11-20", "2026-11-25"]}
    changed, _new = PolicyVersion.objects.get_or_create(key=SE24["id"], version=0, defaults={"definition": older})
    return [crisis, changed]


def make(seed: int, where: list[Channel], now: datetime, size: int = 110, weeks: int = 60) -> None:
    """Conversations with reopened, promised, moved, withdrawn, ruled, late, seen, unseen and open waits."""
    draw, versions = random.Random(seed), [policies.current(), *_other_policies()]
    targets = [
        RedirectTarget.objects.get_or_create(name=name, defaults={"text": "…"})[0] for name in ("Felanmälan", "1177")
    ]
    department = where[0].department
    topics = [
        Topic.objects.get_or_create(tag=tag, defaults={"name": name, "department": department})[0]
        for tag, name in (("sno", "Snöröjning"), ("plogning", "Snöröjning"), ("bad", "Simhallen"))
    ]
    common = {"last_item_at": now, "arrived_at": now}
    threads = Thread.objects.bulk_create(
        Thread(channel=draw.choice(where), external_id=f"t{seed}-{n}", last_activity_at=now) for n in range(size)
    )
    contacts = Contact.objects.bulk_create(
        Contact(platform="facebook", external_id=f"c{seed}-{n}", name=f"Åsa {n}") for n in range(size)
    )
    conversations = Conversation.objects.bulk_create(
        Conversation(
            channel=thread.channel,
            thread=thread,
            contact=contact,
            lane=draw.choice((1, 2, 3, 9, 9, 9)),
            topic=draw.choice([*topics, None]),
            **common,
        )
        for thread, contact in zip(threads, contacts, strict=True)
    )
    cycles: list[ReplyCycle] = []
    items: list[Item] = []

    def some(hours: float) -> timedelta:
        return draw.choice((timedelta(), draw.expovariate(1 / hours) * HOUR, round(draw.uniform(0, 3 * hours)) * HOUR))

    for conversation in conversations:
        at = now - draw.uniform(0, weeks * 7 * 24) ** draw.choice((1, 0.8)) * HOUR
        at = at.replace(minute=0, second=0, microsecond=0) if draw.random() < 0.2 else at
        for _turn in range(draw.choice((1, 1, 1, 2, 4))):
            if at > now:
                break
            seen = at + some(20) if draw.random() < 0.7 else None
            items.append(
                Item(
                    conversation=conversation,
                    thread=conversation.thread,
                    channel=conversation.channel,
                    contact=conversation.contact,
                    external_id=f"i{seed}-{len(items)}",
                    kind="comment",
                    posted_at=at,
                    fetched_at=at,
                    first_seen_at=seen if seen and seen <= now else None,
                )
            )
            version = draw.choice(versions)
            due = clock.due_at(policies.pure(version), at)
            ended = draw.choice((at + some(15), due, due + timedelta(microseconds=1), due + some(30)))
            outcome = draw.choices(ReplyCycle.Outcome.values[:7], (8, 4, 3, 1, 4, 1, 1))[0]
            first = ReplyCycle(
                conversation=conversation, kind="first", started_at=at, due_soon_at=at, due_at=due, policy=version,
                fetched_late=draw.random() < 0.1,
            )  # fmt: skip
            cycles.append(first)
            if ended > now or draw.random() < 0.05:
                break
            first.ended_at, first.outcome = ended, outcome
            if outcome == "no_reply" and draw.random() < 0.95:
                event = VerdictEvent(
                    conversation=conversation, verdict="no_reply", reason=draw.choice(REASONS), at=ended
                )
                event.save()
                first.verdict = event
            if outcome == "redirected" and draw.random() < 0.8:
                first.verdict = VerdictEvent.objects.create(
                    conversation=conversation, verdict="redirect", redirect=draw.choice([*targets, None]), at=ended
                )
            if outcome == "holding":
                promised = _promises(draw, conversation, ended, now, some)
                cycles += promised
                if promised[-1].ended_at is None:
                    break
                ended = promised[-1].ended_at
            # A reopened wait starts from its own time again; another one when the citizen writes next.
            at = at if draw.random() < 0.2 else max(at, ended) + some(60)
    for cycle in cycles:
        if cycle.ended_at is not None:
            cycle.ended_at = max(cycle.ended_at, cycle.started_at)
    ReplyCycle.objects.bulk_create(cycles)
    Item.objects.bulk_create(items)


def _promises(
    draw: random.Random, conversation: Conversation, start: datetime, now: datetime, some: object
) -> list[ReplyCycle]:
    found: list[ReplyCycle] = []
    while True:
        due = start + draw.choice((24, 48, 100)) * HOUR
        ended = draw.choice((start + some(30), due, due + some(40)))  # type: ignore[operator]
        outcome = draw.choice(("answered", "answered", "redirected", "superseded", "no_reply", "withdrawn"))
        cycle = ReplyCycle(conversation=conversation, kind="promised", started_at=start, due_soon_at=start, due_at=due)
        found.append(cycle)
        if ended > now or draw.random() < 0.1:
            return found
        cycle.ended_at, cycle.outcome = ended, outcome
        if outcome != "superseded":
            return found
        start = ended
