"""What became of letters lately is counted without reading all there ever were."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reform", "0009_entry_readmitted_until")]

    operations = [
        migrations.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("settled_at__isnull", False)),
                fields=["settled_at"],
                name="message_settled",
            ),
        ),
    ]
