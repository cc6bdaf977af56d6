"""Connecting a channel by OAuth, and disconnecting it: what the pages under /register/<pk>/anslut/ do.

The platform's side of it is in `connectors/connecting.py`; here are the app's settings, the words that explain each
scope, and what becomes of the register's rows.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, channels, tokens, watching
from accounts.models import Channel, Credential, Platform, User
from connectors.base import PlatformError
from connectors.connecting import App, Found, way_in
from connectors.facebook import connect as facebook

log = logging.getLogger(__name__)

SCOPES = {
    # X
    "tweet.read": gettext_lazy("Läsa inlägg, svar och omnämnanden."),
    "tweet.write": gettext_lazy("Skriva svar i kontots namn, när någon av er trycker på Skicka."),
    "tweet.moderate.write": gettext_lazy("Dölja svar i kontots egna trådar, när någon av er trycker på Dölj."),
    "users.read": gettext_lazy("Se vad de som skriver heter."),
    "offline.access": gettext_lazy("Läsa och svara också när ingen av er är inloggad på plattformen."),
    # Facebook and Instagram
    "pages_show_list": gettext_lazy("Se vilka sidor du får sköta, så att du kan välja."),
    "pages_read_engagement": gettext_lazy("Läsa sidans egna inlägg och vad som händer med dem."),
    "pages_read_user_content": gettext_lazy("Läsa kommentarer och inlägg som andra skriver på sidan."),
    "pages_manage_engagement": gettext_lazy("Svara på, dölja och ta bort kommentarer, när någon av er gör det."),
    "pages_manage_metadata": gettext_lazy("Få veta genast när någon skriver, i stället för att fråga."),
    "pages_messaging": gettext_lazy("Läsa meddelanden till sidan, så att de kan hänvisas rätt."),
    "instagram_basic": gettext_lazy("Läsa kontots egna bilder och filmer."),
    "instagram_manage_comments": gettext_lazy("Läsa, svara på, dölja och ta bort kommentarer."),
    "instagram_manage_messages": gettext_lazy("Läsa meddelanden till kontot, så att de kan hänvisas rätt."),
    # Google has one for all of this
    "https://www.googleapis.com/auth/youtube.force-ssl": gettext_lazy(
        "Läsa, svara på, granska och ta bort kommentarer under kanalens filmer. "
        "Samma behörighet rymmer mer än så, men Gensvar laddar varken upp eller tar bort filmer."
    ),
    # LinkedIn
    "r_organization_social_feed": gettext_lazy("Läsa sidans inlägg och kommentarerna under dem."),
    "w_organization_social_feed": gettext_lazy("Svara i sidans namn, när någon av er trycker på Skicka."),
    "rw_organization_admin": gettext_lazy("Se vilka sidor du får sköta, så att du kan välja."),
}


class WrongAccount(PlatformError):
    """The person let us in to another account than the channel's."""

    code = "wrong_account"


def app_of(channel: Channel, redirect_uri: str) -> App | None:
    """Give our app at the channel's platform; None without one: then a token is pasted.

    Raises Temporary if the channel lives in a sandbox that is not running.
    """
    api_url, token_url = channels.addresses(channel)
    if channel.is_sandbox:
        app = channels.sandbox("apps").get(channel.platform, {})
        client_id, secret = app.get("id", ""), app.get("secret", "")
        dialog = api_url + SANDBOX_DIALOGS[channel.platform]
    else:
        client_id, secret = settings.PLATFORM_APPS.get(channel.platform, ("", ""))
        dialog = settings.PLATFORM_DIALOGS.get(channel.platform, "")
    if not client_id or not secret:
        return None
    version = settings.PLATFORM_VERSIONS.get(channel.platform, "")
    return App(client_id, secret, redirect_uri, dialog, api_url, token_url, version)


SANDBOX_DIALOGS = {
    "twitter": "/i/oauth2/authorize",
    "facebook": "",
    "instagram": "",
    "youtube": "/o/oauth2/v2/auth",
    "linkedin": "/oauth/v2",
}


def verify_token() -> str:
    """Give the word by which Meta's handshake shows that our own administrator registered our webhook's address."""
    return salted_hmac("accounts.connecting", "webhook", algorithm="sha256").hexdigest()[:32]


def explained(platform: str) -> list[tuple[str, str]]:
    """Give each scope that is asked for, with what it is for."""
    return [(scope, str(SCOPES[scope])) for scope in way_in(platform).SCOPES]


def is_same(channel: Channel, found: Found) -> bool:
    """Whether an account is the channel's; LinkedIn's ids may be written as a number or as a URN."""
    return found.external_id == channel.external_id or found.external_id.endswith(f":{channel.external_id}")


def is_new(channel: Channel) -> bool:
    """Whether a channel has never been connected: neither with a key nor read."""
    has_key = Credential.objects.filter(channel=channel).exists()
    return not has_key and not channel.surfaces.exclude(last_success_at=None).exists()


def chosen(channel: Channel, found: list[Found]) -> Found | None:
    """Give the account that is the channel's; None if the person has to choose.

    Raises WrongAccount if it is none of them and the channel has been connected before.
    """
    same = next((one for one in found if is_same(channel, one)), None)
    if same or (found and is_new(channel)):
        return same
    names = ", ".join(one.name or one.handle or one.external_id for one in found)
    if not names:
        raise WrongAccount(_("Den som loggade in har inget konto att ansluta där."))
    text = _(
        "Den som loggade in släppte in Gensvar till %(names)s, men inte till %(channel)s. Logga in som rätt konto."
    )
    raise WrongAccount(text % {"names": names, "channel": channel.name})


@transaction.atomic
def connect(channel: Channel, found: Found, *, by: User | None, now: datetime) -> None:
    """Let a channel speak with the token it was given: its surfaces are read at once.

    Connected for the first time, it is that account from now on, and clocks start now.
    """
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    first = is_new(channel)
    if first:
        if not is_same(channel, found):
            channel.external_id = found.external_id
        channel.handle = found.handle.lstrip("@") or channel.handle
        channel.clock_from = now
        try:
            with transaction.atomic():
                channel.save(update_fields=["external_id", "handle", "clock_from"])
        except IntegrityError as error:
            raise ValidationError(_("Det kontot finns redan i registret.")) from error
    channels.save_token(channel.pk, found.token)
    Credential.objects.filter(channel=channel).update(dead_told_at=None)
    channels.ensure_surfaces(channel, now)
    channel.surfaces.update(next_poll_at=now)
    if first:
        watching.watch_on(channel, by=by, now=now)
    audit.record("channel.connected", f"channel:{channel.pk}", by=by, now=now, account=found.external_id, first=first)


def subscribe(app: App, platform: str, found: Found) -> bool:
    """Ask Meta to push what happens on the page. False if it would not: then the polls alone fetch, as they do anyway.

    Elsewhere the app's own settings decide, and there is nothing to ask.
    """
    if platform not in (Platform.FACEBOOK, Platform.INSTAGRAM):
        return True
    try:
        facebook.subscribe(app, found.token, str(found.token.get("page_id") or found.external_id))
    except PlatformError as error:
        log.info("No webhooks for %s %s: %s", platform, found.external_id, error.code)
        return False
    return True


def disconnect(channel: Channel, *, by: User | None, now: datetime) -> bool:
    """Give the key back where the platform takes it, and forget it. Say whether the platform took it back."""
    credential = Credential.objects.filter(channel=channel).first()
    if credential is None:
        return False
    taken_back = _revoked(channel, credential)
    with transaction.atomic():
        Credential.objects.filter(pk=credential.pk).delete()
        audit.record("channel.disconnected", f"channel:{channel.pk}", by=by, now=now, revoked=taken_back)
        channel.surfaces.update(next_poll_at=now)  # so that the page says at once that nothing is read
    return taken_back


def _revoked(channel: Channel, credential: Credential) -> bool:
    """A platform that cannot be asked does not keep us from forgetting the key."""
    token = tokens.decrypt(credential.encrypted)
    api_url, token_url = channels.addresses(channel)
    client = App(str(token.get("client_id", "")), str(token.get("client_secret", "")), "", "", api_url, token_url)
    try:
        return way_in(channel.platform).revoke(client, token)
    except PlatformError as error:
        log.info("The key of channel %s was forgotten but not given back: %s", channel.pk, error.code)
        return False
