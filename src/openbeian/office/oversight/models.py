"""Complaints and drift reports."""

from django.db import models

from openbeian.office.accounts.models import Office, Organisation
from openbeian.office.filings.models import Service
from openbeian.office.register.models import Registration


class Complaint(models.Model):
    """A user's complaint on a registered service. `contact` is sealed."""

    class State(models.TextChoices):
        """How far it is."""

        RECEIVED = "received", "已收到"
        FORWARDED = "forwarded", "已转提供者"
        ANSWERED = "answered", "提供者已答复"
        CLOSED = "closed", "已办结"

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="complaints")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    code = models.CharField(max_length=20, unique=True)
    text = models.TextField()
    contact = models.TextField(blank=True)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    forwarded_at = models.DateTimeField(null=True)
    provider_answer = models.TextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering = ["received_at", "pk"]

    def __str__(self) -> str:
        return self.code


class DriftReport(models.Model):
    """What a gateway found when it held the running service against the filing; no items means it runs as filed."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="drift_reports")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    received_at = models.DateTimeField()
    items = models.JSONField()
    is_material = models.BooleanField()

    class Meta:
        ordering = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.service} {len(self.items)}"
