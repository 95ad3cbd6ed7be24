"""Notices and objections."""

from django.db import models

from openbeian.office.accounts.models import Office, User
from openbeian.office.filings.models import Filing, Round


class Notice(models.Model):
    """The public notice of one round's five public parts."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    filing = models.OneToOneField(Filing, on_delete=models.PROTECT, related_name="notice")
    round = models.ForeignKey(Round, on_delete=models.PROTECT)
    parts = models.JSONField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return f"notice {self.filing}"


class Objection(models.Model):
    """Someone's objection during the notice. `contact` is sealed; nobody else's statement is published unread."""

    class State(models.TextChoices):
        """How far the office is."""

        RECEIVED = "received", "已收到"
        VERIFYING = "verifying", "核验中"
        ANSWERED = "answered", "已答复"

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="objections")
    code = models.CharField(max_length=20, unique=True)
    part = models.CharField(max_length=30)
    statement = models.TextField()
    contact = models.TextField(blank=True)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    verification = models.TextField(blank=True, default="")
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True, default="")
    is_upheld = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering = ["received_at", "pk"]

    def __str__(self) -> str:
        return self.code
