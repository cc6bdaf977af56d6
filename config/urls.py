"""Where everything is. Every page is behind sign-in (LoginRequiredMiddleware) and names its permission."""

from django.urls import include, path

from accounts import views_forgetting
from inbox.views import palette, quota, webhooks

urlpatterns = [
    path("", include("inbox.urls")),
    path("", include("inbox.urls.register")),
    path("", include("insights.urls_open")),
    path("", include("insights.urls_operations")),
    path("", include("inbox.urls.house")),
    path("bemanning/", include("inbox.urls.staffing")),
    path("svarstid/", include("sla.urls")),
    path("uppfoljning/", include("insights.urls")),
    path("register/kvot/", quota.page, name="quota"),
    path("register/", include("accounts.urls")),
    path("manniskor/", include("accounts.urls_people")),
    path("logg/", include("accounts.urls_trail")),
    path("webhook/<slug:platform>/", webhooks.webhook, name="webhook"),
    path("meta/radera/", views_forgetting.asked, name="forgetting"),
    path("meta/radera/<slug:code>/", views_forgetting.status, name="forgetting_status"),
    path("hjalp/", palette.help_page, name="help"),
    path("konto/", include("accounts.signin")),
    path("sprak/", include("django.conf.urls.i18n")),
]
