"""Packages, seats, marks and outcomes are append-only, whoever writes to the database."""

from functools import partial

from django.db import migrations

from openbeian.office.ledgering.immutable import protect, release

TABLES = ("reviews_reviewpackage", "reviews_seating", "reviews_reviewmark", "reviews_reviewoutcome")


def _protect(table, apps, editor):
    protect(editor, table)


def _release(table, apps, editor):
    release(editor, table)


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]
    operations = [migrations.RunPython(partial(_protect, table), partial(_release, table)) for table in TABLES]
