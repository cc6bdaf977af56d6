"""What is written in a dialogue: whose it is while it runs, whose afterwards, and what came of it (R-105)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, time, timedelta
from statistics import median
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.dialogues import running
from accounts.models import Dialogue, User
from inbox.incoming.rows import among
from inbox.models import Conversation, Item, ReplyCycle

WORD_END = r"\y"  # of PostgreSQL's patterns: the tag, and no longer one that begins with it


def _tagged(tag: str, name: str) -> Q:
    return Q(**{f"{name}__iregex": f"#{tag}{WORD_END}"})


def conversations(dialogue: Dialogue) -> QuerySet[Conversation]:
    """What belongs to a dialogue: written on its account in its days, with its hashtag or under a post that has it."""
    start, end = _instants(dialogue)
    written = Item.objects.filter(
        _tagged(dialogue.hashtag, "text"), conversation=OuterRef("pk"), posted_at__gte=start, posted_at__lt=end
    )
    under = _tagged(dialogue.hashtag, "thread__post__text") & Q(last_item_at__gte=start, arrived_at__lt=end)
    return Conversation.objects.filter(under | Exists(written), channel=dialogue.channel_id)


def _instants(dialogue: Dialogue) -> tuple[datetime, datetime]:
    days = (dialogue.first_day, dialogue.last_day + timedelta(days=1))
    start, end = (timezone.make_aware(datetime.combine(day, time.min)) for day in days)
    return start, end


def assign(thread_ids: Collection[int], now: datetime) -> int:
    """Give what has just come in with a running dialogue's hashtag to its department; say how many.

    What has a department keeps it. One query where no dialogue runs.
    """
    given = 0
    for dialogue in running(timezone.localdate(now)).only("hashtag", "channel", "department"):
        rows = Conversation.objects.filter(among(Conversation, "thread", thread_ids), department=None)
        fresh = Item.objects.filter(conversation=OuterRef("pk"), unsettled=True, from_us=False)
        spoken = Exists(fresh.filter(_tagged(dialogue.hashtag, "text")))
        here = spoken | (Q(Exists(fresh)) & _tagged(dialogue.hashtag, "thread__post__text"))
        for pk in sorted(rows.filter(here, channel=dialogue.channel_id).values_list("pk", flat=True)):
            given += _give(pk, dialogue, now)
    return given


@transaction.atomic
def _give(pk: int, dialogue: Dialogue, now: datetime) -> int:
    rows = Conversation.objects.filter(pk=pk, department=None)
    if rows.update(department=dialogue.department_id, revision=F("revision") + 1) != 1:
        return 0
    audit.record("conversation.routed", f"conversation:{pk}", by=None, now=now, dialogue=dialogue.pk,
                 department=dialogue.department_id)  # fmt: skip
    return 1


def hand_back(now: datetime) -> int:
    """Let what is open of dialogues that are over be the main team's again, once for each; say how many."""
    over = Dialogue.objects.filter(Q(last_day__lt=timezone.localdate(now)) | Q(closed_at__isnull=False))
    return sum(_hand_back(dialogue, now) for dialogue in over.filter(handed_back_at=None))


@transaction.atomic
def _hand_back(dialogue: Dialogue, now: datetime) -> int:
    if Dialogue.objects.filter(pk=dialogue.pk, handed_back_at=None).update(handed_back_at=now) != 1:
        return 0
    left = conversations(dialogue).exclude(status=Conversation.Status.CLOSED)
    ids = sorted(left.filter(department=dialogue.department_id).values_list("pk", flat=True))
    rows = Conversation.objects.filter(pk__in=ids, department=dialogue.department_id)
    moved = rows.update(department=None, revision=F("revision") + 1)
    audit.record("dialogue.handed_back", f"dialogue:{dialogue.pk}", by=None, now=now, conversations=moved)
    return moved


@transaction.atomic
def close(dialogue_id: int, *, closing_post: str, closing_post_url: str, by: User, now: datetime) -> Dialogue:
    """End a dialogue with its closing post, and store what came of it. Raises ValidationError the second time."""
    dialogue = Dialogue.objects.select_for_update(no_key=True).get(pk=dialogue_id)
    if dialogue.closed_at:
        raise ValidationError(_("Dialogen är redan avslutad."))
    dialogue.closing_post, dialogue.closing_post_url = closing_post, closing_post_url
    dialogue.closed_at, dialogue.closed_by, dialogue.report = now, by, report(dialogue)
    dialogue.save()
    audit.record("dialogue.closed", f"dialogue:{dialogue.pk}", by=by, now=now)
    _hand_back(dialogue, now)
    return dialogue


def report(dialogue: Dialogue) -> dict[str, Any]:
    """Say what came of a dialogue, in numbers: nobody is named. Four queries."""
    start, end = _instants(dialogue)
    found = list(conversations(dialogue).values_list("pk", "contact", "status"))
    ids = [pk for pk, _contact, _status in found]
    items = Item.objects.filter(conversation__in=ids, posted_at__gte=start, posted_at__lt=end)
    written = list(items.values_list("posted_at", "from_us"))
    days = Counter(timezone.localdate(at) for at, from_us in written if not from_us)
    ended = ReplyCycle.objects.filter(conversation__in=ids, kind=ReplyCycle.Kind.FIRST, ended_at__isnull=False)
    waits = [(until - since).total_seconds() / 3600 for since, until in ended.filter(
        outcome__in=("answered", "holding", "redirected")
    ).values_list("started_at", "ended_at")]  # fmt: skip
    busiest = max(days, key=lambda day: (days[day], day), default=None)
    return {
        "conversations": len(found),
        "people": len({contact for _pk, contact, _status in found if contact}),
        "comments": sum(days.values()),
        "answers": sum(from_us for _at, from_us in written),
        "open": sum(status != Conversation.Status.CLOSED for _pk, _contact, status in found),
        "median_hours": round(median(waits), 1) if waits else None,
        "busiest_day": busiest.isoformat() if busiest else None,
        "days": [[day.isoformat(), days[day]] for day in sorted(days)],
    }
