"""`manage.py rebuild_cases`: the cases' rows from their logs, and the counts made from the rows.

With `--check` it only says where rows and logs differ.
"""

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from cases import tallies
from cases.actions import rebuild
from cases.models import Case

SHOWN = 20


class Command(BaseCommand):
    help = "按事件日志重建每件事的现状；加 --check 只核对，有出入时以 1 结束。"

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="只核对，不改动")

    def handle(self, *args, check, **options):
        found = 0
        with tqdm(total=Case.objects.count(), desc="核对", unit="件", disable=None) as bar:
            for case, different in rebuild.differing(bar.update):
                found += 1
                if found <= SHOWN:
                    columns = "、".join(sorted(different))
                    self.stdout.write(f"{case.case_no} 与日志不符：{columns}")
                if not check:
                    rebuild.rebuild(case)
        if found and not check:
            tallies.rebuild()
        if check and found:
            raise CommandError(f"有 {found} 件与日志不符。", returncode=1)
        self.stdout.write(f"已重建 {found} 件。" if found else "全部与日志相符。")
