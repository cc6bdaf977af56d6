"""How the words of items get into the table that is searched: by triggers, so that no way of writing forgets it."""

from __future__ import annotations

import pgtrigger

# A name that may be kept for a time only stays out; and a vector has an end, which no honest comment comes near.
ENTRIES = """
INSERT INTO inbox_searchentry (item_id, posted_at, vector)
SELECT item.id, item.posted_at,
    to_tsvector('swedish', left(item.text, 50000)) || setweight(to_tsvector('swedish', coalesce(
        (SELECT contact.name || ' ' || contact.handle FROM inbox_contact contact
         WHERE contact.id = item.contact_id AND contact.keep_until IS NULL), '')), 'A')
FROM {} item
"""

TRIGGERS = [
    pgtrigger.Trigger(
        name="search_new",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(new="new_items"),
        func=f"{ENTRIES.format('new_items')}; RETURN NULL;",
    ),
    pgtrigger.Trigger(
        name="search_changed",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("text", "contact_id", "posted_at"),
        condition=pgtrigger.AnyChange("text", "contact", "posted_at"),
        func=f"""
            DELETE FROM inbox_searchentry WHERE item_id = NEW.id;
            {ENTRIES.format("(SELECT NEW.*)")};
            RETURN NULL;
        """,
    ),
    pgtrigger.Trigger(
        name="search_gone",
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(old="old_items"),
        func="DELETE FROM inbox_searchentry WHERE item_id IN (SELECT id FROM old_items); RETURN NULL;",
    ),
]
