"""Who writes: a few thousand invented citizens, a few of whom write much; and the odd spammer, reporter, company."""

from __future__ import annotations

import random
import string
import unicodedata
from dataclasses import dataclass

from sandbox.citizens.grammar import texts
from sandbox.world import World

CITIZENS = 2600
VISITORS = 0.06  # who live elsewhere; more in summer
SUMMER_VISITORS = 0.14
SUMMER = (6, 7, 8)


@dataclass(frozen=True)
class Person:
    """One author; the same person may have an account on each platform."""

    number: int
    name: str
    resident: bool = True
    kind: str = "citizen"

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    def account_id(self, platform: str) -> str:
        """Give the platform's id of this person."""
        numbers = random.Random(f"{platform}/{self.number}")
        if platform == "youtube":
            return "UC" + "".join(numbers.choices(f"{string.ascii_letters}{string.digits}_-", k=22))
        if platform == "twitter":
            return str(numbers.randrange(10**17, 18 * 10**17))
        if platform == "linkedin":
            return "urn:li:person:" + "".join(numbers.choices(f"{string.ascii_letters}{string.digits}_-", k=10))
        return str(numbers.randrange(2 * 10**15, 9 * 10**15))

    def handle(self, platform: str) -> str:
        """Give the name after @; Facebook and LinkedIn have none."""
        if platform in ("facebook", "linkedin"):
            return ""
        plain = unicodedata.normalize("NFKD", self.name.lower()).encode("ascii", "ignore").decode()
        letters = "".join(letter for letter in plain if letter.isalnum())
        handle = f"{letters[:11]}{self.number % 10000}"
        return f"@{handle}" if platform == "youtube" else handle

    def join(self, world: World, platform: str) -> str:
        """See to it that the account is there; give its id."""
        id = self.account_id(platform)
        if world.account(id, platform) is None:
            world.add_account(platform, self.name, id=id, handle=self.handle(platform))
        return id


class Town:
    """Everybody who may write."""

    def __init__(self, seed: int, month: int) -> None:
        rng = random.Random(f"town/{seed}")
        first, last = texts("common")["people"]["first"], texts("common")["people"]["last"]
        visitors = SUMMER_VISITORS if month in SUMMER else VISITORS
        self.people = [
            Person(number, f"{rng.choice(first)} {rng.choice(last)}", rng.random() > visitors)
            for number in range(1, CITIZENS + 1)
        ]

    def somebody(self, rng: random.Random) -> Person:
        """Choose an author: half of what is written comes from a seventh of the people."""
        return self.people[int(len(self.people) * rng.random() ** 2.8)]

    def special(self, rng: random.Random, category: str) -> Person | None:
        """Choose the author of what ordinary citizens don't write; None if they do."""
        number = 100_000 + rng.randrange(800_000)
        last = rng.choice(texts("common")["people"]["last"])
        if category == "A11":
            clone = ["Exempelby Kommun Officiell", "Exempelby kommun ✓"] if rng.random() < 0.2 else []
            names = clone or [f"{last}{rng.randint(10, 999)}", f"Kredit Direkt {rng.randint(1, 99)}", f"{last} Invest"]
            return Person(number, rng.choice(names), False, "spammer")
        if category == "A17":
            words = texts("common")["words"]
            kind = rng.choice(["journalist", "journalist", "company", "authority"])
            firms = {"journalist": words["tidning"], "company": words["foretag"], "authority": ["Region Exempellän"]}
            return Person(number % 40, rng.choice(firms[kind]), True, kind)
        if category == "A9" and rng.random() < 0.2:
            politician = rng.choice(self.people[-40:])
            party = ("EP", "LL", "FE")[politician.number % 3]
            return Person(politician.number, f"{politician.name} ({party})", True, "politician")
        return None
