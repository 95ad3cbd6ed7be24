"""Persistence of services, drafts, cases and rounds. Rounds are immutable: triggers refuse changes."""

from django.conf import settings
from django.db import models

from openbeian.office.accounts.models import Office, Organisation, User


class Service(models.Model):
    """A provider's service, known by its slug within the organisation."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    slug = models.SlugField(max_length=63)
    name = models.CharField(max_length=200)
    name_latin = models.CharField(max_length=40)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "slug"], name="one_service_per_slug")]

    def __str__(self) -> str:
        return self.name


class Draft(models.Model):
    """What a provider works on before it is handed in; the office never sees it."""

    service = models.OneToOneField(Service, on_delete=models.CASCADE, related_name="draft")
    manifest_source = models.TextField()
    findings = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"{self.service} (draft)"


class Filing(models.Model):
    """A case at the office. `state` is written by `filings.services.move` alone."""

    class Kind(models.TextChoices):
        """Why the case was opened."""

        INITIAL = "initial", "首次"
        CHANGE = "change", "变更"

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="filings")
    number = models.CharField(max_length=20)
    track = models.CharField(max_length=30)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.INITIAL)
    state = models.CharField(max_length=30)
    pack_edition = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    change_reason = models.TextField(blank=True, default="")
    test_passed = models.BooleanField(null=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["office", "number"], name="one_case_per_number")]

    def __str__(self) -> str:
        return self.number


class CaseSerial(models.Model):
    """The last case number given in a year."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    year = models.IntegerField()
    last = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["office", "year"], name="one_serial_per_year")]

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Round(models.Model):
    """One immutable submission. `digest` is over manifest, findings, evidence and attachments."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, related_name="rounds")
    number = models.IntegerField()
    manifest = models.JSONField()
    manifest_source = models.TextField()
    findings = models.JSONField()
    evidence = models.JSONField()
    attachments = models.JSONField()
    digest = models.CharField(max_length=64)
    note = models.TextField(blank=True, default="")
    submitted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["filing", "number"], name="rounds_are_numbered")]

    def __str__(self) -> str:
        return f"{self.filing} #{self.number}"


class Supplement(models.Model):
    """A request for missing or unclear material (补正)."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, related_name="supplements")
    round = models.ForeignKey(Round, on_delete=models.PROTECT)
    number = models.IntegerField()
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.filing} BZ-{self.number}"


class SupplementItem(models.Model):
    """One thing asked for, and its answer."""

    supplement = models.ForeignKey(Supplement, on_delete=models.PROTECT, related_name="items")
    position = models.IntegerField()
    clause = models.CharField(max_length=40, blank=True)
    path = models.CharField(max_length=120, blank=True)
    reason_code = models.CharField(max_length=10, blank=True)
    request = models.TextField()
    answer = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.request[:40]


class ChecklistMark(models.Model):
    """The office's mark on one item of the review checklist for one round."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="marks")
    item = models.CharField(max_length=20)
    verdict = models.CharField(max_length=10)
    note = models.TextField(blank=True, default="")
    by = models.ForeignKey(User, on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "item"], name="one_mark_per_item")]

    def __str__(self) -> str:
        return f"{self.item} {self.verdict}"


class Opinion(models.Model):
    """A reviewer's signed opinion, bound to the digest of the round it is about."""

    class Recommendation(models.TextChoices):
        """What the reviewer recommends."""

        PASS = "pass", "同意"
        REJECT = "reject", "不予备案"

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, related_name="opinions")
    round = models.ForeignKey(Round, on_delete=models.PROTECT)
    round_digest = models.CharField(max_length=64)
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT)
    recommendation = models.CharField(max_length=10, choices=Recommendation.choices)
    reason = models.TextField()
    signed_at = models.DateTimeField()
    decision = models.CharField(max_length=10, blank=True, default="")
    approver = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["signed_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approver__isnull=True) | ~models.Q(approver=models.F("reviewer")),
                name="the_approver_is_another_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.filing} {self.recommendation}"


class Recusal(models.Model):
    """A person who may not touch this case."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, related_name="recusals")
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["filing", "user"], name="one_recusal_per_person")]

    def __str__(self) -> str:
        return f"{self.filing} {self.user}"


class ActRecord(models.Model):
    """The timeline: every act on a case, with the ledger entry it left."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, related_name="acts")
    act = models.CharField(max_length=40)
    from_state = models.CharField(max_length=30)
    to_state = models.CharField(max_length=30)
    at = models.DateTimeField()
    role = models.CharField(max_length=20)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    facts = models.JSONField(default=dict)
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.filing} {self.act}"
