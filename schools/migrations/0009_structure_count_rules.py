from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schools", "0008_region_cycle_years")]

    operations = [
        migrations.AddField(
            model_name="structurecount",
            name="registers_rev",
            field=models.PositiveIntegerField(
                default=0, help_text="Revision of the registers that were looked at"
            ),
        ),
        migrations.AddField(
            model_name="structurecount",
            name="rules",
            field=models.JSONField(default=dict, help_text="Rule → how many findings"),
        ),
    ]
