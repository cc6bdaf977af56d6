"""Samma fråga ×3: near-same texts in several threads within days are shown together and answered at once (R-018).

By words alone, never by who wrote them. What a platform lets us keep for hours only leaves no trace here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.models import Platform
from inbox.incoming import retention, rows
from inbox.incoming.likeness import likeness, prints
from inbox.incoming.places import PREVIEW
from inbox.incoming.rows import among
from inbox.models import Conversation, Item, Print

WITHIN = timedelta(days=3)
ALIKE = 0.7  # share of words: one in six may differ
MOST_COMPARED = 20  # of a storm's thousands with one print

Asked = tuple[int, int, str]  # conversation, thread, text


def group(thread_ids: Collection[int], now: datetime) -> int:
    """Put what has just come in together with what asks the same; say how many conversations are in a group now.

    For news that is not settled yet. Three queries, one where nothing that came in says enough.
    """
    short_lived = [platform for platform in Platform.values if retention.limits_of(platform)]
    news = Item.objects.filter(among(Item, "thread", thread_ids), unsettled=True, from_us=False, deleted_at=None)
    news = news.filter(conversation__isnull=False, addressed=True).exclude(channel__platform__in=short_lived)
    asked: dict[int, Asked] = {}
    at: dict[int, datetime] = {}
    for pk, thread, text, posted_at in news.order_by("-posted_at").values_list(
        "conversation", "thread", "text", "posted_at"
    ):
        asked.setdefault(pk, (pk, thread, text[:PREVIEW]))
        at.setdefault(pk, posted_at)
    made = [(pk, value, at[pk]) for pk, (_pk, _thread, text) in sorted(asked.items()) for value in prints(text)]
    if not made:
        return 0
    with transaction.atomic():
        rows.insert(Print, ("conversation", "value", "at"), made)
        pairs = _pairs(asked, made, now)
        return _join(pairs) if pairs else 0


def _pairs(asked: dict[int, Asked], made: list[tuple[int, int, datetime]], now: datetime) -> list[tuple[int, int]]:
    """Give the pairs of conversations, in different threads, that say nearly the same. Each is looked at once."""
    known: dict[int, list[Asked]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(NEAR, [sorted({value for _pk, value, _at in made}), now - WITHIN])
        for value, *facts in cursor.fetchall():
            known[value].append((facts[0], facts[1], facts[2]))
    found, looked_at = [], set()
    for pk, value, _at in made:
        _pk, thread, text = asked[pk]
        for other, other_thread, other_text in known[value]:
            pair = (pk, other) if pk < other else (other, pk)
            if other_thread == thread or pair in looked_at:
                continue
            looked_at.add(pair)
            if likeness(text, other_text) >= ALIKE:
                found.append(pair)
    return sorted(found)


# By the index print_by_value, only as far as is compared: a storm leaves thousands under one number.
NEAR = f"""
SELECT near.value, near.conversation_id, conversation.thread_id, conversation.preview
FROM unnest(%s::bigint[]) wanted (value) CROSS JOIN LATERAL (
    SELECT value, conversation_id FROM inbox_print WHERE value = wanted.value AND at >= %s
    ORDER BY at DESC LIMIT {MOST_COMPARED}
) near JOIN inbox_conversation conversation ON conversation.id = near.conversation_id
"""


def _join(pairs: Iterable[tuple[int, int]]) -> int:
    """Give each pair one group: that of the conversation which has one, else the older one's id."""
    ids = sorted({pk for pair in pairs for pk in pair})
    known: dict[int, int | None] = dict(rows.select(Conversation, ("id", "alike"), "id = ANY(%s)", ids, lock=True))
    changed: dict[int, int] = {}
    for one, other in pairs:
        if one in known and other in known:
            together = known[one] or known[other] or one
            for pk in (one, other):
                if known[pk] is None:
                    known[pk] = changed[pk] = together
    rows.update(Conversation, ("alike",), sorted(changed.items()))
    return len(known)


def let_go(now: datetime) -> int:
    """Forget what is too old to be compared; give how many numbers went."""
    return Print.objects.filter(at__lt=now - WITHIN).delete()[0]
