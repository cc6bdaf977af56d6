"""How a reply cycle comes to repeat what its conversation says: by triggers, so that no way of writing forgets it."""

from __future__ import annotations

import pgtrigger

LED = pgtrigger.Trigger(
    name="follow_conversation",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("conversation_id", "channel_id", "lane", "topic_id"),
    func="""
        SELECT channel_id, lane, topic_id INTO NEW.channel_id, NEW.lane, NEW.topic_id
        FROM inbox_conversation WHERE id = NEW.conversation_id;
        RETURN NEW;
    """,
)
LEADS = pgtrigger.Trigger(
    name="lead_cycles",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("channel_id", "lane", "topic_id"),
    condition=pgtrigger.AnyChange("channel", "lane", "topic"),
    func="""
        UPDATE inbox_replycycle SET channel_id = NEW.channel_id, lane = NEW.lane, topic_id = NEW.topic_id
        WHERE conversation_id = NEW.id;
        RETURN NULL;
    """,
)
