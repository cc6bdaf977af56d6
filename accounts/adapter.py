"""How allauth behaves here: nobody signs up by themselves; people are made by an admin or by the command."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Role, User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """A username is given by the admin; none is made up."""

    def set_password(self, user: User, password: str) -> None:
        """What somebody chose is known to nobody else."""
        user.must_change_password = False
        super().set_password(user, password)

    def get_client_ip(self, request: HttpRequest) -> str:
        """A request without an address (a test, a socket) comes from here."""
        return super().get_client_ip(request) if request.META.get("REMOTE_ADDR") else "127.0.0.1"

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Where the municipality has a sign-in of its own, a password is for emergencies, and all hear of it."""
        methods = request.session.get("account_authentication_methods", [])
        if settings.SOCIALACCOUNT_PROVIDERS and not any(row["method"] == "socialaccount" for row in methods):
            alarm(user, self.get_client_ip(request))
        return super().post_login(request, user, **kwargs)


def alarm(user: User, address: str) -> None:
    """Tell every admin that somebody came in past the municipality's own sign-in."""
    now = timezone.now()
    audit.record("user.emergency", f"user:{user.pk}", by=user, now=now)
    admins = User.objects.filter(is_active=True, memberships__role=Role.ADMIN).exclude(email="").distinct()
    text = _("%(name)s loggade in med lösenord %(when)s från %(address)s, förbi kommunens egen inloggning.")
    when = f"{timezone.localtime(now):%Y-%m-%d %H.%M}"
    for admin in admins:
        values = {"name": user, "when": when, "address": address}
        send_mail(_("Inloggning förbi kommunens egen"), text % values, None, [admin.email])
