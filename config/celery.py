"""The Celery application. Its tasks take ids and call one function each (`inbox/tasks.py`)."""

import os

from celery import Celery, signals

from config import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("gensvar")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["accounts", "inbox", "insights"])


@signals.worker_init.connect
@signals.beat_init.connect
def open_up(**_: object) -> None:
    """Have the embedded services up before a worker or beat asks for them."""
    embedded.open_up()
