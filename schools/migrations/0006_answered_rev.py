"""Schools whose registers moved since the last round looked are found without a scan."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schools", "0005_bureaus")]

    operations = [
        migrations.AddField(
            "school",
            "answered_rev",
            models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Revision of the registers seen by the last round",
            ),
        ),
        migrations.AddIndex(
            "school",
            models.Index(
                fields=["id"],
                condition=~models.Q(registers_rev=models.F("answered_rev")),
                name="school_registers_moved",
            ),
        ),
    ]
