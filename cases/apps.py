"""Cases: problems heard, settled in the grid or handed up."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "事件"
