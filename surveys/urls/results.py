"""What came out of a round, for the office; and what everybody may read of it."""

from django.urls import path

from surveys.views.results import deeds, pages, public

urlpatterns = [
    path("rounds/<uuid:uuid>/results/", pages.results, name="round_results"),
    path("rounds/<uuid:uuid>/results/questions/<str:name>/", pages.question, name="round_question"),
    path("rounds/<uuid:uuid>/results/crosstab/", pages.cross, name="round_crosstab"),
    path("rounds/<uuid:uuid>/results/words/", pages.words, name="round_open_answers"),
    path("rounds/<uuid:uuid>/results/compare/", pages.comparing, name="round_compare"),
    path("rounds/<uuid:uuid>/results/freeze/", deeds.freeze, name="round_freeze"),
    path("rounds/<uuid:uuid>/results/publish/", deeds.publish, name="round_publish"),
    path("rounds/<uuid:uuid>/results/export/", deeds.export, name="round_export"),
    path("results/", public.public_results, name="public_results"),
    path("results/<uuid:uuid>/", public.public_result, name="public_result"),
]
