import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Nothing wrote a comment before: there is no row that the default would be given to."""

    dependencies = [("reform", "0016_snapshot_planned")]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="event",
            field=models.OneToOneField(
                default=0,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="comment",
                to="reform.event",
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="reminder",
            name="about",
            field=models.CharField(
                choices=[
                    ("due", "A date that comes near or is past"),
                    ("returned", "Returned for correction"),
                    ("decided", "Accepted or found not applicable"),
                    ("moved", "A date that was moved"),
                    ("asked", "An extension that waits for a decision"),
                    ("extension", "An extension that was decided"),
                    ("nudge", "A word from the authority"),
                    ("bounced", "A mail address that does not take mail"),
                    ("term", "A term of office that ends"),
                    ("comment", "A comment inside an entry"),
                ],
                max_length=10,
            ),
        ),
    ]
