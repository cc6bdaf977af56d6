"""`manage.py user add`: somebody who can sign in and answer."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from accounts.people import add_user
from config.commands import JsonCommand


class Command(JsonCommand):
    help = "Lägg till en användare. Skriver ut ett lösenord att byta."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_subparsers(dest="action", required=True).add_parser("add")
        add.add_argument("--username", required=True)
        add.add_argument("--name", required=True)
        add.add_argument("--role", required=True)
        add.add_argument("--department", default="")

    def handle(self, *, username: str, name: str, role: str, department: str, **options: Any) -> None:
        user, password = add_user(
            username=username, name=name, role=role, department=department, now=timezone.now(), by=None
        )
        self.put({"id": user.pk, "username": user.username, "password": password})
