"""Households, the people in them, and their numbers."""

from django.urls import path

from grids.views import households, numbers, residents

urlpatterns = [
    path("households/", households.household_list, name="household_list"),
    path("households/new/", households.household_new, name="household_new"),
    path("households/<uuid:uuid>/edit/", households.household_edit, name="household_edit"),
    path("households/<uuid:uuid>/move/", households.household_move, name="household_move"),
    path("households/<uuid:uuid>/residents/new/", residents.resident_new, name="resident_new"),
    path("residents/<uuid:uuid>/", residents.resident, name="resident"),
    path("residents/<uuid:uuid>/edit/", residents.resident_edit, name="resident_edit"),
    path("residents/<uuid:uuid>/move/", residents.resident_move, name="resident_move"),
    path("residents/<uuid:uuid>/call/", numbers.resident_call, name="resident_call"),
    path("residents/<uuid:uuid>/id-number/", numbers.resident_reveal, name="resident_reveal"),
    path("residents/<uuid:uuid>/care/new/", residents.care_new, name="care_new"),
    path("residents/<uuid:uuid>/care/<int:pk>/end/", residents.care_end, name="care_end"),
    path("residents/<uuid:uuid>/absences/new/", residents.absence_new, name="absence_new"),
    path("residents/<uuid:uuid>/absences/<int:pk>/end/", residents.absence_end, name="absence_end"),
    path(
        "residents/<uuid:uuid>/absences/<int:pk>/withdraw/",
        residents.absence_withdraw,
        name="absence_withdraw",
    ),
    path("residents/<uuid:uuid>/relatives/new/", residents.relative_new, name="relative_new"),
    path("residents/<uuid:uuid>/consents/new/", residents.consent_new, name="consent_new"),
    path(
        "residents/<uuid:uuid>/consents/<int:pk>/withdraw/",
        residents.consent_withdraw,
        name="consent_withdraw",
    ),
    path("relatives/<uuid:uuid>/edit/", residents.relative_edit, name="relative_edit"),
    path("relatives/<uuid:uuid>/remove/", residents.relative_remove, name="relative_remove"),
    path("relatives/<uuid:uuid>/call/", numbers.relative_call, name="relative_call"),
]
