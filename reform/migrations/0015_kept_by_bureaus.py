"""A bureau's enrolment says for which profiles it was given items; found without a scan."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reform", "0014_terms_of_office"), ("schools", "0005_bureaus")]

    operations = [
        migrations.AddField(
            "enrolment",
            "kept_for",
            models.CharField(
                blank=True,
                default="",
                help_text="Of a bureau: the profiles whose items it was given",
                max_length=32,
            ),
            preserve_default=False,
        ),
        migrations.AddIndex(
            "enrolment",
            models.Index(
                condition=models.Q(("profile", "unknown")),
                fields=["campaign", "authority"],
                name="enrolment_bureau",
            ),
        ),
    ]
