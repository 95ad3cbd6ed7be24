"""The rows of ledgering_ledgerentry are append-only, whoever writes to the database."""

from django.db import migrations

from openbeian.office.ledgering.immutable import protect, release


class Migration(migrations.Migration):
    dependencies = [("ledgering", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: protect(editor, "ledgering_ledgerentry"),
            lambda apps, editor: release(editor, "ledgering_ledgerentry"),
        )
    ]
