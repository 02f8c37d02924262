"""Addresses of the composed pages: home, today, the household page, help, health."""

urlpatterns = []
