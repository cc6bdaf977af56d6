"""A policy as a form: words and lines that people can write, and the JSON that a version holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.calendar import ClockError, zone
from sla.clock import Reading
from sla.policyfile import policy_from_json
from sla.presets import HALF_DAYS, half_days

READINGS = {
    Reading.PAUSE: gettext_lazy("Klockan står stilla på stängda dagar"),
    Reading.PLAIN: gettext_lazy("Dygnet runt, alla dagar"),
    Reading.OFFICE_HOURS: gettext_lazy("Bara bemannade timmar räknas"),
    Reading.END_OF_NEXT_WORKING_DAY: gettext_lazy("Senast i slutet av nästa arbetsdag"),
    Reading.WORKING_DAYS: gettext_lazy("Senast i slutet av en viss arbetsdag"),
}
SHORT_READINGS = {
    Reading.PAUSE: gettext_lazy("Står stilla"),
    Reading.PLAIN: gettext_lazy("Dygnet runt"),
    Reading.OFFICE_HOURS: gettext_lazy("Bemannad tid"),
    Reading.END_OF_NEXT_WORKING_DAY: gettext_lazy("Nästa arbetsdag"),
    Reading.WORKING_DAYS: gettext_lazy("Arbetsdagar"),
}
WEEKDAYS = (
    gettext_lazy("måndag"), gettext_lazy("tisdag"), gettext_lazy("onsdag"), gettext_lazy("torsdag"),
    gettext_lazy("fredag"), gettext_lazy("lördag"), gettext_lazy("söndag"),
)  # fmt: skip
_WINDOW = re.compile(r"(\d{1,2})[.:](\d\d)\s*[-–]\s*(\d{1,2})[.:](\d\d)")
_LINES = {"rows": 3, "spellcheck": "false"}


class LinesField(forms.CharField):
    """One entry a line; `read` makes a pair of each, and what it cannot read is told by its line."""

    def __init__(self, *, example: str, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs=_LINES), **kwargs)
        self.example = example

    def pairs(self, text: str, pattern: str) -> list[re.Match[str]]:
        found = []
        for line in filter(None, (line.strip() for line in text.splitlines())):
            match = re.fullmatch(pattern, line)
            if match is None:
                raise forms.ValidationError(
                    _("”%(line)s” går inte att läsa. Skriv så här: %(example)s")
                    % {"line": line, "example": self.example}
                )
            found.append(match)
        return found


class PolicyForm(forms.Form):
    """Everything that a version of a policy says. `definition` is there once the form is valid."""

    name = forms.CharField(label=gettext_lazy("Namn"), max_length=80)
    reading = forms.ChoiceField(label=gettext_lazy("Så räknas tiden"), choices=list(READINGS.items()))
    target = forms.FloatField(
        label=gettext_lazy("Tid att svara, i timmar"), min_value=0.01, max_value=8784,
        help_text=gettext_lazy("En arbetsdag skrivs som 24."),
    )  # fmt: skip
    due_soon = forms.FloatField(
        label=gettext_lazy("Snart, timmar före fristen"), min_value=0, max_value=8784,
        help_text=gettext_lazy("Då blir märket gult. Räknas på samma klocka."),
    )  # fmt: skip
    ladder = forms.CharField(
        label=gettext_lazy("Varningar, bemannade timmar före fristen"), required=False, max_length=60,
        help_text=gettext_lazy("Ansvarig, ersättare, förvaltning. Till exempel 8, 4, 1."),
    )  # fmt: skip
    public_holidays = forms.BooleanField(label=gettext_lazy("Stängt på helgdagar"), required=False)
    eves = forms.BooleanField(label=gettext_lazy("Stängt på midsommarafton, julafton och nyårsafton"), required=False)
    extra_closed = LinesField(
        label=gettext_lazy("Egna stängda dagar"), example="2027-05-07 Klämdag",
        help_text=gettext_lazy("En dag på varje rad, med namn: 2027-05-07 Klämdag"),
    )  # fmt: skip
    half_days = forms.MultipleChoiceField(
        label=gettext_lazy("Lägg till vanliga halvdagar, i år och nästa år, som stänger 12.00"), required=False,
        choices=[(name, name) for name in HALF_DAYS], widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    short_days = LinesField(
        label=gettext_lazy("Halvdagar"), example="2027-04-30 12.00",
        help_text=gettext_lazy("Dag och när den stänger: 2027-04-30 12.00"),
    )  # fmt: skip
    extra_open = LinesField(
        label=gettext_lazy("Extra öppna dagar"), example="2027-05-15 08.00–12.00",
        help_text=gettext_lazy("Dag och tider: 2027-05-15 08.00–12.00"),
    )  # fmt: skip
    pauses = LinesField(
        label=gettext_lazy("Avbrott"), example="2027-03-10 12.00 – 2027-03-10 15.30",
        help_text=gettext_lazy("När vi inte kunde svara: 2027-03-10 12.00 – 2027-03-10 15.30"),
    )  # fmt: skip

    def __init__(self, *args: Any, key: str, tz: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key, self.tz, self.today = key, tz, today
        self.definition: dict[str, Any] = {}
        for group, label in (("open", _("Klockan går")), ("staffed", _("Bemannat"))):
            for day, weekday in enumerate(WEEKDAYS):
                self.fields[f"{group}_{day}"] = forms.CharField(
                    label=f"{label} {weekday}", required=False, max_length=80
                )

    @property
    def weeks(self) -> list[tuple[str, list[Any]]]:
        """Give the two weeks of opening hours, for the template."""
        titles = (("open", _("När klockan går")), ("staffed", _("När någon är på plats")))
        return [(title, [self[f"{group}_{day}"] for day in range(7)]) for group, title in titles]

    @property
    def rest(self) -> list[Any]:
        return [field for field in self if not field.name.startswith(("open_", "staffed_"))]

    def clean_ladder(self) -> list[float]:
        parts = re.split(r"[;\s]+|,\s+", self.cleaned_data["ladder"].strip())
        # "8,5" is a number; "8,4,1" are three.
        parts = [each for part in parts for each in (part.split(",") if part.count(",") > 1 else [part])]
        try:
            return [_number(part.replace(",", ".")) for part in parts if part]
        except ValueError as error:
            raise forms.ValidationError(_("Skriv timmar med komma emellan, till exempel 8, 4, 1.")) from error

    def clean_extra_closed(self) -> dict[str, str]:
        found = self._lines("extra_closed", r"(\d{4}-\d\d-\d\d)(?:\s+(.*))?")
        return {match[1]: match[2] or "" for match in found}

    def clean_short_days(self) -> dict[str, str]:
        return {match[1]: _clock(match[2], match[3]) for match in self._lines("short_days", rf"{_DAY}\s+{_CLOCK}")}

    def clean_extra_open(self) -> dict[str, list[list[str]]]:
        found = self._lines("extra_open", rf"{_DAY}\s+(.+)")
        return {match[1]: _windows(match[2]) for match in found}

    def clean_pauses(self) -> list[list[str]]:
        pattern = rf"{_DAY}\s+{_CLOCK}\s*[-–]\s*{_DAY}\s+{_CLOCK}"
        return [[self._instant(*match.group(1, 2, 3)), self._instant(*match.group(4, 5, 6))]
                for match in self._lines("pauses", pattern)]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        weeks: dict[str, dict[str, list[list[str]]]] = {"open": {}, "staffed": {}}
        for group, days in weeks.items():
            for day in range(7):
                name = f"{group}_{day}"
                try:
                    days[str(day)] = _windows(data.get(name) or "")
                except forms.ValidationError as error:
                    self.add_error(name, error)
        if not self.errors:
            self._define(data, weeks)
        return data

    def _define(self, data: Mapping[str, Any], weeks: Mapping[str, Mapping[str, Any]]) -> None:
        presets: dict[str, str] = {}
        for year in (self.today.year, self.today.year + 1):
            named = half_days(year)
            presets |= {named[name].isoformat(): "12:00" for name in data["half_days"] if name in named}
        is_staffed_time = data["reading"] == Reading.OFFICE_HOURS and any(weeks["staffed"].values())
        staffed = {"weekly": {day: windows for day, windows in weeks["staffed"].items() if windows}}
        definition = {
            "id": self.key, "name": data["name"], "tz": self.tz, "reading": data["reading"],
            "target_s": round(data["target"] * 3600, 6), "due_soon_s": round(data["due_soon"] * 3600, 6),
            "ladder": data["ladder"], "weekly": dict(weeks["staffed" if is_staffed_time else "open"]),
            "calendars": ["se_public"] * data["public_holidays"] + ["se_eves"] * data["eves"],
            "short_days": {**presets, **data["short_days"]}, "extra_closed": data["extra_closed"],
            "extra_open": data["extra_open"], "pauses": data["pauses"],
        }  # fmt: skip
        if staffed["weekly"]:
            definition["staffed"] = staffed
        try:
            policy_from_json(definition)
        except ClockError as error:
            raise forms.ValidationError(_fault(error)) from error
        self.definition = definition

    def _lines(self, name: str, pattern: str) -> list[re.Match[str]]:
        field = self.fields[name]
        assert isinstance(field, LinesField)
        found = field.pairs(self.cleaned_data[name], pattern)
        for match in found:
            _date(match[1])
        return found

    def _instant(self, day: str, hour: str, minute: str) -> str:
        try:
            naive = datetime.fromisoformat(f"{_date(day)}T{int(hour):02}:{minute}")
        except ValueError as error:
            raise forms.ValidationError(_("%s är inget klockslag.") % f"{hour}.{minute}") from error
        return naive.replace(tzinfo=zone(self.tz)).isoformat()


_DAY = r"(\d{4}-\d\d-\d\d)"
_CLOCK = r"(\d{1,2})[.:](\d\d)"


def initial(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a form shows of a version."""
    tz = ZoneInfo(definition["tz"])
    closed = definition.get("extra_closed", [])
    named = closed if isinstance(closed, dict) else dict.fromkeys(closed, "")
    calendars = definition.get("calendars", [])
    found: dict[str, Any] = {
        "name": definition.get("name", definition["id"]),
        "reading": definition.get("reading", Reading.PAUSE.value),
        "target": _hours(definition["target_s"]),
        "due_soon": _hours(definition.get("due_soon_s", 14400)),
        "ladder": ", ".join(f"{hours:g}".replace(".", ",") for hours in definition.get("ladder", [8, 4, 1])),
        "public_holidays": "se_public" in calendars,
        "eves": "se_eves" in calendars,
        "extra_closed": _text(f"{day} {name}".strip() for day, name in sorted(named.items())),
        "short_days": _text(
            f"{day} {at.replace(':', '.')}" for day, at in sorted(definition.get("short_days", {}).items())
        ),
        "extra_open": _text(
            f"{day} {_shown(windows)}" for day, windows in sorted(definition.get("extra_open", {}).items())
        ),
        "pauses": _text(
            " – ".join(f"{datetime.fromisoformat(at).astimezone(tz):%Y-%m-%d %H.%M}" for at in pause)
            for pause in definition.get("pauses", [])
        ),
    }
    for group, weekly in (("open", definition), ("staffed", definition.get("staffed") or {})):
        for day in range(7):
            found[f"{group}_{day}"] = _shown(weekly.get("weekly", {}).get(str(day), []))
    return found


def _hours(seconds: float) -> float:
    return _number(str(seconds / 3600))


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _shown(windows: list[list[str]]) -> str:
    return ", ".join(f"{start}–{end}".replace(":", ".") for start, end in windows)


def _windows(text: str) -> list[list[str]]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    matches = [_WINDOW.fullmatch(part) for part in parts]
    if not all(matches):
        raise forms.ValidationError(_("Skriv tider så här: 08.00–16.30, med komma om de är flera."))
    return [[_clock(match[1], match[2]), _clock(match[3], match[4])] for match in matches if match]


def _clock(hour: str, minute: str) -> str:
    return f"{int(hour):02}:{minute}"


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise forms.ValidationError(_("%s är ingen dag i kalendern.") % text) from error


def _number(text: str) -> float:
    hours = float(text)
    return int(hours) if hours == int(hours) else hours


def _fault(error: ClockError) -> str:
    """Say in Swedish what the clock cannot do; its own words are for those who write files."""
    return {
        "no_open_time": _("Klockan skulle aldrig gå. Fyll i när den går, minst en dag i veckan."),
        "bad_window": _("En öppettid måste börja före den slutar, mellan 00.00 och 24.00."),
        "bad_ladder": _("Varningarna ska gå från fler timmar till färre, högst sex stycken och högst 200 timmar."),
        "bad_target": _("Tiden att svara måste vara mer än noll; arbetsdagar räknas i hela dygn, 24 timmar för varje."),
        "bad_pause": _("Ett avbrott slutar före det börjar."),
    }.get(error.code, str(error))
