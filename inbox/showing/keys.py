"""One key a verdict, and what each is called: the map that the help shows and everybody can change for oneself.

A key is named by what it is from the start: `r` answers, whichever key somebody presses for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from inbox.deciding.acting import Refused

THEMES = ("light", "dark")

KEYS: dict[str, Promise] = {
    "j": gettext_lazy("Nästa rad, också ↓"),
    "k": gettext_lazy("Föregående rad, också ↑"),
    "r": gettext_lazy("Svara"),
    "b": gettext_lazy("Besked: svaret kommer senare, vid en utlovad tid"),
    "h": gettext_lazy("Hänvisa, sedan 1–9 för kanalen"),
    "g": gettext_lazy("Gilla räcker: gilla och klar"),
    "f": gettext_lazy("Fråga sakkunnig, med mejl"),
    "e": gettext_lazy("Inget svar behövs, sedan 1–6 för skälet"),
    "s": gettext_lazy("Invånaren svarade rätt: gilla, tacka, och båda är klara"),
    "d": gettext_lazy("Moderera: öppnar formuläret, döljer aldrig direkt"),
    "o": gettext_lazy("Bevaka, där ingen väntar på svar"),
    "å": gettext_lazy("Ångra, inom 10 sekunder; också Ctrl Z"),
    "u": gettext_lazy("Återöppna"),
    "v": gettext_lazy("Vila, och väck"),
    "m": gettext_lazy("Ta själv"),
    "t": gettext_lazy("Välj ansvarig"),
    "i": gettext_lazy("Intern anteckning"),
    "x": gettext_lazy("Markera raden; med Skift alla rader hit"),
    "a": gettext_lazy("Markera alla rader som visas, eller hela gruppen"),
    "n": gettext_lazy("Visa nya"),
    "q": gettext_lazy("Sök; också / och Ctrl Skift F"),
    "w": gettext_lazy("Varför denna frist?"),
    "c": gettext_lazy("Kopiera länken till konversationen"),
    "ö": gettext_lazy("Öppna på plattformen"),
    "p": gettext_lazy("Akut, och inte akut"),
    "ä": gettext_lazy("Ändra ämne"),
    "z": gettext_lazy("Skyddat läge, av och på"),
}
"""Every key that can be changed. Those that a page has no use for do nothing there."""
FIXED: tuple[tuple[str, Promise], ...] = (
    ("Enter", gettext_lazy("Öppna raden")),
    ("Esc", gettext_lazy("Stäng, lämna fältet, avmarkera, tillbaka till raden i listan")),
    ("1–9", gettext_lazy("Byt vy: dina sparade först; när ett val väntar på en siffra gäller den valet")),
    ("Ctrl Enter", gettext_lazy("Skicka det du har skrivit, och gå vidare")),
    ("§", gettext_lazy("Svarsbank, medan du skriver; också Ctrl J")),
    ("Ctrl .", gettext_lazy("Klarspråk: till råden om det du skriver, och tillbaka")),
    ("Ctrl K", gettext_lazy("Alla kommandon")),
    ("?", gettext_lazy("Den här hjälpen; också F1")),
)


def of(user: User) -> dict[str, str]:
    """Give the keys that somebody has changed: what each was called, and what it is now."""
    changed = user.preferences.get("own_keys", {})
    return {key: now for key, now in changed.items() if key in KEYS}


def table(user: User) -> list[tuple[str, str, Promise]]:
    """Give each key that can be changed, as it is called, as it is for this person, and what it does."""
    changed = of(user)
    return [(key, changed.get(key, key), what) for key, what in KEYS.items()]


@transaction.atomic
def save(user: User, wanted: Mapping[str, str]) -> None:
    """Change somebody's own keys; what is not named stays as it was from the start. Raises Refused."""
    chosen = {key: wanted.get(key, key).strip().lower() or key for key in KEYS}
    for key, now in chosen.items():
        if len(now) != 1 or not now.isprintable() or now.isspace() or now.isdigit() or now in "?/§":
            raise Refused(_("%s går inte att använda. Välj en bokstav eller ett tecken.") % (now or key), "bad_key")
    twice = sorted({now for now in chosen.values() if list(chosen.values()).count(now) > 1})
    if twice:
        names = ", ".join(now.upper() for now in twice)
        raise Refused(_("%s står för två saker. Varje tangent kan bara göra en.") % names, "key_twice")
    _remember(user, "own_keys", {key: now for key, now in chosen.items() if now != key})


@transaction.atomic
def choose_theme(user: User, theme: str) -> None:
    """Show the pages light or dark to somebody; anything else follows the computer's own setting."""
    _remember(user, "theme", theme if theme in THEMES else "")


def _remember(user: User, name: str, value: object) -> None:
    row = User.objects.select_for_update().get(pk=user.pk)
    row.preferences = {**row.preferences, name: value}
    row.save(update_fields=["preferences"])
    user.preferences = row.preferences
