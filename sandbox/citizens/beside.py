"""What the week of comments leaves out: private messages, comments on an advertisement, who tags and quotes us."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.citizens.people import Person
from sandbox.entries import Entry
from sandbox.municipality import FACEBOOK_MAIN, X_MAIN
from sandbox.world import World

ASTA, MILOS, KIM = (
    Person(number, name) for number, name in ((9101, "Asta Holm"), (9102, "Milos Ek"), (9103, "Kim Åberg"))
)
MESSAGES = (
    (ASTA, 5, "Hej! Jag behöver hjälp med färdtjänst för min mamma, hur gör jag?"),
    (MILOS, 27, "Har ni fått min ansökan om bygglov? Det är för altanen på Almvägen."),
    (KIM, 2, "Hej, går det att hyra Folkets hus en lördag i maj?"),
)
COMMENTS = (
    (MILOS, 20, "Kan man söka även om man läser klart i juni?"),
    (KIM, 3, "Hur mycket tjänar man?"),
)


def write_beside(world: World, *, now: datetime) -> None:
    """Write it into a world that has its municipality, as if during the last days."""
    page = FACEBOOK_MAIN.external_id

    def ago(hours: float) -> datetime:
        return now - timedelta(hours=hours)

    for person, hours, text in MESSAGES:
        world.write("facebook", "message", person.join(world, "facebook"), text, wall=page, at=ago(hours))
    words = "Bli undersköterska i Exempelby. Sök senast den 15 december."
    ad = world.write("facebook", "post", page, words, wall=page, at=ago(70), extra={"ad": True})
    for person, hours, text in COMMENTS:
        world.write("facebook", "comment", person.join(world, "facebook"), text, root=ad.id, at=ago(hours))
    tagging = ASTA.join(world, "facebook")
    tags = [{"id": page, "name": FACEBOOK_MAIN.name, "offset": 11, "length": len(FACEBOOK_MAIN.name)}]
    text = f"Heja laget! {FACEBOOK_MAIN.name} lånar ut hallen hela lovet."
    world.write("facebook", "post", tagging, text, wall=tagging, at=ago(9), extra={"tags": tags})
    if quoted := _newest_of_ours(world):
        text = "Bra, men varför står det inget om vilka vägar som stängs av?"
        world.write("twitter", "tweet", KIM.join(world, "twitter"), text, at=ago(1), extra={"quotes": quoted.id})


def _newest_of_ours(world: World) -> Entry | None:
    ours = world.entries("twitter", kind="tweet", author=X_MAIN.external_id, parent=None, limit=1)
    return ours[0] if ours else None
