from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reform", "0007_slot_source")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="tries",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
