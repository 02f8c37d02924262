"""Where residents answer. The addresses are short, because they are printed and typed."""

from django.urls import path

from surveys.views.answering import handed, public

urlpatterns = [
    path("s/", public.answer_code, name="answer_code"),
    path("s/hand/", handed.answer_hand, name="answer_hand"),
    path("s/hand/<uuid:uuid>/", handed.answer_handed, name="answer_handed"),
    path("s/done/<uuid:uuid>/", public.answer_done, name="answer_done"),
    path("s/p/<str:code>/", public.answer_poster, name="answer_poster"),
    path("s/<str:code>/", public.answer, name="answer"),
]
