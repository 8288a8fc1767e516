from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reform", "0020_comment_resolved")]

    operations = [
        migrations.AlterField(
            model_name="reminder",
            name="about",
            field=models.CharField(
                choices=[
                    ("due", "A date that comes near or is past"),
                    ("returned", "Returned for correction"),
                    ("handed", "Given back by the secretary"),
                    ("sign", "Waits for the secretary's signature"),
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
