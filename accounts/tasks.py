"""What beat runs for the register and the trail. A task calls one function; it may run twice or never."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts import trail, watching


@shared_task
def check_trail() -> None:
    trail.check_nightly(timezone.now())


@shared_task
def watch_topics() -> None:
    watching.catch_up(timezone.now())
