"""Nämndtexten: a report in eight sentences, ready to copy. Also the first thing in the mail."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from insights import conclusions
from insights.conclusions import share_words, spaced
from insights.report import Report
from insights.shares import Share

UNSAID = "without-unsaid"


def sentences(report: Report) -> list[str]:
    """Give eight sentences, true also where there is little to tell."""
    return [
        _arrived(report),
        _promise(report),
        _split(report),
        _late(report),
        _compared(report),
        _speed(report),
        _without(report),
        _quality(report),
    ]


def _arrived(report: Report) -> str:
    count = report.counts["arrived"]
    said = ngettext(
        "Under %(period)s (%(days)s) fick vi %(n)s fråga i sociala medier.",
        "Under %(period)s (%(days)s) fick vi %(n)s frågor i sociala medier.",
        count,
    )
    return said % {"period": conclusions.period(report.scope), "days": report.days, "n": spaced(count)}


def _promise(report: Report) -> str:
    share = report.share
    if not share.whole:
        return _("Ingen svarsfrist gick ut under tiden.")
    if share.is_small:
        return _("Vi höll vårt löfte om svar i tid i %s.") % share_words(share)
    words = {"share": share_words(share), "part": spaced(share.part), "whole": spaced(share.whole)}
    return _("Vi höll vårt löfte om svar i tid i %(share)s, %(part)s av %(whole)s.") % words


def _split(report: Report) -> str:
    counts = report.counts
    if not counts["kept"]:
        return _("Ingen fick svar, hänvisning eller besked i tid.")
    said = {
        "kept_answered": _("%s ett svar"),
        "kept_redirected": _("%s en hänvisning till rätt ställe"),
        "kept_holding": _("%s ett besked om att svaret kommer"),
    }
    *most, last = (words % spaced(counts[key]) for key, words in said.items() if counts[key])
    return _("Av dem fick %s.") % (_(" och ").join((", ".join(most), last)) if most else last)


def _late(report: Report) -> str:
    late, still = report.counts["late"], report.counts["still_open"]
    if not late:
        return _("Ingen fick vänta längre än vi har lovat.")
    said = ngettext("%s fick vänta längre än vi har lovat", "%s fick vänta längre än vi har lovat", late)
    said %= spaced(late)
    if not still:
        return _("%s, och alla har fått svar nu.") % said
    return ngettext("%(said)s, och %(n)s väntar ännu.", "%(said)s, och %(n)s väntar ännu.", still) % {
        "said": said,
        "n": spaced(still),
    }


def _compared(report: Report) -> str:
    told = [earlier for earlier in report.earlier if earlier.share.whole]
    if not told:
        return _("Det finns inga tidigare siffror att jämföra med.")
    parts = [
        _("%(when)s höll vi löftet i %(share)s")
        % {"when": _lower(str(earlier.name)), "share": share_words(earlier.share)}
        for earlier in told
    ]
    said = _(" och ").join(parts)
    return f"{said[:1].upper()}{said[1:]}."


def _speed(report: Report) -> str:
    weekday = report.answers[0]
    if weekday.median is None or weekday.ninety is None:
        return _("För få av dem som skrev på en vardag har fått svar för att säga hur fort det brukar gå.")
    words = {"median": long_minutes(weekday.median), "ninety": long_minutes(weekday.ninety)}
    return _("Av dem som skrev på en vardag fick hälften svar inom %(median)s och nio av tio inom %(ninety)s.") % words


def _without(report: Report) -> str:
    share = Share(report.counts["without"], report.counts["closed"])
    if not share.part:
        return _("Alla som vi är klara med fick ett svar, en hänvisning eller ett besked.")
    said = [_lower(str(number.name)) for number in report.without if number.figure.key != UNSAID][:2]
    if not said:
        return _("I %s behövdes inget svar.") % share_words(share)
    words = {"share": share_words(share), "why": _(" och ").join(said)}
    return _("I %(share)s behövdes inget svar, oftast med skälet: %(why)s.") % words


def _quality(report: Report) -> str:
    hours = report.hours_unread(report.gaps)
    if not hours:
        return _("Alla konton lästes hela tiden, så inget saknas i siffrorna.")
    said = _("Under %s lästes inte alla konton, så några frågor kan saknas i siffrorna.")
    return said % conclusions.hours_words(hours)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def long_minutes(length: int) -> str:
    """`1 timme och 52 minuter`."""
    hours, rest = divmod(length, 60)
    parts = [ngettext("%s timme", "%s timmar", hours) % spaced(hours)] * bool(hours)
    parts += [ngettext("%s minut", "%s minuter", rest) % rest] * bool(rest or not hours)
    return _(" och ").join(parts)
