"""Which conversations and items a query asks for, beside their words: conditions for `selectors` and `search`."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.models import Channel, Platform, Topic
from inbox.models import Conversation, Item
from inbox.showing.query import Query
from inbox.showing.written import sql_of


def in_state(state: str, now: datetime) -> Q:
    """The rule of `sla.clock.state`, in SQL; a test holds that both agree."""
    return {
        "overdue": Q(due_at__lte=now),
        "due_soon": Q(due_at__gt=now, due_soon_at__lte=now),
        "on_track": Q(due_soon_at__gt=now, due_at__gt=now),
    }[state]


def conversations(query: Query, now: datetime, prefix: str = "") -> Q:
    """What must hold of a conversation, beside its words; `prefix`: where it stands seen from what is filtered."""
    wanted = Q()
    if query.channels:
        # An item's channel is its conversation's; asked of the row itself, and once for all rows.
        sql, params = sql_of(_channels(query.channels))
        table = "inbox_item" if prefix else "inbox_conversation"
        wanted &= Q(RawSQL(f'"{table}"."channel_id" = ANY(ARRAY({sql}))', params, BooleanField()))
    for topic in query.topics:
        tag = rf"#{topic}\y" if topic.isalnum() else "$^"
        tagged = Item.objects.filter(thread=OuterRef(f"{prefix}thread"), text__iregex=tag)
        given = Topic.objects.filter(Q(name__icontains=topic) | Q(tag=topic)).values("pk")
        spoken = Q(**{f"{prefix}thread__post__text__iregex": tag}) | Q(**{f"{prefix}channel__in": _topics(topic)})
        wanted &= spoken | Q(**{f"{prefix}topic__in": given}) | Q(Exists(tagged))
    for status in query.statuses:
        wanted &= _prefixed(_status(status, now), prefix)
    return wanted


def without_words(query: Query, now: datetime) -> Q:
    """The conversations that a query without words asks for."""
    wanted, items = conversations(query, now), of_items(query)
    if items:
        wanted &= Q(Exists(Item.objects.filter(items, conversation=OuterRef("pk"), deleted_at=None)))
    since, until = instants(query)
    if since:
        wanted &= Q(last_item_at__gte=since)
    if until:
        wanted &= Q(last_item_at__lt=until)
    return wanted


def of_items(query: Query) -> Q:
    """What must hold of an item, beside its words and its conversation."""
    wanted = Q(from_us=True) if query.from_us else Q()
    for language in query.languages:
        wanted &= Q(language__istartswith=language)
    if "bild" in query.has:
        wanted &= ~Q(media=[])
    if "svar" in query.has:
        wanted &= Q(Exists(Item.objects.filter(conversation=OuterRef("conversation"), from_us=True)))
    return wanted


def _channels(names: tuple[str, ...]) -> QuerySet[Channel]:
    wanted = Q()
    for name in names:
        platform = "twitter" if name == "x" else name
        if platform in Platform.values:
            wanted |= Q(platform=platform)
        else:
            wanted |= Q(name__icontains=name) | Q(handle__iexact=name.lstrip("@"))
    return Channel.objects.filter(wanted).values("pk")


def _topics(topic: str) -> QuerySet[Channel]:
    return Channel.objects.filter(Q(name__icontains=topic) | Q(focus__icontains=topic), kind="topic").values("pk")


def _status(status: str, now: datetime) -> Q:
    is_open = ~Q(status=Conversation.Status.CLOSED)
    return {
        "obesvarad": is_open & Q(due_at__isnull=False),
        "öppen": is_open,
        "snart": is_open & in_state("due_soon", now),
        "försenad": is_open & in_state("overdue", now),
        "lovad": is_open & Q(promised_at__isnull=False),
        "vilande": Q(status=Conversation.Status.SNOOZED),
        "klar": Q(status=Conversation.Status.CLOSED),
    }[status]


def _prefixed(condition: Q, prefix: str) -> Q:
    """The same condition seen from what stands before the conversation."""
    found = Q(_connector=condition.connector, _negated=condition.negated)
    for child in condition.children:
        found.children.append(_prefixed(child, prefix) if isinstance(child, Q) else (prefix + child[0], child[1]))
    return found


def instants(query: Query) -> tuple[datetime | None, datetime | None]:
    """When the days of a query begin, and when they are over."""
    return _midnight(query.since), _midnight(query.until)


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None
