"""What managers read."""

from django.urls import path

from insights import views

app_name = "insights"
urlpatterns = [
    path("", views.promise, name="promise"),
    path("rader/", views.rows, name="rows"),
]
