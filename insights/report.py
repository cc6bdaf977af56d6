"""All that the page of the promise says, for one scope and instant: numbers with their links, charts, headings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db.models import Prefetch
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Channel, Department, Surface
from insights import charts, conclusions, counting, reading
from insights.counting import Numbers, sum_of
from insights.definitions import FIGURES, HOURS, WITHOUT, Figure, Instants, Share
from insights.reading import Unread
from insights.scope import LENGTHS, Scope
from sla import policies

BAR = ("kept_answered", "kept_redirected", "kept_holding", "late_ours", "late_fetched")
OPEN = ("open_overdue", "open_4", "open_12", "open_more", "open_promised")


@dataclass(frozen=True)
class Number:
    """A figure's number in a scope, and the query string of exactly its rows."""

    figure: Figure
    count: int
    query: str
    share: Share | None = None  # of its denominator
    bar: float = 0.0  # its length in per cent of the longest beside it

    @property
    def name(self) -> str | Promise:
        return self.figure.name


@dataclass(frozen=True)
class Week:
    monday: date
    owed: Number
    kept: Number
    share: Share
    is_running: bool


@dataclass(frozen=True)
class Answers:
    """How fast questions were answered. Minutes on the clock; None where there are too few to tell."""

    number: Number
    median: int | None
    ninety: int | None


@dataclass(frozen=True)
class Line:
    """A channel or a department."""

    name: str
    platform: str
    platform_key: str
    scope: Scope
    share: Share
    owed: Number
    kept: Number
    open: Number
    unread: list[Unread]


@dataclass(frozen=True)
class Earlier:
    """The same figure some time before, to compare with."""

    name: str | Promise
    scope: Scope
    share: Share


class Report:
    """Made by `of`. Each property is one part of the page, computed when it is first asked for."""

    def __init__(self, scope: Scope, now: datetime, numbers: Numbers, open_now: dict[int, Counter[str]]) -> None:
        self.scope, self.now, self.numbers = scope, now, numbers
        self.counts = numbers.of(scope)
        self.open_by_channel = open_now
        self.open_counts = sum_of(open_now.values())
        every = Channel.objects.select_related("department")
        every = every.prefetch_related(Prefetch("surfaces", Surface.objects.order_by("name")))
        self.every_channel = sorted(every, key=lambda channel: (channel.name.casefold(), channel.pk))
        self.channels = [channel for channel in self.every_channel if scope.holds(channel)]

    def number(self, key: str, bar: float = 0.0) -> Number:
        return self._number(self.scope, key, self.open_counts if FIGURES[key].of_open else self.counts, bar)

    def _number(self, scope: Scope, key: str, counts: Counter[str], bar: float = 0.0) -> Number:
        figure = FIGURES[key]
        share = Share(counts[key], counts[figure.of]) if figure.of else None
        return Number(figure, counts[key], scope.query(key), share, bar)

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
        """The weeks before, and the same ones last year; only those in which something fell due."""
        before = _("Veckan före") if self.scope.weeks == 1 else _("Veckorna före")
        year = _("Samma vecka i fjol") if self.scope.weeks == 1 else _("Samma veckor i fjol")
        named = [(before, self.scope.before()), (year, self.scope.year_before())]
        found = [(name, scope, self.numbers.of(scope)) for name, scope in named[: 1 if self.scope.weeks == 52 else 2]]
        return [
            Earlier(name, scope, Share(counts["kept"], counts["owed"]))
            for name, scope, counts in found
            if counts["owed"]
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
        gaps = [(str(gap.surface.channel), gap.since, gap.end(self.now)) for gap in self.line_gaps]

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
            owed, kept = self._number(one, "owed", counts), self._number(one, "kept", counts)
            found.append(Week(monday, owed, kept, share, one.is_running(self.now)))
        return found

    @cached_property
    def weeks_with_data(self) -> int:
        return sum(1 for _monday, share in self._line if share.whole)

    @cached_property
    def open_heading(self) -> str:
        return conclusions.open_now(self.open_counts, Instants.at(self.now, policies.policy()))

    @cached_property
    def open(self) -> list[Number]:
        bars = charts.bar_widths([self.open_counts[key] for key in OPEN])
        return [self.number(key, bar) for key, bar in zip(OPEN, bars, strict=True)]

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
        return [
            charts.heat_map(self.arrivals, width=width, query=self.scope.line().query)
            for width in (charts.HEAT_WIDE, charts.NARROW)
        ]

    @cached_property
    def hours(self) -> list[tuple[int, list[charts.Cell]]]:
        """The same as rows of a table: an hour, and its seven days."""
        cells = self.heats[0].cells
        return [(hour, [cell for cell in cells if cell.hour == hour]) for hour in range(24)]

    weekdays = range(7)

    @cached_property
    def channel_lines(self) -> list[Line]:
        shown = [
            channel
            for channel in self.channels
            if channel.status != Channel.Status.CLOSED or self.numbers.by_channel.get(channel.pk)
        ]
        return [
            self._summary(
                channel.name,
                channel.get_platform_display(),
                channel.platform,
                self.scope.only(channel=channel),
                [channel],
            )
            for channel in shown
        ]

    @cached_property
    def department_lines(self) -> list[Line]:
        """Departments whose channels are shown, if there is more than one of them."""
        departments = {channel.department for channel in self.channels}
        if len(departments) < 2:
            return []
        return [
            self._summary(
                department.name,
                "",
                "",
                self.scope.only(department=department),
                [channel for channel in self.channels if channel.department_id == department.pk],
            )
            for department in sorted(departments, key=lambda department: department.name.casefold())
        ]

    def _summary(self, name: str, platform: str, platform_key: str, scope: Scope, channels: Iterable[Channel]) -> Line:
        channels = list(channels)
        counts = sum_of(self.numbers.by_channel.get(channel.pk, Counter()) for channel in channels)
        waiting = sum_of(self.open_by_channel.get(channel.pk, Counter()) for channel in channels)
        return Line(
            name,
            platform,
            platform_key,
            scope,
            Share(counts["kept"], counts["owed"]),
            self._number(scope, "owed", counts),
            self._number(scope, "kept", counts),
            self._number(scope, "open_first", waiting),
            [gap for channel in channels for gap in reading.going_on(channel, self.now)],
        )

    @cached_property
    def reading_heading(self) -> str:
        active = [channel for channel in self.channels if channel.status == Channel.Status.ACTIVE]
        failing = [channel for channel in active if reading.going_on(channel, self.now)]
        return conclusions.reading(len(active), len(failing))

    @cached_property
    def line_gaps(self) -> list[Unread]:
        line = self.scope.line()
        return reading.gaps(self.channels, line.start, line.end, self.now)

    @cached_property
    def gaps(self) -> list[Unread]:
        return reading.gaps(self.channels, self.scope.start, self.scope.end, self.now)

    @cached_property
    def departments(self) -> list[Department]:
        """Those that have a channel, to choose among."""
        found = {channel.department for channel in self.every_channel}
        return sorted(found, key=lambda department: department.name.casefold())

    @cached_property
    def period_lengths(self) -> list[tuple[int, str]]:
        """How long a period may be, with names."""
        return [(weeks, ngettext("%s vecka", "%s veckor", weeks) % weeks) for weeks in LENGTHS]

    @cached_property
    def definitions(self) -> list[tuple[str, str | Promise]]:
        """Names and definitions, as printed; the reasons explain themselves."""
        shown = [figure for figure in FIGURES.values() if figure not in WITHOUT]
        return [(conclusions.figure_name(figure), figure.definition) for figure in shown]


def of(scope: Scope, now: datetime) -> Report:
    """Count all that the page says, in a fixed number of queries."""
    numbers = counting.numbers(scope, now, compared=[scope.before(), scope.year_before()])
    return Report(scope, now, numbers, counting.open_now(scope, now))
