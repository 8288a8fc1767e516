"""How often a name was tried in vain from anywhere."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schools", "0002_first_day")]

    operations = [
        migrations.CreateModel(
            name="Throttle",
            fields=[
                (
                    "name",
                    models.CharField(
                        help_text="keyed digest of the name",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0)),
                ("next_at", models.DateTimeField(help_text="No stranger's try before")),
            ],
        ),
    ]
