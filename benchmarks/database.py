"""A database of its own for one benchmark, filled with a million rows and dropped afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import django

from config import embedded


@contextmanager
def scratch_database() -> Iterator[None]:
    """Make an empty, migrated database beside the installation's own; everything inside uses it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    embedded.open_up()
    django.setup()
    from django.db import connection

    own_name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    give_defaults()
    try:
        yield
    finally:
        connection.creation.destroy_test_db(own_name, verbosity=0)


def give_defaults() -> None:
    """Let PostgreSQL know what Django fills in, so that the rows made here name only what they are about."""
    from django.apps import apps
    from django.db import connection

    for model in apps.get_app_config("inbox").get_models():
        for field in model._meta.local_concrete_fields:
            if field.null or field.primary_key or field.is_relation or field.has_db_default():
                continue
            if (given := field.get_default()) is None:
                continue
            with connection.cursor() as cursor:
                value = field.get_db_prep_save(given, connection)
                column = f'ALTER TABLE {model._meta.db_table} ALTER COLUMN "{field.column}" SET DEFAULT'
                cursor.execute(f"{column} %s::{field.db_type(connection)}", [value])


def fill(items: int) -> int:
    """Fill it as a municipality's would be after years; give the id of its channel.

    Two items of three begin a thread, one in four threads is answered by us; every conversation has an ended cycle.
    """
    from django.db import connection

    from accounts.channels import save_token
    from accounts.models import Channel, Department

    channel = Channel.objects.create(
        platform="facebook", kind="main", name="Exempelby kommun", external_id="1000", purpose="Information",
        focus="Vardag", department=Department.objects.create(name="Kansli"), clock_from="2020-01-01T00:00:00Z",
    )  # fmt: skip
    save_token(channel.pk, {"access_token": "none"})
    with connection.cursor() as cursor:
        for statement in FILL.split(";\n"):
            cursor.execute(statement, {"channel": channel.pk, "items": items, "threads": items * 2 // 3})
        cursor.execute("VACUUM ANALYZE")
    return channel.pk


FILL = """
INSERT INTO inbox_post (channel_id, external_id, text, posted_at, url, is_ad)
SELECT %(channel)s, '1000_' || n, 'Inlägg ' || n, timestamptz '2024-01-01' + n * interval '2 hours', '', false
FROM generate_series(0, 4999) n;
INSERT INTO inbox_contact (platform, external_id, name, handle)
SELECT 'facebook', 'c' || n, 'Invånare ' || n, '' FROM generate_series(0, %(items)s / 4) n;
INSERT INTO inbox_thread (id, channel_id, external_id, post_id, last_activity_at, item_count, we_wrote,
  is_private)
SELECT n, %(channel)s, 'old_' || n, (SELECT min(id) FROM inbox_post) + n %% 5000,
  timestamptz '2024-01-01' + n * interval '1 minute', 1, n %% 4 = 0, false
FROM generate_series(1, %(threads)s) n;
INSERT INTO inbox_conversation (id, channel_id, thread_id, contact_id, root_external_id, status, last_item_at,
  arrived_at, preview, item_count, before_connection, revision)
SELECT n, %(channel)s, n, (SELECT min(id) FROM inbox_contact) + n %% (%(items)s / 4), '', 'closed',
  timestamptz '2024-01-01' + n * interval '1 minute', timestamptz '2024-01-01' + n * interval '1 minute',
  'När öppnar simhallen på lördag?', 1, false, 1
FROM generate_series(1, %(threads)s) n;
INSERT INTO inbox_replycycle (id, conversation_id, kind, started_at, due_soon_at, due_at, ended_at, outcome,
  fetched_late)
SELECT n, n, 'first', t, t + interval '20 hours', t + interval '24 hours', t + interval '3 hours', 'answered', false
FROM generate_series(1, %(threads)s) n, LATERAL (SELECT timestamptz '2024-01-01' + n * interval '1 minute' t);
INSERT INTO inbox_item (channel_id, thread_id, conversation_id, contact_id, cycle_id, external_id, earlier_ids,
  parent_external_id, kind, from_us, native, text, posted_at, fetched_at, addressed, can_reply, hidden, url, media,
  language, mentions, author_name, raw, unsettled)
SELECT %(channel)s, c, c, (SELECT min(id) FROM inbox_contact) + c %% (%(items)s / 4), c, 'old_' || n, '{}', '',
  'comment', false, false, 'När öppnar simhallen på lördag? Vi tänkte åka dit med barnen, nummer ' || n,
  timestamptz '2024-01-01' + n * interval '40 seconds', timestamptz '2024-01-01' + n * interval '40 seconds',
  true, true, false, 'https://www.facebook.com/' || n, '{}', '', '{}', '', '{"id": "old_' || n || '"}', false
FROM generate_series(1, %(items)s) n, LATERAL (SELECT 1 + n * 2 / 3 %% %(threads)s c);
SELECT setval('inbox_thread_id_seq', %(threads)s + 1), setval('inbox_conversation_id_seq', %(threads)s + 1),
  setval('inbox_replycycle_id_seq', %(threads)s + 1)
"""
