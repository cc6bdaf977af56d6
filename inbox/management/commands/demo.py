"""The demo municipality: people in each role, the sandbox's channels, a few ordinary channels to redirect to.

Run by `up` once its sandbox answers. What is there already stays as it is, so a second start keeps the data.
"""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import channels, relay
from accounts.models import CHECKLIST, Baton, Channel, Department, Membership, Role, Shift, Surface, Topic, User
from config import embedded
from inbox import actions, poll
from inbox.house import staffing
from inbox.management.commands import _demo_texts
from inbox.models import ReplyCycle, VerdictEvent

HISTORY = timedelta(days=8)  # the sandbox's citizens began a week ago; their clocks run
LEFT_FOR_YOU = timedelta(hours=16)
WORKED_OFF = timedelta(hours=3)  # how long after it came in somebody looked at it
REASONS = {"A6": "emoji", "A7": "tagged_friend", "A8": "citizen_answered", "A10": "not_for_us"}
PEOPLE = (
    ("anna", "Anna Ek", Role.COMMUNICATOR, "Kommunikation"),
    ("per", "Per Lindqvist", Role.COMMUNICATOR, "Teknik och gata"),
    ("maria", "Maria Sjöö", Role.COMMUNICATOR, "Kultur och fritid"),
    ("karin", "Karin Åberg", Role.MANAGER, "Kommunikation"),
    ("lars", "Lars Öman", Role.ADMIN, "Kommunikation"),
    ("olle", "Olle Ask", Role.READER, "Samhällsbyggnad"),
    ("eva", "Eva Lund", Role.DEPARTMENT, "Samhällsbyggnad"),
    ("elin", "Elin Holm", Role.RELAY, "Barn och utbildning"),
)
TOPICS = (
    ("exempelbybygger", "Stadsbyggnad", "Samhällsbyggnad", "per"),
    ("badhus", "Simhallen", "Kultur och fritid", "maria"),
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
            Department.objects.filter(name="Kommunikation").update(is_central=True)
            self._rosters(people)
            for tag, name, department, owner in TOPICS:
                place = Department.objects.get_or_create(name=department)[0]
                values = {"name": name, "department": place, "owner": people[owner]}
                Topic.objects.get_or_create(tag=tag, defaults=values)
            _demo_texts.load(people["anna"])
        self._live_through_the_week(json.loads(told.read_text())["url"], people)
        users = [
            {"username": username, "password": password, "role": role.value, "name": name}
            for username, name, role, _department in PEOPLE
        ]
        self.stdout.write(json.dumps({"users": users}, ensure_ascii=False))

    def _rosters(self, people: dict[str, User]) -> None:
        """Let Elin have this week of the relay account, and Anna and Karin be at hand for the first days of it."""
        now = timezone.now()
        monday = relay.monday_of(now)
        facts = {"user": people["elin"], "workplace": "Förskolan Lyckan", "manager": "Karin Åberg", "consented_at": now}
        for channel in Channel.objects.filter(kind=Channel.Kind.RELAY, is_sandbox=True):
            Baton.objects.get_or_create(channel=channel, monday=monday, defaults=facts)
        if not Shift.objects.exists():
            Shift.objects.create(user=people["anna"], starts_at=now, ends_at=now + timedelta(days=3))
            swap = staffing.next_swap(now)
            Shift.objects.create(user=people["karin"], kind=Shift.Kind.ON_CALL, starts_at=now, ends_at=swap)

    def _live_through_the_week(self, sandbox: str, people: dict[str, User]) -> None:
        """Read the history, then close what owed no answer, as Anna and Per would have done at the time.

        Only the sandbox knows what its citizens meant; what they wrote in the last hours is left for whoever tries.
        """
        if VerdictEvent.objects.exists():
            return
        for surface in Surface.objects.filter(channel__is_sandbox=True).select_related("channel").order_by("name"):
            poll.poll_surface(surface, now=timezone.now(), holder="demo")
        # The town was read from its first day on, as far as this week goes: none of it was fetched late.
        ReplyCycle.objects.filter(conversation__channel__is_sandbox=True).update(fetched_late=False)
        meant = self._what_citizens_meant(sandbox)
        now = timezone.now()
        waiting = ReplyCycle.objects.filter(ended_at=None, started_at__lt=now - LEFT_FOR_YOU)
        for cycle in waiting.prefetch_related("items"):
            truths = [meant.get(item.external_id, {}) for item in cycle.items.all()]
            if any(truth.get("owes_answer", True) for truth in truths):
                continue
            reason = REASONS.get(str(truths[-1].get("category")), "other")
            by = people["anna" if cycle.pk % 3 else "per"]
            newest = max(item.posted_at for item in cycle.items.all())
            with contextlib.suppress(actions.Refused):
                actions.close(cycle.conversation_id, reason=reason, by=by, now=min(newest + WORKED_OFF, now))

    def _what_citizens_meant(self, sandbox: str) -> dict[str, dict[str, Any]]:
        meant = {}
        for platform in ("facebook", "instagram", "twitter", "youtube"):
            answer = requests.get(f"{sandbox}/_sandbox/entries", params={"platform": platform}, timeout=30)
            meant |= {entry["id"]: entry["truth"] or {} for entry in answer.json()}
        return meant

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
                approver=people["karin"],
                audience="Alla som bor, arbetar eller är på besök i kommunen.",
                starts_on=timezone.localdate(now) - timedelta(days=400),
                controller="Kommunstyrelsen",
                agreement=f"Plattformens villkor, KS {timezone.localdate(now).year}/117",
                checklist={point: f"https://exempelby.example/sociala-medier#{point}" for point in CHECKLIST},
            )
