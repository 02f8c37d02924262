"""Reporting a problem."""

urlpatterns = []
