"""Rounds and the timeline are append-only, whoever writes to the database."""

from django.db import migrations

from openbeian.office.ledgering.immutable import protect, release


class Migration(migrations.Migration):
    dependencies = [("filings", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: protect(editor, "filings_round"),
            lambda apps, editor: release(editor, "filings_round"),
        ),
        migrations.RunPython(
            lambda apps, editor: protect(editor, "filings_actrecord"),
            lambda apps, editor: release(editor, "filings_actrecord"),
        ),
    ]
