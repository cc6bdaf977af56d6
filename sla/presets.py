"""The half days that Swedish municipalities usually have, for any year. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from sla.calendar import DAY, holiday_names

# Which day each is: a date, or the day before a holiday.
HALF_DAYS: Mapping[str, tuple[int, int] | str] = MappingProxyType(
    {
        "Trettondagsafton": (1, 5),
        "Skärtorsdagen": "Långfredagen",
        "Valborgsmässoafton": (4, 30),
        "Dagen före Kristi himmelsfärdsdag": "Kristi himmelsfärdsdag",
        "Dagen före nationaldagen": (6, 5),
        "Dagen före alla helgons dag": "Alla helgons dag",
    }
)


def half_days(year: int) -> dict[str, date]:
    """Give the half days of a year by name; those on a Saturday, a Sunday or a holiday are left out."""
    holidays = holiday_names("se_public", year)
    by_name = {part: day for day, name in holidays.items() for part in name.split(" och ")}
    found = {}
    for name, when in HALF_DAYS.items():
        day = by_name[when] - DAY if isinstance(when, str) else date(year, *when)
        if day.weekday() < 5 and day not in holidays:
            found[name] = day
    return found
