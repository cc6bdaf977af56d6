"""Headings that say what is seen, and are true also where there is little to see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from inbox.showing import chips
from insights.charts import OFFICE_DAYS, OFFICE_HOURS
from insights.definitions import WITHOUT, Figure
from insights.finding import HOURS, redirect_key
from insights.parts import Number, Topic
from insights.scope import Scope
from insights.shares import SMALL, Share
from sla import words

ENOUGH_WEEKS = 3  # earlier ones, before a week is called the best or the worst of them


def spaced(number: int) -> str:
    """`1 234`, with a narrow space that does not break."""
    return f"{number:,}".replace(",", "\u202f")


def period(scope: Scope) -> str:
    """`vecka 47`, `vecka 44–47`, `vecka 50 2026–vecka 10 2027`."""
    first, last = scope.mondays[0].isocalendar(), scope.monday.isocalendar()
    if scope.weeks == 1:
        return _("vecka %s") % last.week
    if first.year == last.year:
        return _("vecka %(first)s–%(last)s") % {"first": first.week, "last": last.week}
    return _("vecka %(first)s %(first_year)s–vecka %(last)s %(last_year)s") % {
        "first": first.week,
        "first_year": first.year,
        "last": last.week,
        "last_year": last.year,
    }


def days(scope: Scope) -> str:
    """`16–22 november 2026`, `24 augusti–22 november 2026`."""
    first, last = scope.mondays[0], scope.sunday
    end = date_format(last, "j F Y")
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    return f"{date_format(first, 'j F' if first.year == last.year else 'j F Y')}–{end}"


def figure_name(figure: Figure) -> str:
    """Name a figure where it stands alone; of an hour with the hour."""
    if figure.key in HOURS:
        day, hour = HOURS[figure.key]
        return f"{figure.name}, {words.WEEKDAYS[language()][day]} {hour:02}–{hour + 1:02}"
    name = str(figure.name)
    if figure.of == "closed" and figure.key != "without":
        return _("Utan svar, %s") % (name[:1].lower() + name[1:])
    return {
        "kept_answered": _("Hölls med svar"),
        "kept_redirected": _("Hölls med hänvisning"),
        "kept_holding": _("Hölls med besked"),
        "late_ours": _("För sent"),
        "late_fetched": _("Hämtat för sent"),
        "open_4": _("Öppna, under 4 timmar kvar"),
        "open_12": _("Öppna, 4–12 timmar kvar"),
        "open_more": _("Öppna, 12 timmar kvar eller mer"),
    }.get(figure.key, name)


def scope_words(figure: Figure, scope: Scope) -> str:
    """`vecka 47 · Simhallen`, `just nu`."""
    when = _("just nu") if figure.of_open else f"{period(scope)}, {days(scope)}"
    return " · ".join(filter(None, [when, within(scope)]))


def within(scope: Scope) -> str:
    """`Simhallen · Kultur`, "" for all accounts."""
    return " · ".join(str(row) for row in (scope.channel, scope.department, scope.topic) if row)


def time_words(local: datetime) -> str:
    return words.time_words(local, language())


def share_words(share: Share) -> str:
    """`96 % av fallen`, `2 av 3 fall`."""
    if share.percent is None:
        return _("%(part)s av %(whole)s fall") % {"part": share.part, "whole": share.whole}
    return (_("%s %% av fallen") % share.percent).replace(" %", "\u00a0%")


def promise(share: Share, scope: Scope, weeks: Sequence[tuple[date, Share]], now: datetime) -> str:
    """Say how the promise was kept, and among how many weeks a finished week was the best or the worst."""
    is_running = scope.is_running(now)
    if not share.whole:
        if is_running:
            return _("Inget har förfallit ännu %s") % period(scope)
        return _("Inget förföll %s") % period(scope)
    if is_running:
        said = _("Vi har hållit löftet i %(share)s hittills %(period)s")
    else:
        said = _("Vi höll löftet i %(share)s %(period)s")
    said %= {"share": share_words(share), "period": period(scope)}
    rank = "" if is_running or scope.weeks > 1 or share.is_small else _rank(share, weeks)
    return f"{said}, {rank}" if rank else said


def _rank(share: Share, weeks: Sequence[tuple[date, Share]]) -> str:
    """Compare with the earlier weeks that have enough to compare; with few there is no telling."""
    earlier = [other for _monday, other in weeks[:-1] if not other.is_small]
    if len(earlier) < ENOUGH_WEEKS:
        return ""
    here, others = share.part / share.whole, [other.part / other.whole for other in earlier]
    n = len(earlier) + 1
    in_a_row = all(not other.is_small for _monday, other in weeks[-n:])
    if here > max(others):
        return (_("bäst på %s veckor") if in_a_row else _("bäst av de %s veckor som har underlag")) % n
    if here < min(others):
        return (_("sämst på %s veckor") if in_a_row else _("sämst av de %s veckor som har underlag")) % n
    return ""


def open_now(counts: Counter[str], in_4: datetime, now: datetime) -> str:
    """Say what is late and what breaks next; `in_4`: before which all that has less than 4 hours left is due."""
    late, soon = counts["open_overdue"] + counts["open_promised_late"], counts["open_4"]
    parts = []
    if late:
        parts.append(ngettext("%s är försenad", "%s är försenade", late) % spaced(late))
    if soon:
        before = _clock(in_4, now)
        parts.append(
            ngettext("%(n)s spricker före %(at)s om inget görs", "%(n)s spricker före %(at)s om inget görs", soon)
            % {"n": spaced(soon), "at": before}
        )
    if parts:
        return _(" och ").join(parts)
    if counts["open_first"] or counts["open_promised"]:
        return _("Inget är försenat, och inget spricker de närmaste 4 timmarna")
    return _("Ingen väntar på svar")


def _clock(instant: datetime, now: datetime) -> str:
    """`kl. 18.30`, `måndag 23 nov 04.00`."""
    local = timezone.localtime(instant)
    if local.date() == timezone.localtime(now).date():
        return _("kl. %s") % words.time_words(local, language())
    return chips.said(instant, now)


def answers(median: int | None, count: int) -> str:
    if not count:
        return _("Inget blev besvarat")
    if count < SMALL or median is None:
        few = ngettext("%s fråga besvarades", "%s frågor besvarades", count) % count
        return _("%s, för få för en median") % few
    return _("Hälften får svar inom %s") % minutes(median)


def minutes(length: int) -> str:
    """Minutes on the clock as people say them: `1 h 52 min`. In hours however long: a day of ours is a working day."""
    return words.exact_words(timedelta(minutes=length), language())


def weekday(number: int) -> str:
    """`mån`; 0 is Monday."""
    return words.WEEKDAYS[language()][number][:3]


def language() -> words.Language:
    return "en" if (get_language() or "sv").startswith("en") else "sv"


def promises(kept: Share) -> str:
    if not kept.whole:
        return _("Inget lovat svar förföll")
    if kept.part == kept.whole:
        if kept.whole == 1:
            return _("Det lovade svaret kom i tid")
        return _("Alla %s lovade svar kom i tid") % spaced(kept.whole)
    return _("%(part)s av %(whole)s lovade svar kom i tid") % {"part": spaced(kept.part), "whole": spaced(kept.whole)}


def without(counts: Counter[str]) -> str:
    """Say which share needed no answer, and most often why."""
    share = Share(counts["without"], counts["closed"])
    if not share.whole:
        return _("Inget avslutades")
    if not share.part:
        return _("Allt som avslutades fick svar")
    ranked = sorted(WITHOUT, key=lambda figure: -counts[figure.key])
    most = counts[ranked[0].key]
    top = [str(figure.name).lower() for figure in ranked if counts[figure.key] == most]
    if share.percent is None:
        said = _("%(part)s av %(whole)s avslutades utan svar") % {"part": share.part, "whole": share.whole}
    else:
        said = _("%s %% avslutades utan svar") % share.percent
    return _("%(said)s, oftast: %(why)s") % {"said": said, "why": top[0]} if len(top) == 1 and most > 1 else said


def redirects(pointed: Sequence[Number], count: int) -> str:
    """Say where we pointed most often, if one place stands out."""
    if not count:
        return _("Ingen blev hänvisad")
    said = ngettext("%s hänvisning", "%s hänvisningar", count) % spaced(count)
    named = [number for number in pointed if number.figure.key != redirect_key(None)]
    if not named or (len(named) > 1 and named[0].count == named[1].count) or named[0].count < 2:
        return said
    return _("%(said)s, oftast till %(where)s") % {"said": said, "where": named[0].name}


def topics(asked: Sequence[Topic]) -> str:
    """Name what people asked most about, if one thing stands out."""
    here = [topic for topic in asked if topic.number.count]
    if not here:
        return _("Inga frågor har fått ett ämne")
    if len(here) > 1 and here[0].number.count == here[1].number.count:
        return _("%(one)s och %(other)s är det som folk frågar om") % {"one": here[0].name, "other": here[1].name}
    return _("%s är det som folk frågar om") % here[0].name


def quality(hours: float, counts: Counter[str]) -> str:
    """Say what the figures may lack."""
    late = counts["late_fetched"]
    parts = []
    if hours:
        parts.append(_("Något konto lästes inte under %s") % hours_words(hours))
    if late:
        parts.append(ngettext("%s fråga hämtades efter sin frist", "%s frågor hämtades efter sin frist", late) % late)
    return _(", och ").join(parts) if parts else _("Inget saknas: alla konton lästes hela tiden")


def hours_words(hours: float) -> str:
    """`3 h`, `mindre än 1 h`, `5 dygn`."""
    if hours < 1:
        return _("mindre än 1 h")
    if hours < 72:
        return f"{hours:.0f} h"
    return _("%s dygn") % f"{hours / 24:.0f}"


def arrivals(counts: dict[tuple[int, int], int]) -> str:
    """Say how much is written while nobody is in office."""
    whole = sum(counts.values())
    if not whole:
        return _("Ingen skrev")
    inside = sum(counts.get((day, hour), 0) for day in OFFICE_DAYS for hour in OFFICE_HOURS)
    share = Share(whole - inside, whole)
    if share.percent is None:
        return _("%(part)s av %(whole)s skrevs på kvällar, nätter och helger") % {"part": share.part, "whole": whole}
    return _("%s %% skrevs på kvällar, nätter och helger") % share.percent


def reading(active: int, failing: int) -> str:
    if not active:
        return _("Inget konto läses")
    if failing:
        return _("%(failing)s av %(active)s konton läses inte") % {"failing": failing, "active": active}
    return _("Kontot läses") if active == 1 else _("Alla %s konton läses") % active
