"""What everybody may read without signing in."""

from django.urls import path

from insights import views_open

app_name = "openly"
urlpatterns = [
    path("sa-snabbt-svarar-vi/", views_open.page, name="page"),
    path("sa-snabbt-svarar-vi.json", views_open.as_json, name="json"),
]
