import json

from django.db import migrations, models


def remember_hands(apps, schema_editor):
    """A date for all that history says was set by hand stays so."""
    events = apps.get_model("reform", "Event").objects
    told = events.filter(kind="reschedule", entry=None).values_list("body", flat=True)
    slots = {body["slot"] for body in map(json.loads, told) if not body.get("at")}
    apps.get_model("reform", "Slot").objects.filter(pk__in=slots).update(source="hand")


class Migration(migrations.Migration):
    dependencies = [("reform", "0006_entry_left_at")]

    operations = [
        migrations.AddField(
            model_name="slot",
            name="source",
            field=models.CharField(
                choices=[("computed", "From its own terms"), ("hand", "Set by hand")],
                default="computed",
                help_text="Of the due date",
                max_length=8,
            ),
        ),
        migrations.RunPython(remember_hands, migrations.RunPython.noop),
    ]
