"""问卷访问: what gridworkers do for a round."""

from django.urls import path

from surveys.views.answering import interviews

urlpatterns = [
    path("interviews/", interviews.interview_list, name="interview_list"),
    path("interviews/resume/", interviews.interview_resume, name="interview_resume"),
    path("interviews/at/<uuid:uuid>/", interviews.interview_event, name="interview_event"),
    path("interviews/<uuid:uuid>/", interviews.interview, name="interview"),
    path(
        "interviews/<uuid:uuid>/disposition/",
        interviews.interview_disposition,
        name="interview_disposition",
    ),
    path("interviews/<uuid:uuid>/undo/", interviews.interview_undo, name="interview_undo"),
]
