from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("surveys", "0003_inspections")]

    operations = [migrations.RemoveField(model_name="tokendraft", name="response")]
