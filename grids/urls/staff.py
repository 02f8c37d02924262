"""People and terms."""

from django.urls import path

from grids.views.staff import boards, handover, people, sheet, terms, units

urlpatterns = [
    path("staff/", people.staff, name="staff"),
    path("staff/people/", people.staff_people, name="staff_people"),
    path("staff/new/", people.staff_person_new, name="staff_person_new"),
    path("staff/assign/", terms.staff_assign, name="staff_assign"),
    path("staff/handover/", handover.staff_handover, name="staff_handover"),
    path("staff/sheet/", sheet.staff_sheet, name="staff_sheet"),
    path("staff/terms/<int:pk>/", terms.staff_term, name="staff_term"),
    path("staff/terms/<int:pk>/cancel/", terms.staff_term_cancel, name="staff_term_cancel"),
    path("staff/terms/<int:pk>/stand-in/", terms.staff_stand_in, name="staff_stand_in"),
    path("staff/units/", units.staff_units, name="staff_units"),
    path("staff/units/new/", units.staff_unit_new, name="staff_unit_new"),
    path("staff/units/<uuid:uuid>/", units.staff_unit, name="staff_unit"),
    path("staff/units/<uuid:uuid>/edit/", units.staff_unit_edit, name="staff_unit_edit"),
    path("staff/units/<uuid:uuid>/retire/", units.staff_unit_retire, name="staff_unit_retire"),
    path("staff/units/<uuid:uuid>/restore/", units.staff_unit_restore, name="staff_unit_restore"),
    path("staff/units/<uuid:uuid>/members/", units.staff_unit_member_new, name="staff_unit_member_new"),
    path("staff/members/<int:pk>/", units.staff_member, name="staff_member"),
    path("staff/members/<int:pk>/cancel/", units.staff_member_cancel, name="staff_member_cancel"),
    path("staff/<uuid:uuid>/", people.staff_person, name="staff_person"),
    path("staff/<uuid:uuid>/edit/", people.staff_person_edit, name="staff_person_edit"),
    path("staff/<uuid:uuid>/code/", people.staff_code, name="staff_code"),
    path("staff/<uuid:uuid>/unlock/", people.staff_unlock, name="staff_unlock"),
    path("staff/<uuid:uuid>/deactivate/", people.staff_deactivate, name="staff_deactivate"),
    path("staff/<uuid:uuid>/reactivate/", people.staff_reactivate, name="staff_reactivate"),
    path("staff/<uuid:uuid>/end-sessions/", people.staff_end_sessions, name="staff_end_sessions"),
    path("net/<str:code>/board/", boards.grid_board, name="grid_board"),
    path("net/<str:code>/boards/", boards.area_boards, name="area_boards"),
]
