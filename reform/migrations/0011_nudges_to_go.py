"""Each minute asks for nudges that are to go: a few of all that ever went."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reform", "0010_letters_settled")]

    operations = [
        migrations.AddIndex(
            "nudge",
            models.Index(
                condition=models.Q(("sent_at", None), ("taken_back_at", None)),
                fields=["goes_at"],
                name="nudge_to_go",
            ),
        ),
    ]
