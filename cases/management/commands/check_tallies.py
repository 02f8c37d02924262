"""`manage.py check_tallies [--rebuild]`: whether the counts beside the cases are what the cases add up to."""

from django.core.management.base import BaseCommand, CommandError

from cases import tallies
from grids.models import Grid

SHOWN = 20


class Command(BaseCommand):
    """Presses wait while it counts: some seconds for a million cases."""

    help = "核对事件的月度计数；--rebuild 按事件重新计算。"

    def add_arguments(self, parser):
        parser.add_argument("--rebuild", action="store_true", help="按事件重新计算")

    def handle(self, *args, rebuild, **options):
        if rebuild:
            self.stdout.write(f"已重新计算，共 {tallies.rebuild()} 行。")
            return
        wrong = tallies.wrong()
        codes = dict(Grid.objects.values_list("pk", "code"))
        for grid, month, column, kept, counted in wrong[:SHOWN]:
            self.stdout.write(f"{codes[grid]} {month:%Y-%m} {column}：计数 {kept}，事件 {counted}")
        if wrong:
            raise CommandError(f"有 {len(wrong)} 处不符；用 --rebuild 重新计算。")
        self.stdout.write("计数与事件相符。")
