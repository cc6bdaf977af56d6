"""What opening a conversation costs in the server, in a thread of eight thousand comments.

Run `python -m benchmarks.conversation [ROWS]`. The thread is made within the large database and taken away again; the
page is the whole one, list included, and the part of it that htmx asks for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.inbox_list import asking
from benchmarks.million import NOW, large_database
from benchmarks.table import Row, against, lines, percentile, timed

COMMENTS, AUTHORS = 8_000, 3_000
TIMES, GOAL, MOST_QUERIES = 40, 80.0, 12
PANE = {"HX-Request": "true", "HX-Target": "pane"}


def main(rows: int = 1_000_000) -> list[Row]:
    """Measure the page, the part of it, and a page of the whole thread."""
    with large_database(rows), storm() as conversation:
        what = f"opening a conversation in a thread of {COMMENTS:,} comments"
        return [
            *opened(what, f"/k/{conversation}/", {}),
            *opened(f"{what}, by htmx", f"/k/{conversation}/", PANE),
            *opened(f"a page of all {COMMENTS:,} comments", f"/k/{conversation}/trad/", {}),
        ]


def opened(what: str, path: str, headers: dict[str, str]) -> list[Row]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User

    ask = asking(User.objects.get(username="user7"), path, headers)
    ask()
    with CaptureQueriesContext(connection) as captured:
        ask()
        queries = len(captured)
    return [
        against(f"{what}, p95", percentile(timed(ask, TIMES), 95), "goal", GOAL, "ms"),
        against(what, queries, "goal", MOST_QUERIES, "queries"),
    ]


@contextmanager
def storm() -> Iterator[int]:
    """Let thousands write in one thread, a third of them below others; give the conversation of one who waits there."""
    from django.db import connection

    given = {"comments": COMMENTS, "authors": AUTHORS, "now": NOW}
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM inbox_conversation")
        given["last"] = cursor.fetchone()[0]
        for statement in MAKE:
            cursor.execute(statement, given)
        cursor.execute("ANALYZE inbox_item")
    try:
        yield given["last"] + AUTHORS // 2
    finally:
        with connection.cursor() as cursor:
            for statement in UNMAKE:
                cursor.execute(statement, given)


MAKE = (
    """INSERT INTO inbox_post (id, channel_id, external_id, text, posted_at, url)
       VALUES (-1, 1, 'storm', 'Nya badhuset blir två år försenat.', %(now)s - interval '5 hours', '')""",
    """INSERT INTO inbox_thread (id, channel_id, external_id, post_id, last_activity_at, item_count, we_wrote)
       VALUES (-1, 1, 'storm', -1, %(now)s, %(comments)s, true)""",
    """INSERT INTO inbox_conversation (id, channel_id, thread_id, contact_id, root_external_id, status, due_at,
       due_soon_at, last_item_at, arrived_at, preview, item_count, before_connection, revision)
       SELECT %(last)s + n, 1, -1, n, '', 'open', %(now)s + interval '20 hours', %(now)s + interval '16 hours',
         %(now)s - interval '1 second' * ((%(comments)s - n) / 2), %(now)s, 'Hur kunde det bli så?', 3, false, 1
       FROM generate_series(1, %(authors)s) n""",
    """INSERT INTO inbox_replycycle (conversation_id, kind, started_at, due_soon_at, due_at, outcome, policy_id,
       fetched_late, next_step_at)
       SELECT id, 'first', last_item_at, due_soon_at, due_at, '', (SELECT min(id) FROM sla_policyversion), false,
         due_soon_at FROM inbox_conversation WHERE thread_id = -1""",
    """INSERT INTO inbox_item (channel_id, thread_id, conversation_id, contact_id, external_id, earlier_ids,
       parent_external_id, kind, from_us, native, text, posted_at, fetched_at, addressed, can_reply, hidden, url, media,
       language, mentions, author_name, raw, unsettled, edited_at, first_seen_at, first_seen_by_id)
       SELECT 1, -1, %(last)s + 1 + n %% %(authors)s, 1 + n %% %(authors)s, 'storm' || n, '{}',
         CASE WHEN n %% 3 = 0 AND n > 10 THEN 'storm' || n - 10 ELSE '' END, 'comment', false, false,
         'Hur kunde det bli så? Vi har väntat i åratal, och nu detta igen. Nummer ' || n,
         %(now)s - interval '1 second' * ((%(comments)s - n) / 2), %(now)s, true, true, false,
         'https://www.facebook.com/' || n, '{}', '', '{}', '', '{}', false,
         CASE WHEN n %% 10 = 0 THEN %(now)s END, %(now)s, 1
       FROM generate_series(1, %(comments)s) n""",
    """INSERT INTO inbox_itemversion (item_id, text, replaced_at)
       SELECT id, 'Hur kunde det bli?', %(now)s FROM inbox_item WHERE thread_id = -1 AND edited_at IS NOT NULL""",
)
UNMAKE = (
    "DELETE FROM inbox_itemversion WHERE item_id IN (SELECT id FROM inbox_item WHERE thread_id = -1)",
    "DELETE FROM inbox_item WHERE thread_id = -1",
    "DELETE FROM inbox_replycycle WHERE conversation_id > %(last)s",
    # Nothing is left that points here; to look for it by each foreign key would take minutes.
    "SET session_replication_role = replica",
    "DELETE FROM inbox_conversation WHERE thread_id = -1",
    "DELETE FROM inbox_thread WHERE id = -1",
    "DELETE FROM inbox_post WHERE id = -1",
    "SET session_replication_role = DEFAULT",
)


if __name__ == "__main__":
    print("\n".join(lines(main(*map(int, sys.argv[1:])))))
