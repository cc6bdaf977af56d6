"""Whether the installation is well: measured once, told as figures for monitoring and as words for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min, Q
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from accounts.models import Channel, Credential, Surface
from inbox.models import Outgoing, ReplyCycle
from insights.models import Mailing, StaleWeek

TICK, CHECKED = "operations.tick", "operations.counts_checked"
QUEUES = ("poll", "deliver", "default")
STUCK = timedelta(hours=1)  # after which a report that has not gone is told of
ON_ITS_WAY = (Outgoing.Status.QUEUED, Outgoing.Status.SENDING, Outgoing.Status.UNKNOWN, Outgoing.Status.FAILED)


@dataclass(frozen=True)
class State:
    """What was measured at `now`; lengths in seconds, None where there is nothing to measure."""

    now: datetime
    open: dict[str, int]  # kind of wait → how many
    overdue: dict[str, int]
    surfaces: list[Surface]
    outbox: dict[str, int]  # status → how many
    to_check: int  # of those unknown, the ones that only a person can settle
    oldest_queued: float | None
    late_polls: int
    oldest_poll: float | None
    queues: dict[str, int] | None  # None: Redis does not answer
    tick: float | None  # since beat, worker and Redis last did something together
    dead_keys: list[Channel]
    stuck_mail: int
    stale_weeks: int
    wrong_weeks: list[str] = field(default_factory=list)  # that last night's check found


def measure(now: datetime) -> State:
    """Ask the database and Redis. Eight queries."""
    cycles = ReplyCycle.objects.filter(ended_at=None).values_list("kind")
    waits = list(cycles.annotate(n=Count("pk"), late=Count("pk", filter=Q(due_at__lte=now))).order_by())
    ours = Outgoing.objects.filter(status__in=ON_ITS_WAY).values_list("status").annotate(n=Count("pk")).order_by()
    queued = Outgoing.objects.filter(status=Outgoing.Status.QUEUED, not_before__lte=now, held=False)
    active = Surface.objects.filter(channel__status=Channel.Status.ACTIVE, off_since=None)
    late = active.filter(next_poll_at__lt=now).aggregate(n=Count("pk"), oldest=Min("next_poll_at"))
    dead = Credential.objects.filter(dead_since__isnull=False, channel__status=Channel.Status.ACTIVE)
    unknown = Outgoing.objects.filter(status=Outgoing.Status.UNKNOWN, next_lookup_at=None)
    queues, tick, wrong = _of_redis(now)
    return State(
        now,
        {kind: n for kind, n, _late in waits},
        {kind: n for kind, _n, n in waits},
        list(active.select_related("channel").order_by("channel", "name")),
        dict(ours),
        unknown.count(),
        _since(queued.aggregate(oldest=Min("not_before"))["oldest"], now),
        late["n"],
        _since(late["oldest"], now),
        queues,
        tick,
        [row.channel for row in dead.select_related("channel")],
        Mailing.objects.filter(sent_at=None, claimed_at__lt=now - STUCK).count(),
        StaleWeek.objects.values("monday").distinct().count(),
        wrong,
    )


def _since(instant: datetime | None, now: datetime) -> float | None:
    return None if instant is None else max((now - instant).total_seconds(), 0.0)


def _of_redis(now: datetime) -> tuple[dict[str, int] | None, float | None, list[str]]:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            queues = {name: int(client.llen(name)) for name in QUEUES}  # type: ignore[arg-type]
        return queues, _since(cache.get(TICK), now), list(cache.get(CHECKED) or [])
    except redis.RedisError:
        return None, None, []


def note_tick(now: datetime) -> None:
    """Remember that beat asked and a worker did; it says nothing after that has stopped."""
    cache.set(TICK, now, timeout=None)


class _Measured(Collector):
    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterable[Metric]:
        state = self._state
        yield _by("gensvar_open", "Waits that are open, by kind", "kind", state.open)
        yield _by("gensvar_overdue", "Open waits whose deadline has passed, by kind", "kind", state.overdue)
        yield _by("gensvar_outbox", "Replies and actions on their way, by status", "status", _all(state.outbox))
        yield _one("gensvar_outbox_to_check", "Unknown outcomes that only a person can settle", state.to_check)
        yield _one("gensvar_outbox_oldest_seconds", "Age of the oldest that is due and not sent", state.oldest_queued)
        yield _one("gensvar_polls_late", "Surfaces whose time to be read has passed", state.late_polls)
        yield _one("gensvar_poll_oldest_seconds", "How long the longest of them has waited", state.oldest_poll)
        yield _one("gensvar_dead_keys", "Active channels whose key no longer works", len(state.dead_keys))
        yield _one("gensvar_report_mails_stuck", "Reports that could not be mailed", state.stuck_mail)
        yield _one("gensvar_stale_weeks", "Weeks to be counted again", state.stale_weeks)
        yield _one("gensvar_wrong_weeks", "Weeks whose counts differed in last night's check", len(state.wrong_weeks))
        yield _one("gensvar_tick_age_seconds", "Since beat and a worker last did something", state.tick)
        yield _one("gensvar_redis_up", "Whether Redis answers", int(state.queues is not None))
        if state.queues is not None:
            yield _by("gensvar_queue_length", "Messages that wait for a worker", "queue", state.queues)
        yield self._ages()

    def _ages(self) -> Metric:
        labels = ["platform", "channel", "surface"]
        ages = GaugeMetricFamily(
            "gensvar_surface_age_seconds", "Since a surface of an active channel was last read", labels=labels
        )
        for row in self._state.surfaces:
            since = _since(row.last_success_at or row.channel.created_at, self._state.now) or 0.0
            ages.add_metric([row.channel.platform, str(row.channel_id), row.name], since)
        return ages


def _all(outbox: dict[str, int]) -> dict[str, int]:
    """With a nought for each status, so that a monitor sees it fall."""
    return {str(status): outbox.get(status, 0) for status in ON_ITS_WAY}


def _by(name: str, text: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _one(name: str, text: str, value: float | None) -> Metric:
    return GaugeMetricFamily(name, text, value=float("nan") if value is None else value)


def metrics(state: State) -> bytes:
    """Give the state in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(state))
    return generate_latest(registry)
