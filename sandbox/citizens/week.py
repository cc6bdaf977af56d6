"""History: writes an ordinary week, from eight days back until now, in the order in which it happened."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import random
from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial

from sandbox import municipality
from sandbox.citizens import answers, overlays
from sandbox.citizens.grammar import topics
from sandbox.citizens.rhythm import STOCKHOLM, moments
from sandbox.citizens.stage import Stage
from sandbox.entries import Entry
from sandbox.municipality import Channel
from sandbox.world import UnknownEntry, World

DAYS = 8
FORERUN = 4  # days of our own posts before the first comment
OLD_POSTS = {municipality.FACEBOOK_MAIN: (9, 30), municipality.YOUTUBE_MAIN: (20, 300)}  # days back
OLD_EACH = 5
AFTERTHOUGHTS = ("Edit: löst nu.", "EDIT: gäller bara kvällar.", "(rättade stavfel)", "Uppdatering: samma i dag.")
FOLLOW_UP = 0.12
PER_DAY = {
    municipality.FACEBOOK_MAIN: 1.5,
    municipality.FACEBOOK_CULTURE: 0.8,
    municipality.X_MAIN: 1.6,
    municipality.X_TRAFFIC: 2.0,
    municipality.YOUTUBE_MAIN: 0.5,
    municipality.INSTAGRAM_RELAY: 1.0,
    municipality.LINKEDIN_EMPLOYER: 0.6,
}

Deed = Callable[[datetime], object]


class Agenda:
    """What is to happen, in the order of time; what happens may put more on it."""

    def __init__(self, stage: Stage, ends: datetime | None) -> None:
        self.stage = stage
        self.ends = ends  # when history ends: the municipality answers nothing by itself afterwards
        self._numbers = itertools.count()
        self._deeds: list[tuple[datetime, int, Deed]] = []

    def add(self, at: datetime, deed: Deed) -> None:
        """Put something on it."""
        heapq.heappush(self._deeds, (at, next(self._numbers), deed))

    def next_at(self) -> datetime | None:
        """Tell when the next thing is to happen."""
        return self._deeds[0][0] if self._deeds else None

    def run_until(self, end: datetime) -> None:
        """Let everything happen that is due before an instant."""
        while self._deeds and self._deeds[0][0] < end:
            at, _, deed = heapq.heappop(self._deeds)
            with contextlib.suppress(UnknownEntry):  # somebody has emptied the world meanwhile
                deed(at)

    def aftermath(self, entry: Entry) -> None:
        """Decide what becomes of a citizen's entry: answered, edited, deleted, repeated, said elsewhere too."""
        rng, at, truth = self.stage.rng, entry.created_at, entry.truth or {}
        chance = rng.random()
        if entry.text and chance < overlays.EDITED:
            self.add(at + timedelta(minutes=rng.uniform(1, 45)), partial(self._edit, entry))
        elif chance < overlays.EDITED + overlays.DELETED:
            later = at + timedelta(minutes=min(rng.expovariate(1 / 150), 1400))
            self.add(later, partial(self._delete, entry))
        elif truth.get("owes_answer") and truth["duplicate_of"] is None:
            if rng.random() < overlays.REPEATED * 2:  # who gets no answer is who repeats
                self.add(at + timedelta(hours=rng.uniform(3, 30)), partial(self._again, entry))
            elif rng.random() < overlays.CROSS_POSTED * 2:
                self.add(at + timedelta(minutes=rng.uniform(1, 40)), partial(self._elsewhere, entry))
        if self.ends:
            for answer in answers.planned(self.stage, entry, self.ends):
                self.add(answer.at, partial(self._answer, entry, answer))

    def _answer(self, entry: Entry, answer: answers.Answer, at: datetime) -> None:
        given = answers.give(self.stage, entry, answer)
        if given and not answer.holds and self.stage.rng.random() < FOLLOW_UP:
            later = at + timedelta(minutes=self.stage.rng.expovariate(1 / 40))
            self.add(later, partial(self._follow_up, entry, answer))

    def _follow_up(self, entry: Entry, answer: answers.Answer, at: datetime) -> None:
        self.aftermath(self.stage.follow_up(entry, at, answer.signer))

    def _edit(self, entry: Entry, at: datetime) -> None:
        if (current := self.stage.world.entry(entry.id)) and not current.is_deleted:
            self.stage.world.edit(current.id, edited(self.stage.rng, current.text), at)

    def _delete(self, entry: Entry, at: datetime) -> None:
        self.stage.world.delete(entry.id, at)

    def _again(self, entry: Entry, at: datetime) -> None:
        answered = self.stage.world.entries(entry.platform, parent=entry.id, since=entry.created_at)
        if not any(reply.author == self.stage.channel_of(entry).external_id for reply in answered):
            self.aftermath(self.stage.again(entry, at))

    def _elsewhere(self, entry: Entry, at: datetime) -> None:
        if written := self.stage.elsewhere(entry, at):
            self.aftermath(written)


def write_week(world: World, *, seed: int, now: datetime) -> None:
    """Write the municipality's posts and the town's comments of the days up to now, with what became of them."""
    start = now - timedelta(days=DAYS)
    stage = Stage(world, seed, start)
    agenda = Agenda(stage, now)
    for channel in municipality.CHANNELS:
        for at in _posting_times(stage.rng, channel, start - timedelta(days=FORERUN), now):
            agenda.add(at, partial(stage.publish, channel))
    council = next(topic for topic in topics() if topic.key == "council")
    agenda.add(_last_monday_evening(now), partial(stage.publish, municipality.YOUTUBE_MAIN, topic=council))
    written: dict[int, Entry] = {}
    for index, moment in enumerate(moments(stage.rng, start, now)):
        agenda.add(moment.at, partial(_comment, agenda, written, index, moment.echo_of))
    with world.together():
        agenda.run_until(now)


def edited(rng: random.Random, text: str) -> str:
    """Change a text as its author would afterwards."""
    if rng.random() < 0.5:
        return f"{text} {rng.choice(AFTERTHOUGHTS)}"
    words = text.split()
    return " ".join(words[:-1]) if len(words) > 5 else f"{text}!"


def _comment(agenda: Agenda, written: dict[int, Entry], index: int, echo: int | None, at: datetime) -> None:
    source = written.get(echo) if echo is not None else None
    entry = agenda.stage.comment(at, echo_of=source)
    if entry is not None:
        written[index] = entry
        agenda.aftermath(entry)


def _posting_times(rng: random.Random, channel: Channel, start: datetime, end: datetime) -> list[datetime]:
    """Choose when an account writes: in the daytime, less at weekends, and some of it long ago."""
    times = []
    day = start.astimezone(STOCKHOLM).date()
    while day <= end.astimezone(STOCKHOLM).date():
        wanted = PER_DAY[channel] * (0.4 if day.weekday() >= 5 else 1)
        for _ in range(int(wanted) + (rng.random() < wanted % 1)):
            clock = time(rng.randint(7, 17), rng.randrange(60), rng.randrange(60))
            times.append(datetime.combine(day, clock, STOCKHOLM).astimezone(start.tzinfo))
        day += timedelta(days=1)
    if channel in OLD_POSTS:
        nearest, furthest = OLD_POSTS[channel]
        times += [start - timedelta(days=rng.uniform(nearest, furthest)) for _ in range(OLD_EACH)]
    return sorted(at for at in times if at < end)


def _last_monday_evening(now: datetime) -> datetime:
    local = now.astimezone(STOCKHOLM)
    monday = local.date() - timedelta(days=local.weekday() or 7)
    return datetime.combine(monday, time(18), STOCKHOLM).astimezone(now.tzinfo)
