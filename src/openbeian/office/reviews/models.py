"""Packages, seats, marks and outcomes of human reviews. Triggers in the database refuse to change or delete any of them."""

from django.db import models

from openbeian.office.accounts.models import Office, Organisation, User
from openbeian.office.filings.models import Service


class ReviewPackage(models.Model):
    """One sample to be marked, as it was handed in. `content` is the task's canonical JSON, `digest` the task's digest."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="reviews")
    code = models.CharField(max_length=20, unique=True)
    population = models.CharField(max_length=20)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    content = models.TextField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            # A sample is marked once: nobody begins again until the outcome pleases.
            models.UniqueConstraint(fields=["organisation", "digest"], name="one_review_per_sample")
        ]

    def __str__(self) -> str:
        return self.code


class Seating(models.Model):
    """Who sits on a seat, from when on; the newest row of a seat counts."""

    package = models.ForeignKey(ReviewPackage, on_delete=models.PROTECT, related_name="seatings")
    seat = models.CharField(max_length=10)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seated_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            # Nobody holds two seats of one review, not even one after the other.
            models.UniqueConstraint(fields=["package", "user"], name="one_seat_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.package} {self.seat} {self.user}"


class ReviewMark(models.Model):
    """One verdict on one item from one seat. A second one for the same seat and item cannot be written."""

    package = models.ForeignKey(ReviewPackage, on_delete=models.PROTECT, related_name="marks")
    seat = models.CharField(max_length=10)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    item = models.CharField(max_length=300)
    verdict = models.CharField(max_length=20)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["package", "seat", "item"], name="one_mark_per_seat_and_item")]

    def __str__(self) -> str:
        return f"{self.package} {self.seat} {self.item}"


class ReviewOutcome(models.Model):
    """That every item is settled, and the digest of the marks as they are handed out."""

    package = models.OneToOneField(ReviewPackage, on_delete=models.PROTECT, related_name="outcome")
    marks_sha256 = models.CharField(max_length=64)
    completed_at = models.DateTimeField()
    ledger_index = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.package} {self.marks_sha256[:12]}"
