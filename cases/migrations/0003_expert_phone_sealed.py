"""The telephone of somebody who was called in is kept sealed, as every other number of a person."""

from django.db import migrations, models

from grids import crypto

LABEL = "caseexpert.phone"


def seal(apps, editor):
    for expert in apps.get_model("cases", "CaseExpert").objects.exclude(phone="").iterator():
        expert.phone_sealed = crypto.seal(expert.phone, label=LABEL, row=expert.uuid)
        expert.save(update_fields=["phone_sealed"])


def unseal(apps, editor):
    for expert in apps.get_model("cases", "CaseExpert").objects.exclude(phone_sealed="").iterator():
        expert.phone = crypto.unseal(expert.phone_sealed, label=LABEL, row=expert.uuid)
        expert.save(update_fields=["phone"])


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_guards")]

    operations = [
        migrations.AddField(
            model_name="caseexpert",
            name="phone_sealed",
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.RunPython(seal, unseal),
        migrations.RemoveField(model_name="caseexpert", name="phone"),
    ]
