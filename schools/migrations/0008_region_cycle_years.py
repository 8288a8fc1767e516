from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schools", "0007_structure_count")]

    operations = [
        migrations.AddField(
            model_name="region",
            name="cycle_years",
            field=models.PositiveSmallIntegerField(
                blank=True,
                editable=False,
                null=True,
                verbose_name="school years of a training cycle",
            ),
        ),
    ]
