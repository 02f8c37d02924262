"""The composition root: pages that show several apps together, and the commands that run the town."""

from django.apps import AppConfig


class HekouConfig(AppConfig):
    name = "hekou"
    verbose_name = "河口镇网格"
