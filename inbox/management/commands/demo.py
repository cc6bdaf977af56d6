"""The demo municipality: people in each role, the sandbox's channels, a few ordinary channels to redirect to.

Run by `up` once its sandbox answers. What is there already stays as it is, so a second start keeps the data.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import channels
from accounts.models import Channel, Department, Membership, Role, User
from config import embedded
from inbox.models import RedirectTarget

HISTORY = timedelta(days=8)  # the sandbox's citizens began a week ago; their clocks run
PEOPLE = (
    ("anna", "Anna Ek", Role.COMMUNICATOR, "Kommunikation"),
    ("per", "Per Lindqvist", Role.COMMUNICATOR, "Teknik och gata"),
    ("maria", "Maria Sjöö", Role.COMMUNICATOR, "Kultur och fritid"),
    ("karin", "Karin Åberg", Role.MANAGER, "Kommunikation"),
    ("lars", "Lars Öman", Role.ADMIN, "Kommunikation"),
    ("olle", "Olle Ask", Role.READER, "Samhällsbyggnad"),
)
REDIRECTS = (
    (
        "Kontaktcenter",
        "Vi kan inte gå in på enskilda frågor här, det är inte säkert för dig. Ring kontaktcenter på 0555-100 00, "
        "vardagar 8–16.30, så hjälper de dig vidare samma dag.",
        "",
    ),
    (
        "Felanmälan",
        "Tack för att du säger till! För att den som lagar ska få rätt plats och kunna återkomma till dig behöver det "
        "in som en felanmälan. Det tar en minut, och du får besked inom tre arbetsdagar:",
        "https://exempelby.example/felanmalan",
    ),
    (
        "Synpunkter",
        "Tack för synpunkten. Lämna den gärna i vårt formulär, så går den till dem som beslutar, och du får svar inom "
        "tre veckor:",
        "https://exempelby.example/synpunkter",
    ),
    (
        "Trafikverket",
        "Den vägen sköts av Trafikverket, inte av kommunen. De tar emot felanmälningar dygnet runt på 0771-921 921 och "
        "svarar direkt i telefon.",
        "",
    ),
)


class Command(BaseCommand):
    help = "Load the demo municipality over the running sandbox."

    def handle(self, *args: Any, **options: Any) -> None:
        told = settings.VAR_DIR / "sandbox.json"
        if not told.exists():
            raise CommandError("The demo needs the sandbox, and it is not running.")
        password = "exempelby-" + embedded.secret(settings.VAR_DIR, "demo_password")[:6].lower()
        with transaction.atomic():
            people = {username: self._person(username, *rest, password) for username, *rest in PEOPLE}
            self._channels(json.loads(told.read_text())["channels"], people)
            for position, (name, text, url) in enumerate(REDIRECTS):
                RedirectTarget.objects.get_or_create(
                    name=name, defaults={"text": text, "url": url, "position": position}
                )
        users = [
            {"username": username, "password": password, "role": role.value, "name": name}
            for username, name, role, _department in PEOPLE
        ]
        self.stdout.write(json.dumps({"users": users}, ensure_ascii=False))

    def _person(self, username: str, name: str, role: Role, department: str, password: str) -> User:
        user, is_new = User.objects.get_or_create(
            username=username, defaults={"name": name, "email": f"{username}@exempelby.example"}
        )
        if is_new:
            user.set_password(password)
            user.save()
            place = Department.objects.get_or_create(name=department)[0]
            Membership.objects.create(user=user, department=place, role=role)
        return user

    def _channels(self, listed: list[dict[str, Any]], people: dict[str, User]) -> None:
        """Register what the sandbox holds; a channel that is there gets the sandbox's newest token."""
        now = timezone.now()
        owners = {"Teknik och gata": "per", "Kultur och fritid": "maria"}
        for row in listed:
            known = Channel.objects.filter(platform=row["platform"], external_id=row["external_id"]).first()
            if known:
                channels.save_token(known.pk, row["token"])
                continue
            channels.add_channel(
                **{
                    key: row[key]
                    for key in ("platform", "kind", "name", "external_id", "department", "purpose", "focus")
                },
                handle=row["handle"],
                hashtags=tuple(row["hashtags"]),
                token=row["token"],
                clock_from=now - HISTORY,
                now=now,
                by=None,
                is_sandbox=True,
                owner=people[owners.get(row["department"], "anna")],
                deputy=people["karin"],
                review_on=timezone.localdate(now) + timedelta(days=365),
            )
