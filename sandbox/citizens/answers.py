"""What the municipality answered in the past, from the platforms' own apps: signed, mostly in time, some late."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.citizens.grammar import generic, scene, texts
from sandbox.citizens.rhythm import STOCKHOLM, office_time
from sandbox.citizens.stage import Stage
from sandbox.entries import Entry

IN_TIME = 0.87  # of what owes an answer and is older than a day
LATE = 0.06
LAST_DAY = 0.2  # of what was written in the last day
PRAISE = 0.15
TYPICAL_HOURS = 2.2
A_DAY = timedelta(hours=23)


@dataclass(frozen=True)
class Answer:
    """When which answer is to be given."""

    at: datetime
    text: str
    signer: str
    holds: bool = False


def planned(stage: Stage, entry: Entry, now: datetime) -> list[Answer]:
    """Decide whether, when and how a citizen's entry was answered; `now` is when history ends."""
    rng, truth = stage.rng, entry.truth or {}
    when = _when(rng, entry, now) if truth.get("owes_answer") else None
    if truth.get("category") == "A5" and rng.random() < PRAISE:
        when = office_time(rng, entry.created_at + timedelta(hours=rng.uniform(0.2, 6)))
    if when is None or truth.get("language") == "und":
        return []
    signer = rng.choice(texts("common")["people"]["signers"])
    holds = truth.get("category") == "A2" and rng.random() < 0.5
    answers = [Answer(when, _words(stage, entry, signer, holds=holds), signer, holds)]
    if holds and rng.random() < 0.7:
        later = office_time(rng, when + timedelta(hours=rng.uniform(20, 60)))
        answers.append(Answer(later, _words(stage, entry, signer, holds=False), signer))
    return answers


def give(stage: Stage, entry: Entry, answer: Answer) -> Entry | None:
    """Write the answer where the platform puts it; None if there is nothing left to answer."""
    current = stage.world.entry(entry.id)
    if current is None or current.is_deleted:
        return None
    channel = stage.channel_of(current)
    text = f"@{stage.handle_of(current)} {answer.text}"[:275] if current.platform == "twitter" else answer.text
    return stage.world.write(
        current.platform,
        current.kind,
        channel.external_id,
        text,
        parent=current.id,
        at=answer.at,
        extra={"native": True},
    )


def _when(rng: random.Random, entry: Entry, now: datetime) -> datetime | None:
    """Choose the time of an answer, within the promise or after it."""
    chance = rng.random()
    if now - entry.created_at < timedelta(hours=24):
        return _in_time(rng, entry.created_at) if chance < LAST_DAY else None
    if chance < IN_TIME:
        return _in_time(rng, entry.created_at)
    if chance < IN_TIME + LATE:
        return office_time(rng, office_time(rng, entry.created_at) + timedelta(hours=rng.uniform(26, 60)))
    return None


def _in_time(rng: random.Random, written: datetime) -> datetime:
    """Answer within some hours, in office time, before a day has passed unless it is the weekend."""
    at = office_time(rng, written + timedelta(hours=min(14, rng.lognormvariate(math.log(TYPICAL_HOURS), 0.8))))
    if at - written > A_DAY and written.astimezone(STOCKHOLM).weekday() < 4:
        return written + timedelta(minutes=rng.uniform(20, 90))
    return at


def _words(stage: Stage, entry: Entry, signer: str, *, holds: bool) -> str:
    truth = entry.truth or {}
    topic = stage.topic_of(entry)
    code = truth.get("category", "A1")
    told = scene(stage.rng, topic)
    name = stage.name_of(entry).split()[0]
    told.filled |= {"till": name, "ansvar": truth.get("redirect_target") or topic.department}
    told.filled["svar"] = told.pick(topic.list("answers") or ["Det tar vi med oss."])
    kind = {"A3": "own_reply_fault", "A4": "own_reply_opinion", "A5": "own_reply_praise"}.get(code, "own_reply_ask")
    if holds:
        kind = "own_reply_hold"
    elif code in ("A14", "A15", "A16", "A17"):
        return f"{told.say(generic('own_reply_other')[0])} /{signer}"
    elif code == "A18":
        return f"{told.say(generic('own_reply_other')[1])} /{signer}"
    return f"{told.pick(generic(kind))} /{signer}"
