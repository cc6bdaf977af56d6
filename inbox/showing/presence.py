"""Who looks, who writes, who is away: three different things. And the soft lock of the one who writes.

It lies in the database, so Redis may lose everything; the event stream only says that something has changed. An open
page gives a sign twice a minute and holds no connection in between.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject

from accounts.models import User
from accounts.permissions import Permission, require
from inbox import live
from inbox.deciding.acting import after_commit, locked, record
from inbox.models import Conversation, Presence
from inbox.showing.written import spelled_out

GONE_AFTER = timedelta(seconds=100)  # without a sign; a page in the background gives one a minute
HOLDS_FOR = timedelta(minutes=2)  # after the last key: whoever has gone for coffee does not keep others from answering
KEEP = timedelta(minutes=10)


class State(StrEnum):
    WRITES = "writes"
    LOOKS = "looks"
    AWAY = "away"


@dataclass(frozen=True)
class Somebody:
    """A colleague who has the conversation open."""

    user_id: int
    name: str
    state: State


@dataclass(frozen=True)
class Around:
    """Who else is here. `writer`: whose reply is being written, None if nobody's but one's own.

    `was_taken`: the writer has taken over from the one who asks.
    """

    others: tuple[Somebody, ...] = ()
    writer: Somebody | None = None
    was_taken: bool = False


def with_present(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Let each conversation bring who has it open, in the same query; `around` reads it."""
    return rows.annotate(**_here())


@cache
def _here() -> dict[str, RawSQL]:
    facts = JSONObject(
        user="user_id", name="user__name", seen_at="seen_at", is_away="is_away", typed_at="typed_at", holds="holds",
        lost_to="lost_to_id",
    )  # fmt: skip
    here = Presence.objects.filter(conversation=OuterRef("pk")).order_by("pk").values(facts=facts)
    return spelled_out(Conversation.objects.annotate(presences=ArraySubquery(here)))


def around(row: Conversation, viewer: User, now: datetime) -> Around:
    """Say who else has a conversation open, those who write first. `row` comes from `with_present`."""
    rows: list[dict[str, Any]] = row.presences  # type: ignore[attr-defined]
    others = [_somebody(each, now) for each in rows if each["user"] != viewer.pk and _is_here(each, now)]
    own = next((each for each in rows if each["user"] == viewer.pk), None)
    writer = next((each for each in others if each.state == State.WRITES), None)
    ordered = sorted(others, key=lambda each: (list(State).index(each.state), each.name.casefold()))
    return Around(tuple(ordered), writer, bool(writer and own and own["lost_to"] == writer.user_id))


def busy(row: Conversation, viewer: User, now: datetime) -> tuple[Somebody, ...]:
    """Say who else writes or looks in a row of the list, those who write first; `row` as for `around`."""
    return tuple(each for each in around(row, viewer, now).others if each.state != State.AWAY)


def writers(ids: Collection[int], *, but: User, now: datetime) -> dict[int, str]:
    """Name who else writes a reply in some conversations, by the conversation's id. One query."""
    held = Presence.objects.filter(conversation__in=ids, holds=True, typed_at__gte=now - HOLDS_FOR)
    held = held.filter(seen_at__gte=now - GONE_AFTER).exclude(user=but).select_related("user")
    return {each.conversation_id: each.user.get_short_name() for each in held}


def _is_here(facts: dict[str, Any], now: datetime) -> bool:
    return now - datetime.fromisoformat(facts["seen_at"]) <= GONE_AFTER


def _somebody(facts: dict[str, Any], now: datetime) -> Somebody:
    typed_at = datetime.fromisoformat(facts["typed_at"]) if facts["typed_at"] else None
    state = State.AWAY if facts["is_away"] else State.LOOKS
    if facts["holds"] and typed_at and now - typed_at <= HOLDS_FOR:
        state = State.WRITES
    words = facts["name"].split()
    return Somebody(facts["user"], words[0] if words else "?", state)


@transaction.atomic
def look(conversation: Conversation, *, by: User, now: datetime, is_away: bool = False) -> None:
    """Take a sign of an open page. Tells the others if they see something new in it."""
    require(by, Permission.READ)
    known = Presence.objects.filter(conversation=conversation, user=by)
    before = known.first()
    if before is None:
        Presence.objects.get_or_create(
            conversation=conversation, user=by, defaults={"seen_at": now, "is_away": is_away}
        )
    else:
        known.update(seen_at=now, is_away=is_away)
    if before is None or before.is_away != is_away or now - before.seen_at > GONE_AFTER:
        after_commit(live.announce)


def leave(conversation: Conversation, *, by: User) -> None:
    """Let go of a page that was closed, with the lock it held."""
    deleted, _rows = Presence.objects.filter(conversation=conversation, user=by).delete()
    if deleted:
        after_commit(live.announce)


def write(conversation: Conversation, *, by: User, now: datetime) -> bool:
    """Take a key that was pressed in a reply; give whether the lock is this one's, which it is unless somebody else
    writes. Wants the conversation locked.
    """
    holder = Presence.objects.filter(conversation=conversation, holds=True).first()
    is_free = holder is None or holder.user_id == by.pk or not _still_writes(holder, now)
    if holder and holder.user_id != by.pk and is_free:
        Presence.objects.filter(pk=holder.pk).update(holds=False)
    values = {"seen_at": now, "typed_at": now, "is_away": False} | ({"holds": True, "lost_to": None} if is_free else {})
    Presence.objects.update_or_create(conversation=conversation, user=by, defaults=values)
    if is_free and (holder is None or holder.user_id != by.pk or not _still_writes(holder, now)):
        after_commit(live.announce)
    return is_free


def _still_writes(holder: Presence, now: datetime) -> bool:
    typed = holder.typed_at is not None and now - holder.typed_at <= HOLDS_FOR
    return typed and now - holder.seen_at <= GONE_AFTER


def stop_writing(conversation_id: int, *, by: User) -> None:
    """Let the lock go: the reply was sent, or emptied. Wants the conversation locked."""
    held = Presence.objects.filter(conversation=conversation_id, user=by, typed_at__isnull=False)
    if held.update(holds=False, typed_at=None, lost_to=None):
        after_commit(live.announce)


@transaction.atomic
def take_over(conversation_id: int, *, by: User, now: datetime) -> User | None:
    """Write in somebody else's place; give whose it was. The other's text stays a draft of his or her own."""
    require(by, Permission.ANSWER)
    conversation = locked(conversation_id)
    holder = Presence.objects.filter(conversation=conversation, holds=True).exclude(user=by).select_related("user")
    taken_from = holder.first()
    if taken_from:
        Presence.objects.filter(pk=taken_from.pk).update(holds=False, lost_to=by)
    values = {"seen_at": now, "typed_at": now, "is_away": False, "holds": True, "lost_to": None}
    Presence.objects.update_or_create(conversation=conversation, user=by, defaults=values)
    if taken_from is None:
        after_commit(live.announce)
        return None
    record("reply.taken_over", conversation, by=by, now=now, from_user=taken_from.user_id)
    return taken_from.user


def purge(now: datetime) -> int:
    """Forget who has gone; give how many."""
    return Presence.objects.filter(seen_at__lt=now - KEEP).delete()[0]
