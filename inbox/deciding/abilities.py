"""What a platform lets us do with something that stands on it: what exists decides which buttons are drawn (R-027)."""

from __future__ import annotations

from connectors.base import Capability, ItemKind
from connectors.registry import connector_class
from inbox.models import Conversation, Item

ACTIONS = frozenset({Capability.LIKE, Capability.HIDE, Capability.UNHIDE, Capability.DELETE, Capability.EDIT})
NOTHING: frozenset[Capability] = frozenset()
UNREACHED = (ItemKind.HASHTAG, ItemKind.MESSAGE)  # found by a search, or private: neither is ours to act on


def of(item: Item, conversation: Conversation) -> frozenset[Capability]:
    """Say what can be done with an item in the thread of a conversation, as it stands now. Queries nothing.

    What others wrote is hidden and deleted only under something of ours; what only its author may do, we do only with
    what we wrote ourselves.
    """
    if item.deleted_at or item.kind in UNREACHED:
        return NOTHING
    connector = connector_class(conversation.channel.platform)
    able = connector.capabilities & ACTIONS
    if item.from_us:
        return able & {Capability.DELETE, Capability.EDIT}
    able -= connector.own_only | {Capability.EDIT}
    able -= {Capability.HIDE} if item.hidden else {Capability.UNHIDE}
    stands_with_us = conversation.thread.post_id is not None or item.kind == ItemKind.VISITOR_POST
    return able if stands_with_us else able & {Capability.LIKE}
