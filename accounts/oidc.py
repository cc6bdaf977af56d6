"""The municipality's own sign-in: its groups are our roles, and whoever it lets go is out.

Groups are read at each sign-in. Between them the municipality can end a person's sign-ins at once by OpenID Connect
Back-Channel Logout 1.0 (https://openid.net/specs/openid-connect-backchannel-1_0.html, read 2026-11-24).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts import audit, people
from accounts.models import Department, Membership, Role, User

log = logging.getLogger(__name__)

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True)
class Grant:
    """What a group gives: a role, in a department or (without one) in the whole municipality."""

    role: str
    department: str = ""


def mapping(text: str) -> dict[str, Grant]:
    """Read `group=role@department; other group=role`. Raises ValueError naming the part that makes no sense."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        group, sign, given = part.rpartition("=")
        role, _at, department = given.partition("@")
        if not sign or not group.strip() or role.strip() not in Role.values:
            raise ValueError(part)
        found[group.strip()] = Grant(role.strip(), department.strip())
    return found


def grants(claims: dict[str, Any]) -> set[Grant]:
    """Give what somebody's groups give."""
    groups = claims.get(settings.OIDC_GROUPS_CLAIM) or []
    groups = [groups] if isinstance(groups, str) else groups
    known = mapping(settings.OIDC_ROLES)
    return {known[group] for group in groups if isinstance(group, str) and group in known}


@transaction.atomic
def sync_roles(user: User, wanted: set[Grant], now: datetime) -> None:
    """Let somebody have these roles and no others. The last admin stays one, so that somebody can mend the groups."""
    keep = set()
    for grant in sorted(wanted, key=lambda grant: (grant.role, grant.department)):
        place = Department.objects.get_or_create(name=grant.department)[0] if grant.department else None
        people.give_role(user, role=grant.role, department=place, by=None, now=now)
        keep.add((grant.role, place.pk if place else None))
    for membership in Membership.objects.filter(user=user).select_related("user"):
        if (membership.role, membership.department_id) not in keep:
            try:
                people.take_role(membership, by=None, now=now)
            except ValidationError:
                log.warning("user %s keeps the role admin: nobody else has it", user.pk)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Who may come in by the municipality's sign-in: whoever is in a group that gives a role."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if not settings.OIDC_ROLES:
            return
        now, user = timezone.now(), sociallogin.user
        wanted = grants(claims_of(sociallogin))
        if sociallogin.is_existing:
            sync_roles(user, wanted, now)
        if not wanted:
            if sociallogin.is_existing:
                people.sign_out_everywhere(user)
                audit.record("user.refused", f"user:{user.pk}", by=None, now=now)
            raise ImmediateHttpResponse(render(request, "account/no_group.html", status=403))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return True

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return True

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Name the user as the municipality does. A username that is taken is somebody else's: it gets a number."""
        user = sociallogin.user
        wanted = str(data.get("username") or data.get("email") or sociallogin.account.uid)[:140]
        taken = set(User.objects.filter(username__startswith=wanted).values_list("username", flat=True))
        names = (wanted if not number else f"{wanted}-{number}" for number in range(len(taken) + 1))
        user.username = next(name for name in names if name not in taken)
        user.email = data.get("email") or ""
        user.name = (data.get("name") or wanted)[:150]
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        user: User = sociallogin.user
        user.set_unusable_password()
        sociallogin.save(request)
        now = timezone.now()
        audit.record("user.added", f"user:{user.pk}", by=None, now=now, username=user.username, role="oidc")
        sync_roles(user, grants(claims_of(sociallogin)) if settings.OIDC_ROLES else set(), now)
        return user


def claims_of(sociallogin: SocialLogin) -> dict[str, Any]:
    """Give all that was said of somebody, by the signed token and by the userinfo; the latter is newer."""
    data = sociallogin.account.extra_data
    return {**data.get("id_token", {}), **data.get("userinfo", {})} if {"id_token", "userinfo"} & data.keys() else data


@csrf_exempt
@require_POST
@login_not_required
def back_channel_logout(request: HttpRequest) -> HttpResponse:
    """End all sign-ins of whom the municipality's own server names, in a token that it has signed."""
    try:
        subject = _signed_subject(request, request.POST.get("logout_token", ""))
    except (OAuth2Error, requests.RequestException, ValueError, KeyError) as error:
        log.warning("a back-channel logout was refused (%s)", type(error).__name__)
        return HttpResponse(status=400, headers={"Cache-Control": "no-store"})
    account = SocialAccount.objects.filter(uid=subject).select_related("user").first()
    if account:
        people.sign_out_everywhere(account.user)
        audit.record("user.signed_out", f"user:{account.user_id}", by=None, now=timezone.now())
    return HttpResponse(headers={"Cache-Control": "no-store"})


def _signed_subject(request: HttpRequest, token: str) -> str:
    adapter = OpenIDConnectOAuth2Adapter(request, "oidc")
    config = adapter.openid_config
    try:
        claims = jwtkit.verify_and_decode(
            credential=token,
            keys_url=config["jwks_uri"],
            issuer=config["issuer"],
            audience=adapter.get_provider().app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
    except jwtkit.jwt.PyJWTError as error:
        raise ValueError("unreadable") from error
    if LOGOUT_EVENT not in claims.get("events", {}) or "nonce" in claims:
        raise ValueError("no logout token")
    return str(claims["sub"])
