"""Triggers that make history append-only, and room for updates in place on PostgreSQL."""

from django.db import migrations

from reform.history import install_triggers, lift_triggers


def fillfactor(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE reform_entry SET (fillfactor = 90)")
        schema_editor.execute("ALTER TABLE reform_tally SET (fillfactor = 90)")


def install(apps, schema_editor):
    install_triggers(schema_editor.connection)


def lift(apps, schema_editor):
    lift_triggers(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("reform", "0002_initial")]
    operations = [
        migrations.RunPython(install, lift),
        migrations.RunPython(fillfactor, migrations.RunPython.noop),
    ]
