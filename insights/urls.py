"""What managers read."""

from django.urls import path, register_converter

from insights import views, views_exports, views_reports


class Form:
    """A kind of file."""

    regex = "csv|xlsx|pdf|json"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Form, "form")
app_name = "insights"
urlpatterns = [
    path("", views.promise, name="promise"),
    path("rader/", views.rows, name="rows"),
    path("siffror.<form:form>", views_exports.figures_file, name="figures_file"),
    path("namndtext/", views_reports.board, name="board"),
    path("rapporter/", views_reports.reports, name="reports"),
    path("rapporter/spara/", views_reports.keep, name="keep"),
    path("rapporter/utskick/<int:pk>/avsluta/", views_reports.unsubscribe, name="unsubscribe"),
    path("rapporter/<int:pk>/", views_reports.stored_page, name="stored"),
    path("rapporter/<int:pk>.<form:form>", views_reports.stored_file, name="stored_file"),
    path("rader.<form:form>", views_exports.rows_file, name="rows_file"),
]
