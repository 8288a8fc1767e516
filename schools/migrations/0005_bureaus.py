"""Bureaus are few among the schools; each minute asks for them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schools", "0004_registers")]

    operations = [
        migrations.AddIndex(
            "school",
            models.Index(
                condition=models.Q(("kind", "bureau")), fields=["authority"], name="school_bureau"
            ),
        ),
    ]
