"""The Celery application. Its tasks take ids and call one function each (`inbox/tasks.py`)."""

import os

from celery import Celery, signals

from config import embedded, memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("gensvar")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["accounts", "inbox", "insights"])


@signals.worker_init.connect
@signals.beat_init.connect
def open_up(**_: object) -> None:
    """Have the embedded services up before a worker or beat asks for them."""
    embedded.open_up()


@signals.worker_ready.connect
@signals.worker_process_init.connect
def look_less(**_: object) -> None:
    """Do as a web process does; a pool of processes does it in each."""
    memory.look_less()
