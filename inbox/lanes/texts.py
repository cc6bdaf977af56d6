"""What the lanes say, in versions: numbers to call, sentences of the guide, whom legal things are passed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from inbox.models import LaneTexts

LEGAL: dict[str, tuple[Promise, Promise]] = {
    "records": (
        gettext_lazy("Begäran om allmän handling"),
        gettext_lazy("Ska prövas skyndsamt (TF 2 kap.). Fråga inte vem som begär eller varför."),
    ),
    "gdpr": (
        gettext_lazy("Begäran om personuppgifter"),
        gettext_lazy("Ska besvaras inom en månad. Be inte om personnummer här."),
    ),
    "accessibility": (
        gettext_lazy("Påpekande om tillgänglighet"),
        gettext_lazy("Gäller lagen om tillgänglighet till digital offentlig service. Svara så snart som möjligt."),
    ),
    "appeal": (
        gettext_lazy("Överklagande eller ansökan"),
        gettext_lazy("Räknas från i dag. Registratorn avgör vad som gäller, inte kommentarsfältet."),
    ),
    "concern": (
        gettext_lazy("Oro för ett barn eller en vuxen"),
        gettext_lazy("Tas emot av socialtjänsten. Be inte om namn eller detaljer här."),
    ),
    "whistle": (
        gettext_lazy("Missförhållande, visselblåsning"),
        gettext_lazy("Den som berättar kan ha skydd i lag. Efterforska inte vem det är."),
    ),
}
"""What has legal effect, by the key of its rule: its name, and what to know of it before one answers."""

STEPS: dict[str, Promise] = {
    "acknowledge": gettext_lazy("Bekräfta"),
    "secrecy": gettext_lazy("Förklara sekretess"),
    "place": gettext_lazy("Rätt instans"),
    "follow_up": gettext_lazy("Följ upp"),
}

# Version 1. Citizens read these, in Swedish. 112, 1177 and 116 111 are the national numbers; where the municipality has
# social workers on duty of its own, an administrator writes their number.
BUILT_IN: dict[str, Any] = {
    "numbers": [
        {"number": "112", "name": "SOS Alarm", "what": "Vid fara för liv. De kopplar också till socialjouren."},
        {"number": "1177", "name": "1177", "what": "Råd om sjukdom och psykisk ohälsa, dygnet runt."},
        {"number": "116 111", "name": "Bris", "what": "För barn och unga, dygnet runt."},
        {"number": "112", "name": "Socialjouren", "what": "Kvällar och helger: ring 112 och fråga efter socialjouren."},
    ],
    "acknowledge": [
        "Hej {namn}! Tack för att du skriver, vi har läst det du berättar.",
        "Hej {namn}! Vi förstår att det här är svårt. Bra att du hör av dig.",
    ],
    "secrecy": [
        "Vi kan inte prata om enskilda personer här, för alla kan läsa. Skriv gärna inte mer om det i kommentarerna.",
        "För din skull tar vi det inte här: det du skriver syns för alla.",
    ],
    "follow_up": [
        "Hör av dig igen om du inte får tag på någon, så hjälper vi dig vidare.",
        "Vi hör av oss här nästa arbetsdag för att höra om du fick hjälp.",
    ],
    "recipients": {key: {"name": "Registrator", "email": ""} for key in LEGAL}
    | {
        "gdpr": {"name": "Dataskyddsombud", "email": ""},
        "concern": {"name": "Socialtjänstens mottagning", "email": ""},
    },
}


@dataclass(frozen=True)
class Number:
    number: str
    name: str
    what: str


@dataclass(frozen=True)
class Recipient:
    """Who deals with something; `email` is "" until an administrator has written one."""

    name: str
    email: str


@dataclass(frozen=True)
class Texts:
    """The texts that hold."""

    content: dict[str, Any]

    @property
    def numbers(self) -> list[Number]:
        return [Number(**row) for row in self.content["numbers"]]

    def sentences(self, step: str) -> list[str]:
        return list(self.content[step])

    def recipient(self, kind: str) -> Recipient:
        return Recipient(**self.content["recipients"].get(kind, {"name": _("Registrator"), "email": ""}))


def current() -> Texts:
    """Give the texts that hold; those that come with the system until somebody has changed them. One query."""
    newest = LaneTexts.objects.order_by("-version").values_list("content", flat=True).first()
    return Texts(newest or BUILT_IN)


def save(content: dict[str, Any], *, by: User, now: datetime) -> LaneTexts:
    """Store the next version. Raises ValidationError naming what cannot be."""
    require(by, Permission.REGISTER)
    for recipient in content["recipients"].values():
        if recipient["email"]:
            validate_email(recipient["email"])
    if not content["numbers"] or not all(content[step] for step in ("acknowledge", "secrecy", "follow_up")):
        raise ValidationError(_("Varje steg behöver minst en mening, och det måste finnas minst ett nummer."))
    newest = LaneTexts.objects.order_by("-version").values_list("version", flat=True).first() or 1
    try:
        with transaction.atomic():
            made = LaneTexts.objects.create(version=newest + 1, content=content, made_at=now, by=by)
            audit.record("lane_texts.changed", "lane_texts:1", by=by, now=now, version=made.version)
    except IntegrityError as error:
        raise ValidationError(_("Någon annan sparade nyss. Läs in sidan igen.")) from error
    return made
