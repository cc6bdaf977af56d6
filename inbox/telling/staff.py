"""Whom a notice concerns: the ladder of people, who is away, and who can be reached at all.

Each step is for the next one: who is responsible → deputy → department → central unit. Where a level is empty, or
nobody of it can be reached, the next one is told; after the last, those before it; so nothing is lost on the way.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import Channel, Membership, NoticeSettings, Role, Shift, User
from accounts.permissions import ALLOWED, Permission

RESPONSIBLE, DEPUTY, DEPARTMENT, CENTRAL = range(4)
FIRST_TOLD = {"rung_2": DEPUTY, "overdue": CENTRAL}  # later rungs: the department; all else: who is responsible
OF_DEPARTMENTS = (Role.COMMUNICATOR, Role.DEPARTMENT, Role.CENTRAL)  # who answers for where they belong
LONGEST_CHAIN = 5  # of deputies who are away themselves


@dataclass(frozen=True)
class Concern:
    """What decides whom a notice concerns; the same for many notices."""

    step: str
    assignee: int | None
    channel: int
    department: int  # the conversation's own, else the channel's


@dataclass(frozen=True)
class Reached:
    """Somebody who is to be told, and why, as the message says it."""

    person: User
    why: str


class Staff:
    """Those who answer and can be reached, as they are today. Four queries."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._today: date = timezone.localdate(now)
        self.settings = {row.user_id: row for row in NoticeSettings.objects.all()}
        roles = ALLOWED[Permission.ANSWER]
        people = User.objects.filter(is_active=True, memberships__role__in=roles).distinct()
        self._all = {user.pk: user for user in people}
        self._channels = {row.pk: row for row in Channel.objects.only("name", "owner", "deputy", "platform")}
        self._of_department: dict[int, list[int]] = defaultdict(list)
        self._central: list[int] = []
        self._everybody: list[int] = []
        answering = Membership.objects.filter(role__in=(*OF_DEPARTMENTS, Role.MANAGER), user__in=self._all)
        for user_id, department, role, is_central in answering.order_by("user_id").values_list(
            "user_id", "department", "role", "department__is_central"
        ):
            if is_central or role == Role.CENTRAL:
                self._central.append(user_id)
            if role in OF_DEPARTMENTS:
                self._everybody.append(user_id)
                if department is not None:
                    self._of_department[department].append(user_id)

    def concerned(self, concern: Concern) -> list[Reached]:
        """Give whom a notice concerns, each once, with the reason."""
        levels = self._levels(concern)
        first = FIRST_TOLD.get(concern.step, RESPONSIBLE)
        if concern.step.startswith("rung_") and concern.step > "rung_2":
            first = DEPARTMENT
        for level in (*levels[first:], *reversed(levels[:first])):
            if found := self._reachable(*level):
                return found
        return self._reachable(self._everybody, _("ingen annan är utsedd för kontot %s") % self._name(concern))

    def on_duty(self, channel: Channel) -> list[Reached]:
        """Give who is on call for an account now, else who works there now by the roster. One query, once."""
        here = [shift for shift in self._shifts if shift.covers(channel)]
        for kind, why in ((Shift.Kind.ON_CALL, _("du har jour")), (Shift.Kind.OFFICE, _("du är i tjänst"))):
            if found := self._reachable([shift.user_id for shift in here if shift.kind == kind], why):
                return found
        return []

    @cached_property
    def _shifts(self) -> list[Shift]:
        return list(Shift.objects.filter(starts_at__lte=self.now, ends_at__gt=self.now))

    def everybody_concerned(self, concern: Concern) -> list[Reached]:
        """Give whoever answers for something on any level."""
        found = [reached for level in self._levels(concern) for reached in self._reachable(*level)]
        return found or self.concerned(concern)

    def _levels(self, concern: Concern) -> list[tuple[list[int], str]]:
        channel = self._channels[concern.channel]
        name = self._name(concern)
        responsible = (
            ([concern.assignee], _("du är ansvarig för konversationen"))
            if self._can_be_told(concern.assignee)
            else (_known(channel.owner_id), _("du är ansvarig för kontot %s") % name)
        )
        return [
            responsible,
            (_known(channel.deputy_id), _("du är ersättare för kontot %s") % name),
            (self._of_department[concern.department], _("du svarar för förvaltningen")),
            (self._central, _("du hör till den centrala enheten, och fristen har gått ut")),
        ]

    def _name(self, concern: Concern) -> str:
        return str(self._channels[concern.channel])

    def _can_be_told(self, user_id: int | None) -> bool:
        return user_id is not None and self.stand_in(user_id) is not None

    def _reachable(self, ids: list[int], why: str) -> list[Reached]:
        found: dict[int, Reached] = {}
        for user_id in ids:
            person = self.stand_in(user_id)
            if person is None:
                continue
            if person.pk == user_id:
                found[user_id] = Reached(person, why)
            else:
                away = self._all[user_id].get_short_name() if user_id in self._all else _("någon")
                found.setdefault(person.pk, Reached(person, _("du ersätter %s, som är borta") % away))
        return list(found.values())

    def stand_in(self, user_id: int) -> User | None:
        """Give the person, or who takes over while he or she is away; None if nobody can be told."""
        seen: set[int] = set()
        while user_id not in seen and len(seen) < LONGEST_CHAIN:
            seen.add(user_id)
            settings = self.settings.get(user_id)
            if settings is None or not settings.is_absent(self._today):
                person = self._all.get(user_id)
                return person if person and self._has_a_way(person) else None
            if settings.deputy_id is None:
                return None
            user_id = settings.deputy_id
        return None

    def _has_a_way(self, person: User) -> bool:
        settings = self.settings.get(person.pk)
        if settings is None:
            return bool(person.email)
        return bool((settings.by_mail and person.email) or settings.addresses)


def _known(user_id: int | None) -> list[int]:
    return [] if user_id is None else [user_id]
