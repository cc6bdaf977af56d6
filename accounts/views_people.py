"""The pages about people: who may sign in, in which role, in which department."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import people, permissions, register
from accounts.forms_people import DepartmentForm, NewPersonForm, PersonForm, RoleForm
from accounts.models import Department, Membership, Role, User
from accounts.permissions import Permission, needs


@needs(Permission.REGISTER)
def list_page(request: HttpRequest) -> HttpResponse:
    rows = User.objects.prefetch_related("memberships__department")
    found = sorted(rows, key=lambda user: (not user.is_active, str(user).casefold()))
    return render(request, "accounts/people.html", {"section": "people", "people": found})


@needs(Permission.REGISTER)
def add(request: HttpRequest) -> HttpResponse:
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = people.add_by_page(**form.cleaned_data, by=request.user, now=timezone.now())
        except ValidationError as error:
            for name, found in error.message_dict.items():
                form.add_error(name, found)
        else:
            if password:
                return _shown_once(request, user, password)
            messages.success(request, _("%(name)s är inbjuden på %(email)s.") % {"name": user, "email": user.email})
            return redirect("people:person", user.pk)
    context = {"section": "people", "form": form}
    return render(request, "accounts/person_new.html", context, status=422 if request.method == "POST" else 200)


@needs(Permission.REGISTER)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    form = PersonForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        people.change_user(form.instance, by=request.user, now=timezone.now())
        messages.success(request, _("Sparat: %s") % user)
        return redirect("people:person", pk)
    return _person_page(request, pk, form=form, status=422 if request.method == "POST" else 200)


def _person_page(request: HttpRequest, pk: int, *, status: int = 200, **forms: Any) -> HttpResponse:
    user = User.objects.prefetch_related("memberships__department").get(pk=pk)
    context = {
        "section": "people",
        "person": user,
        "form": PersonForm(instance=user),
        "role_form": RoleForm(),
        "is_invited": not user.has_usable_password() and user.last_login is None,
        **forms,
    }
    return render(request, "accounts/person.html", context, status=status)


def _shown_once(request: HttpRequest, user: User, password: str) -> HttpResponse:
    context = {"section": "people", "person": user, "password": password}
    response = render(request, "accounts/password_once.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@needs(Permission.REGISTER)
def give_role(request: HttpRequest, pk: int) -> HttpResponse:
    user, form = get_object_or_404(User, pk=pk), RoleForm(request.POST)
    if not form.is_valid():
        return _person_page(request, pk, role_form=form, status=422)
    if people.give_role(user, **form.cleaned_data, by=request.user, now=timezone.now()):
        messages.success(request, _("%(name)s är nu %(role)s.") % {
            "name": user, "role": Role(form.cleaned_data["role"]).label.lower(),
        })  # fmt: skip
    return redirect("people:person", pk)


@require_POST
@needs(Permission.REGISTER)
def take_role(request: HttpRequest, pk: int, membership: int) -> HttpResponse:
    row = get_object_or_404(Membership, pk=membership, user=pk)
    return _tried(request, pk, lambda: people.take_role(row, by=request.user, now=timezone.now()))


@require_POST
@needs(Permission.REGISTER)
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    return _tried(request, pk, lambda: people.deactivate(user, by=request.user, now=timezone.now()))


@require_POST
@needs(Permission.REGISTER)
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    return _tried(request, pk, lambda: people.activate(user, by=request.user, now=timezone.now()))


@require_POST
@needs(Permission.REGISTER)
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk, is_active=True)
    return _tried(request, pk, lambda: people.invite_by_mail(user, by=request.user, now=timezone.now()))


def _tried(request: HttpRequest, pk: int, act: Any) -> HttpResponse:
    try:
        act()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Klart."))
    return redirect("people:person", pk)


@require_POST
@needs(Permission.REGISTER)
def new_password(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk, is_active=True)
    return _shown_once(request, user, people.new_password(user, by=request.user, now=timezone.now()))


@needs(Permission.REGISTER)
def departments(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """List them; add one, or change the one that the address names."""
    department = get_object_or_404(Department, pk=pk) if pk else Department()
    form = DepartmentForm(request.POST or None, instance=department)
    if request.method == "POST" and form.is_valid():
        people.save_department(form.instance, by=request.user, now=timezone.now())
        messages.success(request, _("Sparat: %s") % department)
        return redirect("people:departments")
    context = {"section": "people", "departments": register.departments(), "form": form, "changing": pk}
    return render(request, "accounts/departments.html", context, status=422 if request.method == "POST" else 200)


@needs(Permission.READ_REGISTER)
def permission_table(request: HttpRequest) -> HttpResponse:
    mine = permissions.roles_of(request.user)
    roles = [(role, label, role in mine) for role, label in Role.choices]
    context = {"section": "people", "roles": roles, "table": permissions.table(), "scopes": permissions.scopes()}
    return render(request, "accounts/permissions.html", context)
