"""One case: its page, presses and prints."""

from django.urls import path

from cases.views import case, deeds, note_conflict, presses, prints, ratings, requests

urlpatterns = [
    path("cases/<uuid:uuid>/", case.case, name="case"),
    path("cases/<uuid:uuid>/press/<str:press>/", presses.PressView.as_view(), name="case_press"),
    path("cases/<uuid:uuid>/photos/<uuid:photo>/", case.case_photo, name="case_photo"),
    path("cases/<uuid:uuid>/note/", deeds.NoteView.as_view(), name="case_note"),
    path(
        "cases/<uuid:uuid>/note/conflicts/<uuid:conflict>/",
        note_conflict.note_conflict,
        name="case_note_conflict",
    ),
    path("cases/<uuid:uuid>/facts/", deeds.FactsView.as_view(), name="case_facts"),
    path("cases/<uuid:uuid>/classify/", deeds.ClassifyView.as_view(), name="case_classify"),
    path("cases/<uuid:uuid>/urgent/", deeds.urgent, name="case_urgent"),
    path("cases/<uuid:uuid>/support/", deeds.SupportView.as_view(), name="case_support"),
    path("cases/<uuid:uuid>/households/", deeds.HouseholdsView.as_view(), name="case_households"),
    path("cases/<uuid:uuid>/experts/new/", deeds.ExpertNewView.as_view(), name="case_expert_new"),
    path("cases/experts/<uuid:row>/", deeds.ExpertView.as_view(), name="case_expert"),
    path("cases/<uuid:uuid>/ask/", requests.AskView.as_view(), name="case_ask"),
    path("cases/requests/<uuid:row>/", requests.DecideView.as_view(), name="case_decide"),
    path("cases/<uuid:uuid>/supervise/", requests.SuperviseView.as_view(), name="case_supervise"),
    path(
        "cases/supervisions/<uuid:row>/",
        requests.ReplyView.as_view(),
        name="case_reply",
    ),
    path(
        "cases/supervisions/<uuid:row>/slip/",
        prints.case_supervision_slip,
        name="case_supervision_slip",
    ),
    path("cases/<uuid:uuid>/sheet/", prints.case_sheet, name="case_sheet"),
    path("cases/<uuid:uuid>/slip/", prints.case_slip, name="case_slip"),
    path("cases/<uuid:uuid>/link/", ratings.case_link, name="case_link"),
    path("cases/<uuid:uuid>/call/", ratings.CallView.as_view(), name="case_call"),
    path("cases/tasks/<uuid:row>/", ratings.TaskView.as_view(), name="case_task"),
]
