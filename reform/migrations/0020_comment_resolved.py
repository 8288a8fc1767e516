from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reform", "0019_comment_answers")]

    operations = [
        migrations.AddConstraint(
            model_name="comment",
            constraint=models.CheckConstraint(
                condition=models.Q(("answers", None), ("resolved_at", None), _connector="OR"),
                name="comment_resolved_with_its_thread",
            ),
        ),
    ]
