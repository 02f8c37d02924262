"""`manage.py recompute_deadlines`: provisional deadlines anew, once the days they lean on have been entered."""

from django.core.management.base import BaseCommand
from django.db import transaction

from cases.actions import daily


class Command(BaseCommand):
    help = "日历补齐以后，重算在办事件中“期限待定”的期限；每件记入事件日志。可重复运行。"

    @transaction.atomic
    def handle(self, *args, **options):
        self.stdout.write(f"重算期限 {daily.recompute_deadlines()} 件。")
