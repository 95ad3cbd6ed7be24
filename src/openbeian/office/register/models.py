"""Registrations, their versions, and the serials numbers come from."""

from django.db import models

from openbeian.office.accounts.models import Office, Organisation
from openbeian.office.filings.models import Filing, Service


class Serial(models.Model):
    """The last serial of a series; gap-free because it is raised under a lock in the act's transaction."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    series = models.CharField(max_length=40)
    last = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["office", "series"], name="one_serial_per_series")]

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"


class Registration(models.Model):
    """One registered service, by the number that was given once and is never used again."""

    class State(models.TextChoices):
        """Whether the registration holds."""

        IN_FORCE = "in_force", "有效"
        SUSPENDED = "suspended", "暂停"
        CANCELLED = "cancelled", "注销"

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    service = models.OneToOneField(Service, on_delete=models.PROTECT, related_name="registration")
    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, related_name="+")
    track = models.CharField(max_length=30)
    number = models.CharField(max_length=120, unique=True)
    number_folded = models.CharField(max_length=120, unique=True)
    is_simulated = models.BooleanField()
    assigned_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.IN_FORCE)
    service_name = models.CharField(max_length=200)
    org_name = models.CharField(max_length=200)
    search_text = models.TextField()

    class Meta:
        ordering = ["-assigned_at", "-pk"]

    def __str__(self) -> str:
        return self.number


class RegistrationVersion(models.Model):
    """The public parts in force since a filing was published."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="versions")
    filing = models.ForeignKey(Filing, on_delete=models.PROTECT)
    manifest = models.JSONField()
    parts = models.JSONField()
    since = models.DateTimeField()

    class Meta:
        ordering = ["since", "pk"]

    def __str__(self) -> str:
        return f"{self.registration} {self.since:%Y-%m-%d}"
