"""`manage.py check_strata [--rebuild]`: whether the summaries behind results are what the responses add up to."""

from django.core.management.base import BaseCommand, CommandError

from surveys.actions import strata
from surveys.models import Round

SHOWN = 20


class Command(BaseCommand):
    """Finishing an answer waits while its round is counted: some seconds for a hundred thousand answers."""

    help = "核对问卷汇总；--rebuild 按答卷重新计算。"

    def add_arguments(self, parser):
        parser.add_argument("--rebuild", action="store_true", help="按答卷重新计算")

    def handle(self, *args, rebuild, **options):
        rounds = Round.objects.select_related("version").order_by("pk")
        if rebuild:
            made = sum(strata.rebuild(round) for round in rounds)
            self.stdout.write(f"已重新计算，共 {made} 行。")
            return
        wrong = [one for round in rounds for one in strata.wrong(round)]
        for one in wrong[:SHOWN]:
            self.stdout.write(strata.in_words(one))
        if wrong:
            raise CommandError(f"有 {len(wrong)} 处不符；用 --rebuild 重新计算。")
        self.stdout.write("汇总与答卷相符。")
