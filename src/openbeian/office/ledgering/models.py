"""Leaves and heads of the log. Triggers in the database refuse to change or delete a leaf."""

from django.db import models


class LedgerEntry(models.Model):
    """One leaf: canonical JSON without personal data, and its RFC 6962 hash."""

    office_id = models.BigIntegerField()
    index = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    case = models.CharField(max_length=60, db_index=True)
    leaf = models.TextField()
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["office_id", "index"], name="one_entry_per_index")]

    def __str__(self) -> str:
        return f"{self.index} {self.kind} {self.case}"


class LedgerHead(models.Model):
    """The writers' queue of one office, and the last signed checkpoint."""

    office_id = models.BigIntegerField(unique=True)
    size = models.BigIntegerField(default=0)
    checkpoint = models.TextField(default="")
    signed_size = models.BigIntegerField(default=0)
    signed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.office_id}: {self.size}"
