from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reform", "0005_letters_by_kind")]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="left_at",
            field=models.DateTimeField(
                help_text="Since then in no list and not counted; see reform.fitting", null=True
            ),
        ),
    ]
