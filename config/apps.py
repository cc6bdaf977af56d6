from django.apps import AppConfig


class Config(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Register the start checks, and the Celery application that tasks are queued with."""
        from config import celery, checks  # noqa: F401
