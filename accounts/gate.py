"""What somebody has to do before anything else: change a password that others know, switch on a second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

OPEN = frozenset(
    {
        "account_logout",
        "account_login",
        "set_language",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
    }
)
PASSWORD = frozenset({"account_change_password"})
FACTOR = frozenset({
    "mfa_index", "mfa_activate_totp", "mfa_totp_picture", "mfa_add_webauthn", "mfa_list_webauthn",
    "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes",
})  # fmt: skip


class Gate:
    """Runs before each view, after it is known who asks."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        match, user = request.resolver_match, request.user
        name = match.url_name if match and not match.namespace else ""
        if not user.is_authenticated or name in OPEN:
            return None
        if user.must_change_password:
            if name in PASSWORD:
                return None
            messages.info(request, _("Välj ett eget lösenord först. Det du fick har någon annan sett."))
            return redirect("account_change_password")
        if settings.MFA_REQUIRED and name not in FACTOR | PASSWORD and not has_second_factor(request):
            messages.info(request, _("Slå på tvåstegsinloggning först. Din kommun kräver det av alla."))
            return redirect("mfa_index")
        return None


def has_second_factor(request: HttpRequest) -> bool:
    """Whether the person has one, or came by the municipality's own sign-in, which asks for its own. One query."""
    methods = request.session.get("account_authentication_methods", [])
    return any(row.get("method") == "socialaccount" for row in methods) or is_mfa_enabled(request.user)
