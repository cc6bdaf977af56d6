"""Connecting, disconnecting and connecting again, over the sandbox's own OAuth pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from django import forms
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import channels, connecting, tokens
from accounts.forms import NewChannelForm
from accounts.models import AuditEvent, Channel, Credential, User
from connectors.base import AuthExpired, PlatformError
from connectors.connecting import way_in
from inbox import poll
from tests.channels.conftest import OURS, PLATFORMS, Admin, Town

pytestmark = pytest.mark.django_db


def text(response: Any) -> str:
    return str(response.content.decode())


def token_of(channel: Channel) -> dict[str, Any]:
    return tokens.decrypt(Credential.objects.get(channel=channel).encrypted)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_channel_is_connected_and_speaks_for_its_own_account(town: Town, admin: Admin, platform: str) -> None:
    channel = town.channel(platform)
    page = text(admin.connect(channel))
    assert "Anslutet: Gensvar läser och svarar nu som" in page
    assert channels.connector_for(channel).verify().external_id == channel.external_id


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_channel_that_is_disconnected_has_no_key_and_says_so(town: Town, admin: Admin, platform: str) -> None:
    channel = town.channel(platform)
    admin.connect(channel)
    page = text(admin.post(reverse("accounts:disconnect", args=[channel.pk]), follow=True))
    assert "Inte anslutet." in page and "Frånkopplat" in page
    with pytest.raises(AuthExpired):
        channels.connector_for(Channel.objects.get(pk=channel.pk))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_channel_is_connected_again_and_keeps_its_clock(town: Town, admin: Admin, platform: str) -> None:
    channel = town.channel(platform)
    admin.connect(channel)
    channel.surfaces.update(last_success_at=timezone.now())
    clock_from = Channel.objects.get(pk=channel.pk).clock_from
    admin.post(reverse("accounts:disconnect", args=[channel.pk]))
    admin.connect(channel)
    assert Channel.objects.get(pk=channel.pk).clock_from == clock_from
    assert channels.connector_for(channel).verify().external_id == channel.external_id


@pytest.mark.parametrize("platform", ["twitter", "youtube"])
def test_a_key_is_given_back_where_the_platform_takes_it(town: Town, admin: Admin, platform: str) -> None:
    channel = town.channel(platform)
    admin.connect(channel)
    given = token_of(channel)
    page = text(admin.post(reverse("accounts:disconnect", args=[channel.pk]), follow=True))
    assert "har tagit tillbaka nyckeln" in page
    assert all(town.world.token(given[name]).revoked for name in ("access_token", "refresh_token"))


def test_the_first_connection_starts_the_clock(town: Town, admin: Admin) -> None:
    channel = town.channel("facebook", clock_from=datetime(2020, 1, 1, tzinfo=UTC))
    before = timezone.now()
    admin.connect(channel)
    assert Channel.objects.get(pk=channel.pk).clock_from >= before


def test_each_surface_is_due_at_once(town: Town, admin: Admin) -> None:
    channel = town.channel("facebook")
    admin.connect(channel)
    assert channel.surfaces.exists()
    assert not channel.surfaces.exclude(next_poll_at__lte=timezone.now()).exists()


def test_somebody_else_at_the_platform_is_told_whose_account_it_is_not(town: Town, admin: Admin) -> None:
    channel, other = town.channel("twitter"), town.another("twitter")
    admin.connect(channel)
    page = text(admin.connect(channel, as_=other))
    assert "släppte in Gensvar till Trafik i Exempelby" in page
    assert channels.connector_for(channel).verify().external_id == OURS["twitter"].external_id


@pytest.mark.parametrize("platform", ["facebook", "instagram", "linkedin"])
def test_a_new_channel_whose_id_is_not_known_is_chosen_from_a_list(town: Town, admin: Admin, platform: str) -> None:
    other, channel = town.another(platform), town.channel(platform, external_id="exempelbykommun")
    page = text(admin.connect(channel, as_=OURS[platform].external_id))
    assert "Vilket konto är" in page and f'value="{other}"' in page
    chosen = {"konto": OURS[platform].external_id}
    page = text(admin.post(reverse("accounts:connect_choose", args=[channel.pk]), chosen, follow=True))
    assert "Anslutet" in page
    assert Channel.objects.get(pk=channel.pk).external_id == OURS[platform].external_id


def test_an_account_that_is_registered_already_cannot_be_chosen_twice(town: Town, admin: Admin) -> None:
    town.channel("facebook")
    channel = town.channel("facebook", external_id="okänt")
    admin.connect(channel)
    chosen = {"konto": OURS["facebook"].external_id}
    page = text(admin.post(reverse("accounts:connect_choose", args=[channel.pk]), chosen, follow=True))
    assert "finns redan i registret" in page
    assert not Credential.objects.filter(channel=channel).exists()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_who_says_no_at_the_platform_changes_nothing(town: Town, admin: Admin, platform: str) -> None:
    channel = town.channel(platform)
    page = text(admin.connect(channel, says="nej"))
    assert "inloggningen avbröts" in page
    assert not Credential.objects.filter(channel=channel).exists()


def test_coming_back_with_another_state_is_refused(town: Town, admin: Admin) -> None:
    channel = town.channel("facebook")
    admin.get(reverse("accounts:connect_leave", args=[channel.pk]))
    page = text(admin.come_back(reverse("accounts:connect_back", args=["facebook"]) + "?code=x&state=annan"))
    assert "hör inte till den här inloggningen" in page
    assert not town.sandbox.requests


def test_coming_back_twice_finds_nothing_the_second_time(town: Town, admin: Admin) -> None:
    channel = town.channel("twitter")
    dialog = admin.get(reverse("accounts:connect_leave", args=[channel.pk])).headers["Location"]
    answer = {"svar": "ja", "konto": channel.external_id}
    back = requests.post(dialog, data=answer, allow_redirects=False, timeout=10).headers["Location"]
    assert "Anslutet" in text(admin.come_back(back))
    assert "hör inte till den här inloggningen" in text(admin.come_back(back))


def test_a_code_that_took_too_long_is_told_in_plain_words(town: Town, admin: Admin) -> None:
    channel = town.channel("youtube")
    dialog = admin.get(reverse("accounts:connect_leave", args=[channel.pk])).headers["Location"]
    answer = {"svar": "ja", "konto": channel.external_id}
    back = requests.post(dialog, data=answer, allow_redirects=False, timeout=10).headers["Location"]
    town.world.now = lambda: datetime.now(UTC) + timedelta(minutes=2)
    assert "Google godtog inte inloggningen" in text(admin.come_back(back))


def test_a_person_who_takes_a_quarter_of_an_hour_begins_again(town: Town, admin: Admin) -> None:
    channel = town.channel("facebook")
    dialog = admin.get(reverse("accounts:connect_leave", args=[channel.pk])).headers["Location"]
    state = parse_qs(urlsplit(dialog).query)["state"][0]
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        page = text(admin.come_back(reverse("accounts:connect_back", args=["facebook"]) + f"?code=x&state={state}"))
    assert "Börja om" in page


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("kind", ["drop_before", "html_502", "empty_200"])
def test_a_platform_in_trouble_is_told_and_nothing_is_half_connected(
    town: Town, admin: Admin, platform: str, kind: str
) -> None:
    channel = town.channel(platform)
    exchange = {"twitter": "/2/", "youtube": "/token", "linkedin": "/oauth/v2/accessToken"}.get(
        platform, "/oauth/access"
    )
    asked = "facebook" if platform == "instagram" else platform
    town.sandbox.faults.add(asked, kind, method="POST", path=exchange)
    page = text(admin.connect(channel))
    assert any(words in page for words in ("svarade inte", "gick inte att nå", "kunde inte svara"))
    assert not Credential.objects.filter(channel=channel).exists()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_page_and_no_address_of_ours_shows_a_token(
    town: Town, admin: Admin, platform: str, caplog: pytest.LogCaptureFixture
) -> None:
    channel = town.channel(platform)
    caplog.set_level("DEBUG")
    pages = [admin.connect(channel), admin.get(reverse("accounts:channel", args=[channel.pk]))]
    secrets = [value for name, value in token_of(channel).items() if name in ("access_token", "refresh_token")]
    assert secrets
    seen = [text(page) for page in pages] + [record.getMessage() for record in caplog.records]
    seen += [str(event.data) for event in AuditEvent.objects.all()] + [str(dict(admin.session))]
    assert not [words for words in seen for secret in secrets if secret in words]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_scope_is_explained_before_leaving(town: Town, admin: Admin, platform: str) -> None:
    page = text(admin.get(reverse("accounts:connect", args=[town.channel(platform).pk])))
    for scope in way_in(platform).SCOPES:
        assert f"<code>{scope}</code>" in page and str(connecting.SCOPES[scope])[:30] in page


def test_without_an_app_the_page_says_that_a_key_can_be_pasted(town: Town, admin: Admin, settings: Any) -> None:
    settings.PLATFORM_APPS = {**settings.PLATFORM_APPS, "twitter": ("", "")}
    channel = town.channel("twitter", is_sandbox=False)
    page = text(admin.get(reverse("accounts:connect", args=[channel.pk])))
    assert "har ingen app registrerad" in page and "Fortsätt till" not in page
    assert admin.get(reverse("accounts:connect_leave", args=[channel.pk])).status_code == 302


def test_a_platforms_own_addresses_are_used_outside_the_sandbox(town: Town, admin: Admin, settings: Any) -> None:
    settings.PLATFORM_APPS = {**settings.PLATFORM_APPS, "linkedin": ("77abc", "hemligt")}
    channel = town.channel("linkedin", is_sandbox=False)
    to = urlsplit(admin.get(reverse("accounts:connect_leave", args=[channel.pk])).headers["Location"])
    assert (to.netloc, to.path) == ("www.linkedin.com", "/oauth/v2/authorization")
    assert "hemligt" not in to.query


@pytest.mark.parametrize("role", ["reader", "communicator", "manager"])
@pytest.mark.parametrize("name", ["connect", "connect_leave", "connect_choose"])
def test_only_administrators_connect(town: Town, as_role: Callable[[str], Client], role: str, name: str) -> None:
    assert as_role(role).get(reverse(f"accounts:{name}", args=[town.channel("facebook").pk])).status_code == 403


@pytest.mark.parametrize("role", ["reader", "communicator", "manager"])
def test_only_administrators_disconnect(town: Town, admin: Admin, as_role: Callable[[str], Client], role: str) -> None:
    channel = town.channel("facebook")
    admin.connect(channel)
    assert as_role(role).post(reverse("accounts:disconnect", args=[channel.pk])).status_code == 403
    assert Credential.objects.filter(channel=channel).exists()


def test_a_platform_that_cannot_be_reached_does_not_keep_the_key_with_us(
    town: Town, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = town.channel("twitter")
    admin.connect(channel)
    town.sandbox.faults.add("twitter", "drop_before", path="revoke")
    page = text(admin.post(reverse("accounts:disconnect", args=[channel.pk]), follow=True))
    assert "nyckeln är glömd här" in page
    assert not Credential.objects.filter(channel=channel).exists()


def filled_in(**given: Any) -> dict[str, Any]:
    """Give the wizard's form with all that it demands."""
    mona = User.objects.get(username="mona")
    given = {
        "platform": "facebook", "external_id": "exempelbykommun", "kind": "main", "department": "Kommunikation",
        "owner": mona.pk, "deputy": mona.pk, "approver": mona.pk, **given,
    }  # fmt: skip
    kinds = {forms.DateField: "2027-06-01", forms.URLField: "https://exempelby.se"}
    demanded = {name: field for name, field in NewChannelForm().fields.items() if field.required}
    return {name: kinds.get(type(field), "Allt.") for name, field in demanded.items()} | given


def test_a_new_channel_without_a_key_leads_to_connecting(town: Town, admin: Admin, settings: Any) -> None:
    settings.PLATFORM_APPS = {**settings.PLATFORM_APPS, "facebook": ("1", "hemligt")}
    response = admin.post(reverse("accounts:channel_add"), filled_in())
    assert response.status_code == 302, text(response)
    channel = Channel.objects.get(external_id="exempelbykommun")
    assert response.headers["Location"] == reverse("accounts:connect", args=[channel.pk])


def test_a_new_channel_needs_a_key_where_gensvar_has_no_app(town: Town, admin: Admin) -> None:
    response = admin.post(reverse("accounts:channel_add"), {"platform": "facebook", "token": ""})
    assert "går det inte att ansluta på annat sätt" in text(response)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_in_the_sandbox_an_account_comes_from_nothing_to_its_first_reading(
    town: Town, admin: Admin, settings: Any, platform: str
) -> None:
    settings.LINKEDIN_ENABLED = True
    form = filled_in(platform=platform, external_id=OURS[platform].external_id, name="Biblioteken", is_sandbox="on")
    assert admin.post(reverse("accounts:channel_add"), form).status_code == 302
    assert "Biblioteken" in text(Client().get("/kontolista/"))
    channel = Channel.objects.get()
    assert "Anslutet" in text(admin.connect(channel))
    for surface in channel.surfaces.select_related("channel"):
        assert poll.poll_surface(surface, now=timezone.now(), holder="test").error is None
    assert "Inte läst än" not in text(admin.get(reverse("accounts:channel", args=[channel.pk])))


def test_the_sandbox_is_offered_only_while_there_is_one(town: Town, admin: Admin, settings: Any) -> None:
    page = reverse("accounts:channel_add")
    assert "Ett provkonto i sandlådan" in text(admin.get(page))
    (settings.VAR_DIR / "sandbox.json").unlink()
    assert "Ett provkonto i sandlådan" not in text(admin.get(page))
    response = admin.post(page, filled_in(is_sandbox="on", token='{"access_token": "x"}'))
    assert response.status_code == 302 and not Channel.objects.get().is_sandbox


def test_the_box_is_ticked_where_nothing_else_can_be_connected(town: Town, settings: Any) -> None:
    assert NewChannelForm()["is_sandbox"].initial is True
    settings.PLATFORM_APPS = {**settings.PLATFORM_APPS, "twitter": ("1", "hemligt")}
    assert NewChannelForm()["is_sandbox"].initial is False


def test_an_account_of_the_sandbox_cannot_be_registered_twice(town: Town, admin: Admin) -> None:
    page = reverse("accounts:channel_add")
    admin.post(page, filled_in(is_sandbox="on"))
    again = admin.post(page, filled_in(is_sandbox="on"))
    assert again.status_code == 422 and "finns redan" in text(again)


def test_a_platforms_refusal_is_an_error_of_ours(town: Town) -> None:
    channel = town.channel("facebook")
    app = connecting.app_of(channel, "http://testserver/tillbaka")
    assert app is not None
    with pytest.raises(PlatformError):
        way_in("facebook").found(app, "påhittad", verifier="", now=timezone.now())


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_meta_is_asked_to_push_what_happens_on_the_page(town: Town, admin: Admin, platform: str) -> None:
    admin.connect(town.channel(platform))
    page = town.world.account(OURS["facebook"].external_id, "facebook")
    assert page is not None and "feed" in page.extra["subscribed"]


def test_a_page_that_pushes_nothing_is_connected_all_the_same_and_says_so(town: Town, admin: Admin) -> None:
    town.sandbox.faults.add("facebook", "html_502", path="subscribed_apps")
    channel = town.channel("facebook")
    page = text(admin.connect(channel))
    assert "lovade inte att säga till" in page and "Anslutet" in page
    assert Credential.objects.filter(channel=channel).exists()
