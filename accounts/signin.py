"""The addresses of signing in: those of allauth that make sense here. Nobody signs up by themselves."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.totp.internal.auth import get_totp_secret
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path

from accounts import oidc, views_sessions


def totp_picture(request: HttpRequest) -> HttpResponse:
    """The code that an authenticator app scans: a picture of its own, as the policy allows no pictures in addresses."""
    adapter = get_adapter()
    url = adapter.build_totp_url(request.user, get_totp_secret(regenerate=False))
    return HttpResponse(
        adapter.build_totp_svg(url), content_type="image/svg+xml", headers={"Cache-Control": "no-store"}
    )


urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("inloggningar/", views_sessions.own_sessions, name="usersessions_list"),
    path("inloggningar/<int:pk>/avsluta/", views_sessions.end_session, name="end_session"),
    path("2fa/", mfa.index, name="mfa_index"),
    path("2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", totp.activate_totp, name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("2fa/totp/picture/", totp_picture, name="mfa_totp_picture"),
    path("2fa/webauthn/", include("allauth.mfa.webauthn.urls")),
    path("2fa/recovery-codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("2fa/recovery-codes/download/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
]

of_the_municipality = [
    path("oidc/logga-ut/", oidc.back_channel_logout, name="oidc_back_channel_logout"),
    path("3rdparty/", include("allauth.socialaccount.urls")),
    path("", include("allauth.socialaccount.providers.openid_connect.urls")),
]
if settings.SOCIALACCOUNT_PROVIDERS:
    urlpatterns += of_the_municipality
