"""What holds for the whole house: when the central unit takes over, whose replies wait, when we are neutral."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import audit
from accounts.models import ApprovalRule, HouseRules, Membership, NeutralPeriod, Role, User
from accounts.permissions import ALLOWED, Permission, roles_of


def house() -> HouseRules:
    """Give the rules of the house as they are set, or as they are before anybody has set them. One query."""
    return HouseRules.objects.first() or HouseRules(pk=1)


@transaction.atomic
def save_house(rules: HouseRules, *, by: User, now: datetime) -> None:
    before = house()
    fields = ("central_after_hours", "relay_waits")
    changed = {name: getattr(rules, name) for name in fields if getattr(before, name) != getattr(rules, name)}
    rules.pk = 1
    rules.save()
    if changed:
        audit.record("house.changed", "house:1", by=by, now=now, **changed)


def waiting(user: User, channel: str) -> Q:
    """Give the condition on rows by which this person's replies wait for approval; `channel` is the rows' own name.

    All who answer are held by a rule without a role; a role's rule holds whoever has no other role that answers.
    """
    roles = roles_of(user) & ALLOWED[Permission.ANSWER]
    if roles == {Role.RELAY}:
        return ~Q(Exists(HouseRules.objects.filter(relay_waits=False)))
    rules = ApprovalRule.objects.filter(Q(channel=None) | Q(channel=OuterRef(channel)))
    of_each_role = Q()
    for role in sorted(roles):
        of_each_role &= Q(Exists(rules.filter(role=role)))
    return Q(Exists(rules.filter(role=""))) | of_each_role


def is_new(user: User) -> bool:
    """Whether somebody's replies wait on every account because of the role: who cannot approve others' either."""
    roles = roles_of(user) & ALLOWED[Permission.ANSWER]
    held = set(ApprovalRule.objects.filter(channel=None, role__in=roles).values_list("role", flat=True))
    return roles <= held | {Role.RELAY}


def approving() -> QuerySet[User]:
    """Give who may approve others' replies, as `inbox.writing.approvals.may_approve` says of each. Two queries."""
    held = set(ApprovalRule.objects.filter(channel=None).exclude(role="").values_list("role", flat=True))
    free = ALLOWED[Permission.APPROVE] | (ALLOWED[Permission.ANSWER] - held - {Role.RELAY})
    people = User.objects.filter(is_active=True, memberships__role__in=ALLOWED[Permission.APPROVE_REPLIES])
    return people.filter(pk__in=Membership.objects.filter(role__in=free).values("user")).distinct()


@transaction.atomic
def add_approval(rule: ApprovalRule, *, by: User, now: datetime) -> None:
    rule.save()
    audit.record("approval_rule.added", "house:1", by=by, now=now, role=rule.role, channel=rule.channel_id)


@transaction.atomic
def remove_approval(rule: ApprovalRule, *, by: User, now: datetime) -> None:
    rule.delete()
    audit.record("approval_rule.removed", "house:1", by=by, now=now, role=rule.role, channel=rule.channel_id)


def neutral(today: date) -> NeutralPeriod | None:
    """Give the period of neutrality that a day lies in, if any. One query."""
    return NeutralPeriod.objects.filter(first_day__lte=today, last_day__gte=today).first()


@transaction.atomic
def save_period(period: NeutralPeriod, *, by: User, now: datetime) -> None:
    is_new = period.pk is None
    if is_new:
        period.by = by
    period.save()
    action = "neutrality.added" if is_new else "neutrality.changed"
    days = {"first_day": str(period.first_day), "last_day": str(period.last_day)}
    audit.record(action, f"neutrality:{period.pk}", by=by, now=now, **days)


@transaction.atomic
def remove_period(period: NeutralPeriod, *, by: User, now: datetime) -> None:
    pk = period.pk
    period.delete()
    audit.record("neutrality.removed", f"neutrality:{pk}", by=by, now=now)
