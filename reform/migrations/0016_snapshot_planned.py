from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reform", "0015_kept_by_bureaus")]

    operations = [
        migrations.AddField(
            model_name="snapshot",
            name="planned",
            field=models.PositiveIntegerField(
                default=0, help_text="of these past the date in force"
            ),
            preserve_default=False,
        ),
    ]
