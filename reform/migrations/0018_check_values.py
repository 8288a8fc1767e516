import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """From a check to its values, so that one query reads both; the database stays as it is."""

    dependencies = [("reform", "0017_comment_event")]

    operations = [
        migrations.AlterField(
            model_name="checkvalue",
            name="check_def",
            field=models.ForeignKey(
                db_column="check_id",
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="values",
                to="reform.check",
            ),
        ),
    ]
