"""People: made, invited, given roles, shut out at once; and what each can do about his or her own sign-ins."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from accounts import people
from accounts.models import AuditEvent, Department, Membership, Role, User
from tests.factories import NOW, DepartmentFactory, UserFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
NEW = {"name": "Bo Ek", "username": "bo", "email": "bo@example.org", "role": "communicator"}


@pytest.fixture
def admin(sign_in: SignIn) -> Client:
    return sign_in(Role.ADMIN, "Lars Öman")


def browser_of(user: User, password: str) -> Client:
    client = Client()
    client.post("/konto/login/", {"login": user.username, "password": password})
    return client


def test_the_list_names_each_with_role_department_and_last_sign_in(admin: Client) -> None:
    bo = UserFactory(name="Bo Ek")
    Membership.objects.create(user=bo, role=Role.READER, department=DepartmentFactory(name="Kultur"))
    body = admin.get("/manniskor/").content.decode()
    assert "Bo Ek" in body
    assert "Läsare, Kultur" in body
    assert "aldrig" in body


def test_an_invited_person_chooses_a_password_by_the_link_and_signs_in(admin: Client) -> None:
    admin.post("/manniskor/ny/", NEW | {"invite": "on"})
    bo = User.objects.get(username="bo")
    assert not bo.has_usable_password()
    assert mail.outbox[0].to == ["bo@example.org"]
    link = re.search(r"(/konto/password/reset/key/\S+)", mail.outbox[0].body).group(1)
    guest = Client()
    form = guest.get(link, follow=True)
    guest.post(form.request["PATH_INFO"], {"password1": "en-lang-hemlig-fras", "password2": "en-lang-hemlig-fras"})
    assert browser_of(bo, "en-lang-hemlig-fras").get("/").status_code == 200


def test_an_invitation_can_be_used_once(admin: Client) -> None:
    admin.post("/manniskor/ny/", NEW | {"invite": "on"})
    link = re.search(r"(/konto/password/reset/key/\S+)", mail.outbox[0].body).group(1)
    User.objects.get(username="bo").set_password("x")
    user = User.objects.get(username="bo")
    user.set_password("nagot-annat-langt")
    user.save()
    assert 'name="password1"' not in Client().get(link, follow=True).content.decode()


def test_without_an_invitation_the_password_is_shown_once_and_has_to_be_changed(admin: Client) -> None:
    page = admin.post("/manniskor/ny/", NEW)
    password = re.findall(r"<code>([^<]+)</code>", page.content.decode())[1]
    assert page["Cache-Control"] == "no-store"
    bo = browser_of(User.objects.get(username="bo"), password)
    assert bo.get("/")["Location"] == "/konto/password/change/"
    new = {"oldpassword": password, "password1": "en-lang-hemlig-fras", "password2": "en-lang-hemlig-fras"}
    bo.post("/konto/password/change/", new)
    assert bo.get("/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"name": ""}, "Namn"), ({"username": ""}, "Användarnamn"), ({"role": "chief"}, "Roll"),
     ({"invite": "on", "email": ""}, "Utan e-postadress"), ({"username": "lars-redan"}, "redan")],
)  # fmt: skip
def test_what_is_missing_is_named(admin: Client, changes: dict[str, str], word: str) -> None:
    UserFactory(username="lars-redan")
    page = admin.post("/manniskor/ny/", NEW | changes)
    assert page.status_code == 422
    assert word in page.content.decode()
    assert not User.objects.filter(username="bo").exists()


def test_whoever_is_deactivated_is_signed_out_at_once_and_keeps_the_history(admin: Client) -> None:
    bo = UserFactory(username="bo")
    client = browser_of(bo, "hemligt-losenord")
    assert client.get("/").status_code == 200
    admin.post(f"/manniskor/{bo.pk}/avaktivera/")
    assert client.get("/").status_code == 302
    assert not UserSession.objects.filter(user=bo).exists()
    assert AuditEvent.objects.filter(subject=f"user:{bo.pk}", action="user.deactivated").exists()
    assert browser_of(bo, "hemligt-losenord").get("/").status_code == 302


def test_the_last_admin_can_neither_leave_nor_lose_the_role(admin: Client) -> None:
    me = admin.user  # type: ignore[attr-defined]
    page = admin.post(f"/manniskor/{me.pk}/avaktivera/", follow=True)
    assert "enda administratören" in page.content.decode()
    admin.post(f"/manniskor/{me.pk}/roll/{me.memberships.get().pk}/bort/")
    me.refresh_from_db()
    assert me.is_active
    assert me.memberships.get().role == Role.ADMIN


def test_an_admin_may_leave_when_another_active_one_stays(admin: Client) -> None:
    UserFactory(role=Role.ADMIN)
    me = admin.user  # type: ignore[attr-defined]
    admin.post(f"/manniskor/{me.pk}/roll/{me.memberships.get().pk}/bort/")
    assert not me.memberships.exists()


def test_an_admin_who_has_left_the_house_does_not_count(admin: Client) -> None:
    UserFactory(role=Role.ADMIN, is_active=False)
    me = admin.user  # type: ignore[attr-defined]
    admin.post(f"/manniskor/{me.pk}/avaktivera/")
    me.refresh_from_db()
    assert me.is_active


def test_an_admin_in_two_departments_may_lose_one_of_the_roles(admin: Client) -> None:
    me = admin.user  # type: ignore[attr-defined]
    second = Membership.objects.create(user=me, role=Role.ADMIN, department=DepartmentFactory())
    admin.post(f"/manniskor/{me.pk}/roll/{second.pk}/bort/")
    assert me.memberships.count() == 1


def test_a_role_is_given_in_one_department(admin: Client) -> None:
    bo, culture = UserFactory(role=Role.READER), DepartmentFactory(name="Kultur")
    admin.post(f"/manniskor/{bo.pk}/roll/", {"role": "manager", "department": culture.pk})
    assert bo.memberships.filter(role=Role.MANAGER, department=culture).exists()


def test_somebody_elses_role_cannot_be_taken_through_another_person(admin: Client) -> None:
    bo, eva = UserFactory(), UserFactory()
    url = f"/manniskor/{bo.pk}/roll/{eva.memberships.get().pk}/bort/"
    assert admin.post(url).status_code == 404
    assert eva.memberships.exists()


def test_a_department_is_added_and_renamed(admin: Client) -> None:
    admin.post("/manniskor/forvaltningar/", {"name": "Kultur"})
    kept = Department.objects.get(name="Kultur")
    admin.post(f"/manniskor/forvaltningar/{kept.pk}/", {"name": "Kultur och fritid", "is_central": "on"})
    kept.refresh_from_db()
    assert (kept.name, kept.is_central) == ("Kultur och fritid", True)


def test_two_departments_cannot_have_one_name(admin: Client) -> None:
    DepartmentFactory(name="Kultur")
    assert admin.post("/manniskor/forvaltningar/", {"name": "Kultur"}).status_code == 422


def test_a_refusal_says_who_can_grant_it(anna: Client) -> None:
    page = anna.get("/manniskor/")
    assert page.status_code == 403
    assert "administratör" in page.content.decode()


def test_one_sees_where_one_is_signed_in_and_ends_one_of_them(anna: Client) -> None:
    me = anna.user  # type: ignore[attr-defined]
    phone = Client(HTTP_USER_AGENT="Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Safari/604.1")
    phone.post("/konto/login/", {"login": me.username, "password": "hemligt-losenord"})
    assert "Safari, iPhone" in anna.get("/konto/inloggningar/").content.decode()
    session = UserSession.objects.get(user_agent__contains="iPhone")
    anna.post(f"/konto/inloggningar/{session.pk}/avsluta/")
    assert phone.get("/").status_code == 302
    assert anna.get("/").status_code == 200


def test_nobody_ends_somebody_elses_session(anna: Client) -> None:
    browser_of(UserFactory(username="per"), "hemligt-losenord")
    session = UserSession.objects.get(user__username="per")
    assert anna.post(f"/konto/inloggningar/{session.pk}/avsluta/").status_code == 404


def test_a_new_password_ends_the_sessions_of_whoever_had_the_old_one(admin: Client) -> None:
    bo = UserFactory(username="bo")
    client = browser_of(bo, "hemligt-losenord")
    admin.post(f"/manniskor/{bo.pk}/losenord/")
    assert client.get("/").status_code == 302


def test_where_a_second_factor_is_demanded_nothing_opens_without_one(anna: Client, settings: object) -> None:
    settings.MFA_REQUIRED = True  # type: ignore[attr-defined]
    assert anna.get("/")["Location"] == "/konto/2fa/"
    assert anna.get("/konto/2fa/").status_code == 200


@pytest.mark.parametrize("url", ["/manniskor/", "/manniskor/forvaltningar/", "/manniskor/behorigheter/"])
def test_a_page_asks_at_most_twelve_queries(
    admin: Client, url: str, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for _ in range(20):
        UserFactory()
    with django_assert_max_num_queries(12):
        admin.get(url)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_remove_each_other_at_once_leave_one() -> None:
    admins = [UserFactory(role=Role.ADMIN) for _ in range(2)]

    def remove(user: User) -> None:
        try:
            with contextlib.suppress(ValidationError):
                people.deactivate(user, by=None, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(remove, admins))
    assert User.objects.filter(is_active=True).count() == 1


def test_whoever_is_deactivated_is_not_invited_and_gets_no_password(admin: Client) -> None:
    gone = UserFactory(is_active=False)
    assert admin.post(f"/manniskor/{gone.pk}/bjud-in/").status_code == 404
    assert admin.post(f"/manniskor/{gone.pk}/losenord/").status_code == 404
    assert mail.outbox == []
