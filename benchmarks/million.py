"""A municipality after a stormy year: a million conversations, a tenth of them open. Made once, then kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import django

from benchmarks.database import give_defaults
from config import embedded

NOW = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)  # a Thursday; the rows end here, whenever the benchmark is run


@contextmanager
def large_database(rows: int) -> Iterator[None]:
    """Use the database of this size, made if it is not there or was made by another version; it stays afterwards."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    embedded.open_up()
    django.setup()
    from django.db import connection

    own_name = connection.settings_dict["NAME"]
    name, made_by = f"{own_name}_{rows}", fingerprint()
    with connection.cursor() as cursor:
        cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name])
        found = cursor.fetchone()
        if found != (made_by,):
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}"')
    use(name)
    try:
        if found != (made_by,):
            make(rows)
            with connection.cursor() as cursor:
                cursor.execute(f"COMMENT ON DATABASE \"{name}\" IS '{made_by}'")
        yield
    finally:
        use(own_name)


def use(name: str) -> None:
    from django.conf import settings
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name


def fingerprint() -> str:
    return sha256(embedded.fingerprint().encode() + Path(__file__).read_bytes()).hexdigest()


def make(rows: int) -> None:
    """Fill it; a few minutes for a million."""
    from django.core.management import call_command
    from django.db import connection

    from accounts.models import Channel, Department, Membership, Topic, User

    start = perf_counter()
    call_command("migrate", interactive=False, verbosity=0)
    give_defaults()
    departments = Department.objects.bulk_create(Department(name=f"Förvaltning {n}") for n in range(5))
    Channel.objects.bulk_create(
        Channel(
            platform=("facebook", "twitter", "youtube", "instagram")[n % 4], kind="topic", name=f"Konto {n}",
            external_id=str(n), department=departments[n % 5], purpose="Information", focus="Vardag", clock_from=START,
        )
        for n in range(14)
    )  # fmt: skip
    for user in User.objects.bulk_create(User(username=f"user{n}", name=f"Anna{n} Ek") for n in range(20)):
        Membership.objects.create(user=user, role="manager")
    topics = Topic.objects.bulk_create(
        Topic(tag=f"fraga{n}", name=f"Fråga {n}", department=departments[n % 5]) for n in range(TOPICS)
    )
    given = {"rows": rows, "open": rows // 10, "now": NOW, "start": START, "topic": topics[0].pk, "topics": TOPICS}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # foreign keys that are known to hold
        cursor.execute("SET synchronous_commit = off")
        for statement in FILL.split(";\n"):
            cursor.execute(statement, given)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    print(f"{rows:,} conversations made in {perf_counter() - start:.0f} s, kept for the next run.", flush=True)


START = datetime(2025, 11, 24, tzinfo=UTC)
TOPICS = 20

# Numbers scattered by multiplying with primes, so that every run makes the same rows. Kinds by n: of ended waits
# 52 % answered, 10 % redirected, 8 % with a holding reply, the rest without an answer; one in 14 ends too late. Two in
# five have a topic, one in 25 stands in a lane above the ordinary one.
FILL = """
CREATE TEMP TABLE facts AS
SELECT n, n > %(rows)s - 4 * %(open)s AND n %% 4 = 0 AS is_open, at, 1 + n * 7919 %% 14 AS channel,
  n * 104729 %% 100 AS kind,
  CASE WHEN n * 48611 %% 5 < 2 THEN %(topic)s + n / 5 * 7907 %% %(topics)s END AS topic,
  CASE n / 4 * 15601 %% 100 WHEN 0 THEN 1 WHEN 1 THEN 2 WHEN 2 THEN 2 WHEN 3 THEN 3 ELSE 9 END AS lane,
  CASE extract(isodow FROM at AT TIME ZONE 'Europe/Stockholm')
    WHEN 5 THEN at + interval '72 hours'
    WHEN 6 THEN date_trunc('day', at, 'Europe/Stockholm') + interval '3 days'
    WHEN 7 THEN date_trunc('day', at, 'Europe/Stockholm') + interval '2 days'
    ELSE at + interval '24 hours' END AS due,
  CASE WHEN n * 31337 %% 14 = 0 THEN interval '80 hours' ELSE interval '1 second' * (n * 15485863 %% 43200) END AS took
FROM generate_series(1::bigint, %(rows)s) n,
  LATERAL (SELECT %(start)s + (%(now)s - %(start)s) * (n::float / %(rows)s) AS at) t;
INSERT INTO inbox_contact (id, platform, external_id, name, handle)
SELECT n, 'facebook', 'c' || n, 'Invånare ' || n, '' FROM generate_series(1, %(rows)s / 4 + 1) n;
INSERT INTO inbox_thread (id, channel_id, external_id, last_activity_at, item_count, we_wrote, is_private)
SELECT n, channel, 't' || n, at, 1, false, false FROM facts;
INSERT INTO inbox_conversation (id, channel_id, thread_id, contact_id, root_external_id, status, assignee_id,
  snoozed_until, due_at, due_soon_at, promised_at, last_item_at, arrived_at, preview, item_count, before_connection,
  revision, lane, topic_id)
SELECT n, channel, n, 1 + n %% (%(rows)s / 4), '',
  CASE WHEN NOT is_open THEN 'closed' WHEN n %% 50 = 2 THEN 'snoozed' WHEN n %% 30 = 0 THEN 'waiting' ELSE 'open' END,
  CASE WHEN is_open AND n %% 3 = 0 THEN 1 + n %% 20 END,
  CASE WHEN is_open AND n %% 50 = 2 THEN %(now)s + interval '1 day' END,
  CASE WHEN is_open AND n %% 80 > 0 THEN due END, CASE WHEN is_open AND n %% 80 > 0 THEN due - interval '4 hours' END,
  CASE WHEN is_open AND n %% 30 = 0 AND n %% 80 > 0 THEN due END, at, at + interval '20 seconds',
  'När öppnar simhallen på lördag? Vi tänkte åka dit med barnen, nummer ' || n, 1, is_open AND n %% 80 = 0, 1,
  lane, topic
FROM facts;
INSERT INTO inbox_item (channel_id, thread_id, conversation_id, contact_id, external_id, earlier_ids,
  parent_external_id, kind, from_us, native, text, posted_at, fetched_at, first_seen_at, addressed, can_reply, hidden,
  url, media, language, mentions, author_name, raw, unsettled)
SELECT channel, n, n, 1 + n %% (%(rows)s / 4), 'i' || n, '{}', '', 'comment', false, false,
  'När öppnar simhallen på lördag? Vi tänkte åka dit med barnen, nummer ' || n
  || CASE WHEN n %% 50 = 7 THEN ' om snöröjning' ELSE '' END || CASE WHEN n %% 1000 = 8 THEN ' vattenläcka' ELSE '' END,
  at, at + interval '20 seconds',
  CASE WHEN n %% 5 > 0 AND at + took < %(now)s THEN at + took END, true, true, false, '', '{}', '', '{}', '', '', false
FROM facts;
INSERT INTO inbox_verdictevent (id, conversation_id, verdict, reason, at, before)
SELECT n, n, 'no_reply', (ARRAY['tagged_friend', 'citizen_answered', 'emoji', 'not_for_us', 'other'])[1 + n %% 5],
  at + took, '{}' FROM facts WHERE NOT is_open AND kind >= 70;
INSERT INTO inbox_replycycle (conversation_id, channel_id, lane, topic_id, kind, started_at, due_soon_at, due_at,
  ended_at, outcome, verdict_id, policy_id, fetched_late, next_step_at)
SELECT n, channel, lane, topic, 'first', at, due - interval '4 hours', due, CASE WHEN NOT is_open THEN at + took END,
  CASE WHEN is_open THEN '' WHEN kind < 52 THEN 'answered' WHEN kind < 62 THEN 'redirected'
    WHEN kind < 70 THEN 'holding' ELSE 'no_reply' END,
  CASE WHEN NOT is_open AND kind >= 70 THEN n END, (SELECT min(id) FROM sla_policyversion), n %% 500 = 0,
  CASE WHEN is_open AND due > %(now)s THEN due - interval '4 hours' END
FROM facts WHERE NOT (is_open AND n %% 80 = 0);
INSERT INTO inbox_replycycle (conversation_id, channel_id, lane, topic_id, kind, started_at, due_soon_at, due_at,
  ended_at, outcome, policy_id, fetched_late)
SELECT n, channel, lane, topic, 'promised', at + took, at + took + interval '44 hours', at + took + interval '48 hours',
  at + took + interval '1 hour' * (n %% 52), 'answered', (SELECT min(id) FROM sla_policyversion), false
FROM facts WHERE NOT is_open AND kind BETWEEN 62 AND 69;
INSERT INTO inbox_outgoing (conversation_id, kind, status, to_id, text, key, drawn_at, by_id, created_at, not_before,
  attempts, claimed_by, external_id, posted_at, lookups, error_code, error, held)
SELECT n, 'answer', CASE WHEN is_open THEN 'failed' ELSE 'sent' END, item.id, 'Hej! Ja, 9–17. /Anna', 'k' || n,
  at + took, 1 + n %% 20, at + took, at + took, 1, '', CASE WHEN is_open THEN '' ELSE 'r' || n END, at + took, 0, '',
  '', false
FROM facts JOIN inbox_item item ON item.conversation_id = n
WHERE NOT is_open AND facts.kind < 30 OR is_open AND n %% 1000 = 4;
INSERT INTO insights_staleweek (monday)
SELECT d::date FROM generate_series(%(start)s - interval '4 weeks', %(now)s + interval '4 weeks', interval '1 week') d;
INSERT INTO inbox_searchentry (item_id, posted_at, vector)
SELECT item.id, item.posted_at,
  to_tsvector('swedish', item.text) || setweight(to_tsvector('swedish', contact.name), 'A')
FROM inbox_item item JOIN inbox_contact contact ON contact.id = item.contact_id;
DROP TABLE facts
"""
