"""Who is at hand: rosters, the relay, handing over."""

from django.urls import path

from inbox.views import relay, staffing

app_name = "staffing"
urlpatterns = [
    path("", staffing.page, name="page"),
    path("luckor/", staffing.fill, name="fill"),
    path("pass/", staffing.shift_add, name="shift_add"),
    path("pass/<int:pk>/bort/", staffing.shift_remove, name="shift_remove"),
    path("overlamning/", staffing.hand_over, name="hand_over"),
    path("overlamning/<int:pk>/mottagen/", staffing.received, name="received"),
    path("stafett/", staffing.baton, name="baton_new"),
    path("stafett/<int:pk>/", staffing.baton, name="baton"),
    path("stafett/<int:pk>/kort/", relay.card, name="relay_card"),
    path("stafett/<int:pk>/samtycke/", relay.consent, name="relay_consent"),
    path("stafett/<int:pk>/lamna-tillbaka/", relay.hand_back, name="hand_back"),
]
