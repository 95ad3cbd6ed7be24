"""Offices, organisations, users, API tokens."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from openbeian.office.accounts.actors import ACCOUNT_ROLES


class Office(models.Model):
    """A filing office; one deployment serves one, tables are ready for several."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=40, help_text="属地拼音，用于编号")
    is_demo = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """A provider's organisation."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    uscc = models.CharField(max_length=18)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["office", "uscc"], name="one_organisation_per_credit_code")]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person with one role, at the office or for an organisation."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT, null=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, blank=True)
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in sorted(ACCOUNT_ROLES)])
    display_name = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role="provider_member", organisation__isnull=False)
                | (~models.Q(role="provider_member") & models.Q(organisation__isnull=True)),
                name="only_providers_have_an_organisation",
            )
        ]

    def __str__(self) -> str:
        return self.display_name or self.username


class ApiToken(models.Model):
    """A bearer token; only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.label
