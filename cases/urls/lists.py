"""The lists that people live in, and the ledger."""

from django.urls import path

from cases.views.lists import checks, hard, late, ledger, queue, todo, waiting

urlpatterns = [
    path("cases/", ledger.CaseListView.as_view(), name="case_list"),
    path("cases/todo/", todo.todo, name="case_todo"),
    path("cases/todo/confirm/", todo.bulk_confirm, name="case_bulk_confirm"),
    path("cases/queue/", queue.queue, name="case_queue"),
    path("cases/verify/", waiting.to_verify, name="case_verify"),
    path("cases/unit/", waiting.of_units, name="case_unit"),
    path("cases/requests/", waiting.requests, name="case_requests"),
    path("cases/tasks/", waiting.tasks, name="case_tasks"),
    path("cases/late/", late.late, name="case_late"),
    path("cases/hard/", hard.hard_cases, name="case_hard"),
    path("cases/hard/<uuid:uuid>/", hard.edit, name="case_hard_edit"),
    path("cases/checks/", checks.draws, name="case_checks"),
    path("cases/checks/new/", checks.new, name="case_check_new"),
    path("cases/checks/<uuid:uuid>/", checks.draw, name="case_check"),
]
