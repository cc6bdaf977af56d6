"""The pages around writing an answer."""

from django.urls import path

from inbox.views import answers, approvals, aside, beside, phrases, redirects, writing

urlpatterns = [
    path("k/<int:pk>/trad/", beside.whole_thread, name="thread"),
    path("k/<int:pk>/ansvarig/", beside.assignees, name="assignees"),
    path("k/<int:pk>/utkast/", writing.save, name="draft"),
    path("k/<int:pk>/utkast/dela/", writing.share, name="draft_share"),
    path("k/<int:pk>/har/", writing.here, name="here"),
    path("k/<int:pk>/ta-over/", writing.take_over, name="take_over"),
    path("k/<int:pk>/anteckning/", aside.note, name="note"),
    path("k/<int:pk>/lamna-over/", aside.hand_over, name="hand_over"),
    path("godkanna/", approvals.list_page, name="approvals"),
    path("godkanna/<int:pk>/", approvals.page, name="pending"),
    path("godkanna/<int:pk>/skicka/", approvals.approve, name="approve"),
    path("godkanna/<int:pk>/lamna-tillbaka/", approvals.give_back, name="give_back"),
    path("godkanna/<int:pk>/ta-tillbaka/", approvals.withdraw, name="withdraw"),
    path("hanvisningar/kontrollera/", redirects.check_links, name="check_links"),
    path("k/<int:pk>/stammer/", aside.confirm_helper, name="confirm_helper"),
    path("svarsbank/fraser/", phrases.list_page, name="phrases"),
    path("svarsbank/fraser/ny/", phrases.edit, name="phrase_new"),
    path("svarsbank/fraser/<int:pk>/", phrases.edit, name="phrase_edit"),
    path("svarsbank/forslag/<int:pk>/", phrases.settle_edit, name="settle_edit"),
    path("vems/", redirects.whose_page, name="whose"),
    path("vems/nytt/", redirects.whose_edit, name="whose_new"),
    path("vems/<int:pk>/", redirects.whose_edit, name="whose_edit"),
    path("svarsbank/", answers.list_page, name="answers"),
    path("svarsbank/ny/", answers.edit, name="answer_new"),
    path("svarsbank/<int:pk>/", answers.edit, name="answer_edit"),
]
