"""The pages of the figures."""

import pytest
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db


def test_the_page_opens_on_an_empty_database(client):
    client.force_login(factories.UserFactory())
    assert client.get(reverse("insights:promise")).status_code == 200


def test_the_page_opens_with_one(client):
    client.force_login(factories.UserFactory())
    factories.waiting_conversation()
    r = client.get(reverse("insights:promise"))
    assert r.status_code == 200
    from insights.definitions import FIGURES, HOURS

    for key in [*FIGURES, list(HOURS)[5]]:
        assert client.get(reverse("insights:rows") + f"?figur={key}").status_code == 200
