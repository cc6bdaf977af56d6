"""The policies' pages. Where one is changed, see `inbox/urls.py`."""

from django.urls import path

from sla import views

app_name = "sla"
urlpatterns = [
    path("", views.list_page, name="policies"),
    path("val/", views.choose, name="choose"),
    path("helgdagar/<int:year>/", views.confirm_year, name="confirm_year"),
    path("mal/<slug:key>/", views.policy_page, name="policy"),
]
