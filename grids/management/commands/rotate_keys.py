"""`manage.py rotate_keys`: seal every personal value under the newest of FIELD_KEYS, so that an old key can go."""

from typing import NamedTuple

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction
from tqdm import tqdm

from grids import crypto
from grids.models import FieldConflict

BATCH = 500


class SealedColumn(NamedTuple):
    """A column of sealed values and the label they are bound to."""

    model: type[models.Model]
    column: str
    label: str


def sealed_columns():
    """Every sealed column of every app: none is forgotten, whoever adds one."""
    yield SealedColumn(FieldConflict, "content_sealed", "fieldconflict.content")
    for model in apps.get_models():
        for name, attribute in vars(model).items():
            if isinstance(attribute, crypto.Sealed):
                yield SealedColumn(model, f"{name}_sealed", attribute.label)


class Command(BaseCommand):
    help = "把个人信息改用 FIELD_KEYS 中最新的密钥封存；可随时中断、重复运行。"

    def handle(self, *args, **options):
        failed = []
        for sealed in sealed_columns():
            count = self._rotate(sealed, failed)
            self.stdout.write(f"{sealed.label}：改封 {count} 条")
        if failed:
            raise CommandError("打不开的值未动，旧密钥还不能撤：" + "、".join(failed[:20]), returncode=1)
        self.stdout.write(f"全部在密钥 {crypto.newest_key_id()} 之下，旧密钥可以撤去。")

    def _rotate(self, sealed, failed):
        """Reseal in batches by primary key, each its own transaction; rows under the newest key are left alone."""
        old = sealed.model._base_manager.exclude(**{sealed.column: ""}).exclude(
            **{f"{sealed.column}__startswith": f"{crypto.newest_key_id()}:"}
        )
        done, last = 0, 0
        with tqdm(total=old.count(), desc=sealed.label, disable=None) as bar:
            while True:
                with transaction.atomic():
                    batch = list(old.filter(pk__gt=last).order_by("pk").select_for_update()[:BATCH])
                    done += sum(self._reseal(row, sealed, failed) for row in batch)
                if not batch:
                    return done
                last = batch[-1].pk
                bar.update(len(batch))

    def _reseal(self, row, sealed, failed):
        bound = {"label": sealed.label, "row": row.uuid}
        try:
            value = crypto.unseal(getattr(row, sealed.column), **bound)
        except crypto.CannotOpen:
            failed.append(f"{sealed.label} {row.uuid}")
            return False
        setattr(row, sealed.column, crypto.seal(value, **bound))
        row.save(update_fields=[sealed.column])
        return True
