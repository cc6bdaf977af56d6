"""What beat runs for the figures. A task calls one function; it may run twice or never and no harm is done."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from insights import mailing, openly, operations, rollup, selfcheck


@shared_task
def count_finished_weeks() -> None:
    rollup.refresh(timezone.now())


@shared_task
def mail_reports() -> None:
    mailing.send_due(timezone.now())


@shared_task
def count_for_everybody() -> None:
    openly.current(timezone.now())


@shared_task
def note_tick() -> None:
    operations.note_tick(timezone.now())


@shared_task
def check_counts() -> None:
    selfcheck.check_nightly(timezone.now())
