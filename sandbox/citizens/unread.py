"""What is written to those of our accounts that nobody has registered: it is there, and nobody reads it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox import municipality
from sandbox.citizens.grammar import topics
from sandbox.citizens.stage import OURS, Stage
from sandbox.entries import Entry
from sandbox.municipality import Channel
from sandbox.world import World

PUBLISHED = timedelta(hours=30)
ASKED = (timedelta(hours=26), timedelta(hours=7), timedelta(hours=2))
QUESTION = "A1"


def write_unread(world: World, *, seed: int, now: datetime) -> None:
    """Let each such account have a post of yesterday, with a few questions under it."""
    stage = Stage(world, seed, now)
    for channel in municipality.UNREGISTERED:
        post = _publish(stage, channel, now - PUBLISHED)
        for ago in ASKED:
            stage.comment_on(post, now - ago, code=QUESTION)


def write_one(stage: Stage, at: datetime) -> Entry:
    """Let a citizen write under the newest post of one of them."""
    channel = stage.rng.choice(list(municipality.UNREGISTERED))
    kind, _ = OURS[channel.platform]
    posts = stage.world.entries(channel.platform, kind=kind, author=channel.external_id, parent=None, limit=1)
    return stage.comment_on(posts[0] if posts else _publish(stage, channel, at), at)


def _publish(stage: Stage, channel: Channel, at: datetime) -> Entry:
    about = municipality.UNREGISTERED[channel]
    return stage.publish(channel, at, next(topic for topic in topics() if topic.key == about))
