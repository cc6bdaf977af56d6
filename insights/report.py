"""All that the page of the promise says, for one scope and instant: numbers with their links, charts, headings."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Channel, Department, Platform
from inbox.models import Conversation
from insights import charts, conclusions, counting, facts, gaps
from insights.counting import sum_of
from insights.definitions import FIGURES, WITHOUT
from insights.facts import Facts
from insights.finding import HOURS, LANED, LEFT, REDIRECT, lane_key, redirect_figure, redirect_key
from insights.parts import Answers, Earlier, Lane, Line, Number, Topic, Week
from insights.reading import Place, Unread
from insights.scope import LENGTHS, Scope
from insights.shares import Share

BAR = ("kept_answered", "kept_redirected", "kept_holding", "late_ours", "late_fetched")
OPEN = (*LEFT, "open_promised")
MOST_TOPICS = 12


class Report:
    """Made by `of`. Each property is one part of the page, computed when it is first asked for."""

    def __init__(self, scope: Scope, found: Facts) -> None:
        self.scope, self.now, self.facts, self.numbers = scope, found.now, found, found.numbers
        self.counts = self.numbers.of(scope)
        self.open_counts = sum_of(found.open_by_channel.values())
        self.every_place = found.places
        self.places = [place for place in found.places if scope.holds(place)]

    def number(self, key: str, bar: float = 0.0) -> Number:
        figure = FIGURES[key]
        return Number.of(figure, self.scope, self.open_counts if figure.of_open else self.counts, bar)

    @cached_property
    def n(self) -> dict[str, Number]:
        return {key: self.number(key) for key in FIGURES}

    @cached_property
    def title(self) -> str:
        words = conclusions.period(self.scope)
        return words[:1].upper() + words[1:]

    @cached_property
    def days(self) -> str:
        return conclusions.days(self.scope)

    @cached_property
    def is_running(self) -> bool:
        return self.scope.is_running(self.now)

    @cached_property
    def heading(self) -> str:
        return conclusions.promise(self.share, self.scope, self._line, self.now)

    @cached_property
    def share(self) -> Share:
        return Share(self.counts["kept"], self.counts["owed"])

    @cached_property
    def earlier(self) -> list[Earlier]:
        """The weeks before, and the same ones last year; only those in which something came or fell due."""
        before = _("Veckan före") if self.scope.weeks == 1 else _("Veckorna före")
        year = _("Samma vecka i fjol") if self.scope.weeks == 1 else _("Samma veckor i fjol")
        named = [(before, self.scope.before()), (year, self.scope.year_before())]
        found = [(name, scope, self.numbers.of(scope)) for name, scope in named[: 1 if self.scope.weeks == 52 else 2]]
        return [
            Earlier(
                name,
                scope,
                Share(counts["kept"], counts["owed"]),
                *(Number.of(FIGURES[key], scope, counts) for key in ("arrived", "late")),
            )
            for name, scope, counts in found
            if counts["owed"] or counts["arrived"]
        ]

    @cached_property
    def bar(self) -> list[charts.Part]:
        return charts.split_bar([(key, self.counts[key]) for key in BAR])

    @cached_property
    def parts(self) -> list[Number]:
        """The parts of the bar; what was fetched too late only where there is any."""
        return [self.number(key) for key in BAR if key != "late_fetched" or self.counts[key]]

    @cached_property
    def _line(self) -> list[tuple[date, Share]]:
        by_week = self.numbers.by_week
        return [
            (monday, Share(by_week[monday]["kept"], by_week[monday]["owed"])) for monday in self.scope.line().mondays
        ]

    @cached_property
    def lines(self) -> list[charts.Line]:
        gaps = [(str(self.place_of[gap.place]), gap.since, gap.end(self.now)) for gap in self.facts.unread]

        def query(monday: date) -> str:
            return self.scope.only(monday=monday, weeks=1).query("owed")

        return [
            charts.week_line(self._line, now=self.now, width=width, query=query, gaps=gaps)
            for width in (charts.WIDE, charts.NARROW)
        ]

    @cached_property
    def weeks(self) -> list[Week]:
        """The weeks of the line, newest first."""
        found = []
        for monday, share in reversed(self._line):
            one, counts = self.scope.only(monday=monday, weeks=1), self.numbers.by_week[monday]
            owed, kept = Number.of(FIGURES["owed"], one, counts), Number.of(FIGURES["kept"], one, counts)
            found.append(Week(monday, owed, kept, share, one.is_running(self.now)))
        return found

    @cached_property
    def weeks_with_data(self) -> int:
        return sum(1 for _monday, share in self._line if share.whole)

    @cached_property
    def open_heading(self) -> str:
        return conclusions.open_now(self.open_counts, self.facts.last_in_4, self.now)

    @cached_property
    def open(self) -> list[Number]:
        bars = charts.bar_widths([self.open_counts[key] for key in OPEN])
        return [self.number(key, bar) for key, bar in zip(OPEN, bars, strict=True)]

    @cached_property
    def lanes(self) -> list[Lane]:
        """What is open by lane and time left; nothing where all of it is ordinary."""
        counts = self.open_counts
        found = [
            Lane(
                lane.label,
                Number.of(LANED[lane_key("open_first", lane.value)], self.scope, counts),
                [Number.of(LANED[lane_key(key, lane.value)], self.scope, counts) for key in LEFT],
            )
            for lane in Conversation.Lane
        ]
        return found if any(lane.total.count for lane in found[:-1]) else []

    @cached_property
    def topics(self) -> list[Topic]:
        """What people asked about, the most frequent first."""
        asked = sorted(self.facts.topics.items(), key=lambda item: (-item[1][0], item[0].casefold()))
        return [
            Topic(
                name,
                Number.of(FIGURES["arrived"], self.scope.only(topic=name), Counter(arrived=now)),
                now - before,
                self.scope.only(topic=name).query(),
            )
            for name, (now, before) in asked[:MOST_TOPICS]
            if now or before
        ]

    @cached_property
    def topics_heading(self) -> str:
        return conclusions.topics(self.topics)

    @cached_property
    def topic_names(self) -> list[str]:
        return sorted(self.facts.topics, key=str.casefold)

    @cached_property
    def answers(self) -> list[Answers]:
        kinds = {"first_answer_weekday": "weekday", "first_answer_dayoff": "dayoff"}
        found = []
        for key, kind in kinds.items():
            number = self.number(key)
            enough = not Share(0, number.count).is_small
            ninety, median = (counting.within_minutes(self.lengths[kind], percent) for percent in (90, 50))
            found.append(Answers(number, median if enough else None, ninety if enough else None))
        return found

    @cached_property
    def answers_heading(self) -> str:
        median = counting.within_minutes(self.lengths[""], 50)
        return conclusions.answers(median, self.counts["first_answer"])

    @cached_property
    def promises_heading(self) -> str:
        return conclusions.promises(Share(self.counts["promises_kept"], self.counts["promises_due"]))

    @cached_property
    def without_heading(self) -> str:
        return conclusions.without(self.counts)

    @cached_property
    def without(self) -> list[Number]:
        """Reasons that were given at all, the most frequent first."""
        given = sorted((f for f in WITHOUT if self.counts[f.key]), key=lambda f: -self.counts[f.key])
        bars = charts.bar_widths([self.counts[figure.key] for figure in given])
        return [self.number(figure.key, bar) for figure, bar in zip(given, bars, strict=True)]

    @cached_property
    def spread(self) -> Counter[str]:
        return self.numbers.spread_of(self.scope)

    @cached_property
    def lengths(self) -> dict[str, Counter[int]]:
        return counting.lengths(self.spread)

    @cached_property
    def line_period(self) -> str:
        return conclusions.period(self.scope.line())

    @cached_property
    def arrivals(self) -> dict[tuple[int, int], int]:
        """By hour, over the weeks of the line: one week alone says little of what is usual."""
        line = self.scope.line()
        spread = self.spread if line == self.scope else self.numbers.spread_of(line)
        return {cell: spread[key] for key, cell in HOURS.items()}

    @cached_property
    def arrivals_heading(self) -> str:
        return conclusions.arrivals(self.arrivals)

    @cached_property
    def heats(self) -> list[charts.Heat]:
        line = self.scope.line()
        unread = gaps.cells(self.facts.unread, line.start, min(line.end, self.now))
        return [
            charts.heat_map(self.arrivals, width=width, query=line.query, unread=unread)
            for width in (charts.HEAT_WIDE, charts.NARROW)
        ]

    @cached_property
    def hours(self) -> list[tuple[int, list[charts.Cell]]]:
        """The same as rows of a table: an hour, and its seven days."""
        cells = self.heats[0].cells
        return [(hour, [cell for cell in cells if cell.hour == hour]) for hour in range(24)]

    weekdays = range(7)

    @cached_property
    def redirects(self) -> list[Number]:
        """Where redirects pointed, the most frequent first; at last those that were not chosen from the list."""
        pointed = Counter({key: n for key, n in self.counts.items() if key.startswith(REDIRECT) and n})
        rest = self.counts["redirected"] - pointed.total()
        keys = sorted(pointed, key=lambda key: (-pointed[key], key))
        names = [(key, self.facts.redirects.get(int(key.removeprefix(REDIRECT)), "")) for key in keys]
        counted = Counter(pointed)
        if rest:
            names.append((redirect_key(None), ""))
            counted[redirect_key(None)] = rest
        counted["redirected"] = self.counts["redirected"]
        bars = charts.bar_widths([counted[key] for key, _name in names])
        return [
            Number.of(redirect_figure(key, name), self.scope, counted, bar)
            for (key, name), bar in zip(names, bars, strict=True)
        ]

    @cached_property
    def redirects_heading(self) -> str:
        return conclusions.redirects(self.redirects, self.counts["redirected"])

    @cached_property
    def place_of(self) -> dict[int, Place]:
        return {place.pk: place for place in self.every_place}

    @cached_property
    def channel_lines(self) -> list[Line]:
        shown = [
            place
            for place in self.places
            if place.status != Channel.Status.CLOSED or self.numbers.by_channel.get(place.pk)
        ]
        return [self._line_of(place) for place in shown]

    def _line_of(self, place: Place) -> Line:
        scope = self.scope.only(channel=Channel(pk=place.pk, name=place.name))
        return self._summary(place.name, place.platform, scope, [place])

    @cached_property
    def department_lines(self) -> list[Line]:
        """Departments whose accounts are shown, if there is more than one of them."""
        names = {place.department_id: place.department_name for place in self.places}
        if len(names) < 2:
            return []
        return [
            self._summary(
                name,
                "",
                self.scope.only(department=Department(pk=pk, name=name)),
                [place for place in self.places if place.department_id == pk],
            )
            for pk, name in sorted(names.items(), key=lambda pair: pair[1].casefold())
        ]

    def _summary(self, name: str, platform: str, scope: Scope, places: list[Place]) -> Line:
        counts = sum_of(self.numbers.by_channel.get(place.pk, Counter()) for place in places)
        waiting = sum_of(self.facts.open_by_channel.get(place.pk, Counter()) for place in places)
        gaps = [gap for gap in self.gaps if gap.place in {place.pk for place in places}]
        return Line(
            name,
            str(Platform(platform).label) if platform else "",
            platform,
            scope,
            Share(counts["kept"], counts["owed"]),
            Number.of(FIGURES["owed"], scope, counts),
            Number.of(FIGURES["kept"], scope, counts),
            Number.of(FIGURES["open_first"], scope, waiting),
            [gap for gap in self.facts.unread if gap.until is None and gap.place in {place.pk for place in places}],
            gaps,
        )

    @cached_property
    def reading_heading(self) -> str:
        active = [place.pk for place in self.places if place.status == Channel.Status.ACTIVE]
        failing = {gap.place for gap in self.facts.unread if gap.until is None}
        return conclusions.reading(len(active), len(failing))

    @cached_property
    def gaps(self) -> list[Unread]:
        """What was not read in the period, oldest first."""
        start, end = self.scope.start, self.scope.end
        return [gap for gap in self.facts.unread if gap.touches(start, end, self.now)]

    @cached_property
    def gap_words(self) -> list[str]:
        return gaps.words(self.gaps, self.place_of, self.now)

    @cached_property
    def line_gap_words(self) -> list[str]:
        """The same of all weeks that the charts show."""
        return gaps.words(self.facts.unread, self.place_of, self.now)

    @cached_property
    def quality_heading(self) -> str:
        return conclusions.quality(self.hours_unread(self.gaps), self.counts)

    @cached_property
    def strips(self) -> list[charts.Strip]:
        """For each account that was not read at some time: the period, with what is missing hatched."""
        found = []
        for place in self.places:
            missing = [gap for gap in self.gaps if gap.place == place.pk]
            if missing:
                spans = [(gap.since, gap.end(self.now)) for gap in missing]
                hours = self.hours_unread(missing)
                found.append(charts.strip(str(place), spans, self.scope.start, self.scope.end, hours))
        return found

    def hours_unread(self, missing: list[Unread]) -> float:
        return gaps.hours(missing, self.scope.start, self._until)

    @property
    def _until(self) -> datetime:
        return min(self.scope.end, self.now)

    @cached_property
    def departments(self) -> list[tuple[int, str]]:
        """Those that have an account, to choose among."""
        names = {place.department_id: place.department_name for place in self.every_place}
        return sorted(names.items(), key=lambda pair: pair[1].casefold())

    @cached_property
    def period_lengths(self) -> list[tuple[int, str]]:
        """How long a period may be, with names."""
        lengths = sorted({*LENGTHS, self.scope.weeks})
        return [(weeks, ngettext("%s vecka", "%s veckor", weeks) % weeks) for weeks in lengths]

    @cached_property
    def definitions(self) -> list[tuple[str, str | Promise]]:
        """Names and definitions, as printed; the reasons explain themselves."""
        shown = [figure for figure in FIGURES.values() if figure not in WITHOUT]
        return [(conclusions.figure_name(figure), figure.definition) for figure in shown]


def of(scope: Scope, now: datetime) -> Report:
    """Count all that the page says, in a fixed number of queries."""
    return Report(scope, facts.gather(scope, now))
