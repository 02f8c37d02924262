"""`manage.py setup_town`: the town as it is before anybody works in it. Idempotent, and the office's edits stay."""

from django.core.management.base import BaseCommand
from django.db import transaction

from cases import setup as cases
from grids import setup as grids
from grids.models import Grid
from surveys import setup as surveys


class Command(BaseCommand):
    help = (
        "建立河口镇的基础资料：村和社区、名称、重点人群类别、巡查点、承办单位、事件类别、工作日历、考察检查表。"
        "可重复运行，不改动已修改的内容。"
    )

    @transaction.atomic
    def handle(self, *args, **options):
        town = grids.set_up()
        cases.set_up(town)
        surveys.set_up(town)
        if options["verbosity"]:
            areas = Grid.objects.under(town.code).tier(12).count()
            self.stdout.write(f"{town.name}：{areas} 个村和社区，基础资料已就绪。")
