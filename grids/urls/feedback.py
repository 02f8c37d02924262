"""意见反馈."""

from django.urls import path

from grids.views import feedback

urlpatterns = [
    path("", feedback.feedback, name="feedback"),
    path("list/", feedback.feedback_list, name="feedback_list"),
    path("<uuid:uuid>/answer/", feedback.answer, name="feedback_answer"),
]
