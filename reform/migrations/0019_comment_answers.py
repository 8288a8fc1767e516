import json

import django.db.models.deletion
from django.db import migrations, models


def thread(apps, schema_editor):
    """What the other side said after a question that was still open then answers the last such one.

    A further word of the same side may well be another question: it stays a thread of its own.
    """
    comments = apps.get_model("reform", "Comment").objects.using(schema_editor.connection.alias)
    entry, last, asked_by = None, None, ""
    for one in comments.select_related("event").order_by("entry_id", "pk").iterator():
        side = json.loads(one.event.body).get("seat", "")[:1]
        if one.entry_id != entry:
            entry, last = one.entry_id, None
        open_then = last is not None and (last.resolved_at is None or last.resolved_at > one.at)
        if open_then and side != asked_by:
            one.answers, one.resolved_at, one.resolved_by = last, None, None
            one.save(update_fields=["answers", "resolved_at", "resolved_by"])
        else:
            last, asked_by = one, side


class Migration(migrations.Migration):
    dependencies = [("reform", "0018_check_values")]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="answers",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="answered",
                to="reform.comment",
            ),
        ),
        migrations.RunPython(thread, migrations.RunPython.noop),
    ]
