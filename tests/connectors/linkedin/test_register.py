"""LinkedIn is off in the pages until it is switched on; a command registers it all the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import channels
from accounts.forms import NewChannelForm
from accounts.models import Channel
from tests.commands.run import Shell, shell  # noqa: F401
from tests.factories import ChannelFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_on", [False, True])
def test_the_form_offers_linkedin_only_where_it_is_on(settings: Any, is_on: bool) -> None:
    settings.LINKEDIN_ENABLED = is_on
    offered = [value for value, _label in NewChannelForm().fields["platform"].choices]  # type: ignore[attr-defined]
    assert ("linkedin" in offered) is is_on
    assert "facebook" in offered


def test_a_form_that_names_linkedin_all_the_same_is_refused(settings: Any) -> None:
    settings.LINKEDIN_ENABLED = False
    client = Client()
    client.force_login(UserFactory(role="admin"))
    answer = client.post(reverse("accounts:channel_add"), {"platform": "linkedin", "external_id": "48217"})
    assert answer.status_code == 422
    assert not Channel.objects.exists()


def test_a_channel_added_by_command_is_active(shell: Shell) -> None:  # noqa: F811
    token = json.dumps({"access_token": "a", "client_id": "c", "client_secret": "s", "refresh_token": "r"})
    shell(
        "channel", "add", "--platform", "linkedin", "--kind", "employer_brand", "--name", "Jobba i Exempelby",
        "--external-id", "48217", "--department", "HR", "--purpose", "Rekrytera", "--focus", "Jobb", "--token", token,
    )  # fmt: skip
    channel = Channel.objects.get()
    assert channel.status == Channel.Status.ACTIVE
    assert [surface.name for surface in channel.surfaces.all()] == ["comments"]


def test_its_tokens_are_refreshed_at_linkedins_own_host(settings: Any) -> None:
    connector = channels.connector_for(ChannelFactory(platform="linkedin"))
    assert connector._context.token_url == settings.LINKEDIN_TOKEN_URL  # type: ignore[attr-defined]
    assert settings.LINKEDIN_TOKEN_URL == "https://www.linkedin.com/oauth/v2/accessToken"
