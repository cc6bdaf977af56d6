"""What beat runs for the figures. A task calls one function; it may run twice or never and no harm is done."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from insights import mailing, rollup


@shared_task
def count_finished_weeks() -> None:
    rollup.refresh(timezone.now())


@shared_task
def mail_reports() -> None:
    mailing.send_due(timezone.now())


@shared_task
def check_counts() -> None:
    rollup.check(timezone.now())
