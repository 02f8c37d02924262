from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_expert_phone_sealed")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=Q(closed_at__gt=F("due_at")),
                fields=["responsible_grid", "-id"],
                name="case_closed_late",
            ),
        ),
    ]
