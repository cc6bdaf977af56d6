"""The demo's municipality, Exempelby kommun: an invented Swedish town of 65,000 and its accounts on the platforms."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from sandbox.world import World

WITH_LINKEDIN = os.environ.get("LINKEDIN_ENABLED", "").lower() in ("1", "true", "on", "ok", "y", "yes")

COMMUNICATIONS = "Kommunikation"
STREETS = "Teknik och gata"
SCHOOLS = "Barn och utbildning"
LEISURE = "Kultur och fritid"
CARE = "Vård och omsorg"
PLANNING = "Samhällsbyggnad"
WATER = "Vatten och avfall"
PEOPLE = "HR"


@dataclass(frozen=True)
class Channel:
    """One of the municipality's own accounts, as the register of channels wants to know it."""

    platform: str
    kind: str
    name: str
    handle: str
    external_id: str
    department: str
    purpose: str
    focus: str
    hashtags: tuple[str, ...] = ()


FACEBOOK_MAIN = Channel(
    "facebook",
    "main",
    "Exempelby kommun",
    "exempelbykommun",
    "100064718203355",
    COMMUNICATIONS,
    "Berätta om vardagen i kommunen och svara på frågor från dem som bor och verkar här.",
    "Hela kommunen, alla förvaltningar",
)
FACEBOOK_CULTURE = Channel(
    "facebook",
    "topic",
    "Kultur och fritid i Exempelby",
    "exempelbykulturfritid",
    "100071946620817",
    LEISURE,
    "Samtala om det som händer i bibliotek, badhus, idrottshallar och parker.",
    "Bibliotek, bad, isbanor, lekplatser och evenemang",
    ("exempelbyfritid",),
)
X_MAIN = Channel(
    "twitter",
    "main",
    "Exempelby kommun",
    "exempelby",
    "1184207733",
    COMMUNICATIONS,
    "Sprida samhällsinformation och nyheter snabbt, och svara den som frågar.",
    "Hela kommunen, alla förvaltningar",
    ("exempelby",),
)
X_TRAFFIC = Channel(
    "twitter",
    "topic",
    "Trafik i Exempelby",
    "trafikexempelby",
    "2907164418",
    STREETS,
    "Berätta om snöröjning, vägarbeten och driftstörningar medan de pågår, och ta emot synpunkter.",
    "Gator, vägar och vinterväghållning i tätorterna",
    ("trafikexempelby",),
)
YOUTUBE_MAIN = Channel(
    "youtube",
    "main",
    "Exempelby kommun",
    "@exempelbykommun",
    "UCx3mPeLbYk0mmunVideo24w",
    COMMUNICATIONS,
    "Visa hur kommunen arbetar, sända kommunfullmäktige och svara under filmerna.",
    "Hela kommunen, alla förvaltningar",
)
INSTAGRAM_RELAY = Channel(
    "instagram",
    "relay",
    "Vi i Exempelby",
    "viexempelby",
    "17841447203355118",
    PEOPLE,
    "Låta medarbetare turas om att visa sin vecka på jobbet, och svara den som blir nyfiken.",
    "Arbetslivet i kommunen, en ny medarbetare varje vecka",
    ("viexempelby",),
)
LINKEDIN_EMPLOYER = Channel(
    "linkedin",
    "employer_brand",
    "Jobba i Exempelby",
    "jobba-i-exempelby",
    "urn:li:organization:48217203",
    PEOPLE,
    "Visa vad man kan arbeta med i kommunen, och svara den som funderar på att söka.",
    "Lediga jobb, nya kollegor och det vi är stolta över",
)
CHANNELS = (
    FACEBOOK_MAIN,
    X_MAIN,
    YOUTUBE_MAIN,
    FACEBOOK_CULTURE,
    X_TRAFFIC,
    INSTAGRAM_RELAY,
    *([LINKEDIN_EMPLOYER] if WITH_LINKEDIN else []),
)

FACEBOOK_LIBRARY = Channel(
    "facebook",
    "topic",
    "Biblioteken i Exempelby",
    "bibliotekeniexempelby",
    "100083302194457",
    LEISURE,
    "Samtala om böcker, läsning och det som händer på biblioteken.",
    "Biblioteken och bokbussen",
)
INSTAGRAM_LIBRARY = Channel(
    "instagram",
    "topic",
    "Biblioteken i Exempelby",
    "bibliotekeniexempelby",
    "17841460219445783",
    LEISURE,
    "Visa biblioteken och det som händer där.",
    "Biblioteken och bokbussen",
)
X_BUILDING = Channel(
    "twitter",
    "topic",
    "Bygga i Exempelby",
    "byggexempelby",
    "3318820457",
    PLANNING,
    "Berätta om planer och byggen, och ta emot synpunkter.",
    "Detaljplaner, bygglov och stora byggen",
)
YOUTUBE_SPORTS = Channel(
    "youtube",
    "topic",
    "Simma och idrotta i Exempelby",
    "@idrottexempelby",
    "UC7sImhallenOchIdr0ttExw",
    LEISURE,
    "Visa anläggningarna och vad man kan göra där.",
    "Simhallen, isbanorna och idrottshallarna",
)
LINKEDIN_CARE = Channel(
    "linkedin",
    "employer_brand",
    "Vård och omsorg i Exempelby",
    "vard-och-omsorg-i-exempelby",
    "urn:li:organization:48217388",
    CARE,
    "Visa hur det är att arbeta i vård och omsorg.",
    "Yrkena i vård och omsorg",
)
UNREGISTERED = {
    FACEBOOK_LIBRARY: "library",
    INSTAGRAM_LIBRARY: "library",
    X_BUILDING: "building",
    YOUTUBE_SPORTS: "sports",
    **({LINKEDIN_CARE: "care"} if WITH_LINKEDIN else {}),
}
"""Accounts that the register does not know yet, one a platform, each with what it writes of: for whoever tries it."""
ACCOUNTS = (*CHANNELS, *UNREGISTERED)

GOES_WITH = {FACEBOOK_LIBRARY: INSTAGRAM_LIBRARY}  # an account on Instagram is reached through its page on Facebook


def settle(world: World) -> None:
    """Give the municipality its accounts; those that are there stay as they are."""
    for channel in ACCOUNTS:
        if world.account(channel.external_id, channel.platform) is None:
            extra: dict[str, Any] = {"enterprise": True} if channel.platform == "twitter" else {}
            if channel in GOES_WITH:
                extra["instagram"] = GOES_WITH[channel].external_id
            world.add_account(
                channel.platform, channel.name, id=channel.external_id, handle=channel.handle, ours=True, extra=extra
            )
