"""问卷: drafting, trying out, publishing."""

from django.urls import path

from surveys.views.questionnaires import editing, listing, previews

urlpatterns = [
    path("questionnaires/", listing.questionnaire_list, name="questionnaire_list"),
    path("questionnaires/new/", listing.questionnaire_new, name="questionnaire_new"),
    path("questionnaires/preview/<str:token>/", previews.preview, name="questionnaire_preview"),
    path("questionnaires/<uuid:uuid>/", listing.questionnaire, name="questionnaire"),
    path("questionnaires/<uuid:uuid>/new-version/", listing.version_new, name="questionnaire_version_new"),
    path("questionnaires/<uuid:uuid>/retire/", listing.retire, name="questionnaire_retire"),
    path("questionnaires/<uuid:uuid>/<int:number>.xlsx", listing.xlsform_file, name="questionnaire_xlsform"),
    path("questionnaires/<uuid:uuid>/edit/", editing.edit, name="questionnaire_edit"),
    path("questionnaires/<uuid:uuid>/edit/change/", editing.change, name="questionnaire_change"),
    path("questionnaires/<uuid:uuid>/edit/undo/", editing.undo_last, name="questionnaire_undo"),
    path("questionnaires/<uuid:uuid>/edit/about/", editing.about, name="questionnaire_about"),
    path("questionnaires/<uuid:uuid>/edit/import/", editing.import_file, name="questionnaire_import"),
    path("questionnaires/<uuid:uuid>/edit/publish/", editing.publish, name="questionnaire_publish"),
    path(
        "questionnaires/<uuid:uuid>/edit/sections/new/",
        editing.section_new,
        name="questionnaire_section_new",
    ),
    path("questionnaires/<uuid:uuid>/edit/sections/<int:at>/", editing.section, name="questionnaire_section"),
    path(
        "questionnaires/<uuid:uuid>/edit/questions/new/",
        editing.question_new,
        name="questionnaire_question_new",
    ),
    path(
        "questionnaires/<uuid:uuid>/edit/questions/of/<str:name>/",
        editing.question,
        name="questionnaire_question",
    ),
]
