"""The storm: the water must be boiled, and thousands write under one post within the hour."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox import municipality
from sandbox.citizens import mix, overlays
from sandbox.citizens.compose import Draft
from sandbox.citizens.grammar import Scene, generic, scene, sentence, texts, topics
from sandbox.citizens.live import follow
from sandbox.citizens.stage import OURS, Stage
from sandbox.citizens.week import Agenda
from sandbox.entries import Entry
from sandbox.world import World

RAMP = 0.25  # of the time until the peak, when it lasts an hour
IN_THREADS = 0.2  # of what is no answer to a citizen, written below another's comment all the same
CLOSE_BY = 60  # of the latest comments, those that an answer is given to


@dataclass(frozen=True)
class Storm:
    """How many comments come, when and where."""

    platform: str
    count: int
    begins: datetime
    lasts: timedelta


def write_at_once(world: World, platform: str, count: int, lasts: timedelta, seed: int = 1) -> Entry:
    """Write a storm that is just over; give the post that it came under."""
    now = world.now()
    agenda, post = _planned(world, Storm(platform, count, now - lasts, lasts), seed)
    with world.together():
        agenda.run_until(now)
    return post


def rage(
    world: World, platform: str, count: int, lasts: timedelta, ended: threading.Event
) -> tuple[Entry, threading.Thread]:
    """Begin a storm; give the post that it comes under, and the thread that writes it until it is over or `ended`."""
    agenda, post = _planned(world, Storm(platform, count, world.now(), lasts), seed=world.count())
    thread = threading.Thread(target=follow, args=(world, agenda, ended), name="storm", daemon=True)
    thread.start()
    return post, thread


def _planned(world: World, storm: Storm, seed: int) -> tuple[Agenda, Entry]:
    stage = Stage(world, seed, storm.begins)
    agenda = Agenda(stage, None)
    with world.together():
        municipality.settle(world)
        return agenda, plan(stage, agenda, storm)


def times(rng: random.Random, storm: Storm) -> list[datetime]:
    """Give when each comment comes, oldest first: a steep rise to the peak, then a slow decline."""
    return sorted(storm.begins + storm.lasts * rng.triangular(0, 1, RAMP) for _ in range(storm.count))


def plan(stage: Stage, agenda: Agenda, storm: Storm) -> Entry:
    """Publish the warning and put every comment on the agenda; give the post that they come under."""
    post = warn(stage, storm)
    latest: list[Entry] = []
    for at in times(stage.rng, storm):
        agenda.add(at, lambda moment: comment(stage, post, latest, moment))
    return post


def warn(stage: Stage, storm: Storm) -> Entry:
    """Let the municipality tell of the water."""
    channel = next(channel for channel in municipality.CHANNELS if channel.platform == storm.platform)
    kind, _ = OURS[storm.platform]
    said = texts("storm")["video" if kind == "video" else f"post_{storm.platform}"]
    title, _, body = scene(stage.rng).say(said).partition(" | ")
    return stage.world.write(
        storm.platform,
        kind,
        channel.external_id,
        body if kind == "video" else title,
        wall=None if kind == "tweet" else channel.external_id,
        at=storm.begins,
        extra={"title": title} if kind == "video" else {},
        truth={"topic": "water"},
    )


def comment(stage: Stage, post: Entry, latest: list[Entry], at: datetime) -> None:
    """Let one citizen write under the warning."""
    rng = stage.rng
    kind = mix.draw(rng, mix.STORM)
    if kind == "reply" and not latest:
        kind = "same_question"
    above = rng.choice(latest) if latest and (kind == "reply" or rng.random() < IN_THREADS) else None
    draft = _draft(stage, kind, stage.name_of(above).split()[0] if above else "", post.platform)
    written = stage.put(draft, post, at, above=above)
    latest.append(written)
    del latest[:-CLOSE_BY]


def _draft(stage: Stage, kind: str, answered: str, platform: str) -> Draft:
    rng, code = stage.rng, mix.STORM_CATEGORY[kind]
    topic = next(topic for topic in topics() if topic.key == "water")
    author = stage.town.special(rng, code) or stage.town.somebody(rng)
    told = scene(rng, topic, jag=author.first_name, lank=f"https://vattenfilter.example/{rng.randrange(16**5):05x}")
    pattern = rng.choice(
        generic(f"reply_{rng.choice(['right', 'wrong', 'argue'])}") if kind == "reply" else texts("storm")[kind]
    )
    text = sentence(told.say(pattern), "?" if code == "A1" and rng.random() < 0.6 else rng.choice(["", ".", "!"]))
    text = _around(told, stage, kind, text, answered if platform != "twitter" else "")
    truth = mix.truth(
        code,
        owes_answer=mix.owes_answer(rng, code),
        topic="water",
        department=topic.department,
        cluster_id=f"storm/{kind}/{pattern[:24]}" if code in ("A1", "A18") else f"storm/{kind}",
        legal_ground=mix.ground_of(code, text),
    )
    return Draft(overlays.disfigure(rng, text), truth, author)


def _around(told: Scene, stage: Stage, kind: str, text: str, answered: str) -> str:
    """Put a name before it, or a word of one's own after it."""
    if kind == "friend":
        return f"{stage.town.somebody(told.rng).name} {text}"
    if kind == "reply" and answered:
        return f"{answered} {text[:1].lower()}{text[1:]}"
    if kind in ("same_question", "also_here") and told.rng.random() < 0.5:
        after = told.pick([*told.words["context"], *generic("thanks")])
        return f"{text} {after}" if text.endswith((".", "?", "!")) else f"{text}. {after}"
    if told.rng.random() < 0.25:
        return f"{told.pick(generic('hello'))} {text}".strip()
    return text
