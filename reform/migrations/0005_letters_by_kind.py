"""Letters a person waits for are taken before digests: the index of the queue begins with kind."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reform", "0004_reminders_and_jobs")]

    operations = [
        migrations.RemoveIndex("message", "message_to_send"),
        migrations.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("state__in", ["waiting", "sending"])),
                fields=["kind", "next_at"],
                name="message_to_send",
            ),
        ),
    ]
