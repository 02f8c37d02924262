"""`manage.py demo`: the invented town, to be tried out. Never for an office that works."""

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from grids.models import Household
from hekou.demo import town
from hekou.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD


class Command(BaseCommand):
    help = "装入演示用的河口镇：虚构的人、户、一年的走访。同一个 --seed 得到同一个镇。"

    def add_arguments(self, parser):
        parser.add_argument("--seed", type=int, default=20260301)
        parser.add_argument("--households", type=int, default=3000, help="户数，至少 200")
        parser.add_argument("--days", type=int, default=365, help="到今天为止多少天的走访")
        parser.add_argument("--if-empty", action="store_true", help="已有住户时什么也不做")

    def handle(self, *args, seed, households, days, if_empty, verbosity, **options):
        if Household.objects.exists():
            if if_empty:
                return
            raise CommandError("已有住户，演示数据只能装进空的镇。要重来，请用 make demo-reset。")
        if households < 200 or not 30 <= days <= 1500:
            raise CommandError("户数至少 200，天数在 30 到 1500 之间。")
        call_command("setup_town", verbosity=0)
        with _Bar(quiet=not verbosity) as bar:
            town.build(seed=seed, households=households, days=days, progress=bar.stage)
        town.refresh_statistics()
        if verbosity:
            self._print_accounts()

    def _print_accounts(self):
        self.stdout.write(f"演示账号，密码都是 {DEMO_PASSWORD}：")
        for account in DEMO_ACCOUNTS:
            self.stdout.write(f"  {account.phone}  {account.name}  {account.title}")


class _Bar:
    """One progress bar a stage; none where nobody looks at a terminal."""

    def __init__(self, *, quiet):
        self.quiet = quiet
        self.bar = None

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if self.bar is not None:
            self.bar.close()

    def stage(self, label, n):
        self.__exit__()
        # None lets tqdm see for itself whether this is a terminal.
        self.bar = tqdm(total=n, desc=label, unit="", disable=True if self.quiet else None)
        return self.bar.update
