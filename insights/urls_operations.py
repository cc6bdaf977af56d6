"""How the installation is."""

from django.urls import path

from insights import views_operations

app_name = "operations"
urlpatterns = [
    path("drift/", views_operations.page, name="page"),
    path("drift.json", views_operations.health, name="health"),
    path("metrics", views_operations.metrics, name="metrics"),
]
