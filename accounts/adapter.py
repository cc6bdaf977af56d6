"""How allauth behaves here: nobody signs up by themselves; people are made by an admin or by the command."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.models import User


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
