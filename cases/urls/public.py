"""A resident's own matter, without an account."""

from django.urls import path

from cases.views.public import my_case, my_case_rate

urlpatterns = [
    path("my/", my_case, name="my_case"),
    path("my/<str:code>/", my_case_rate, name="my_case_rate"),
]
