from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reform", "0008_job_tries")]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="readmitted_until",
            field=models.DateField(
                help_text="Last day on which it goes on though its campaign is closed", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("readmitted_until__isnull", False)),
                fields=["readmitted_until"],
                name="entry_readmitted",
            ),
        ),
    ]
