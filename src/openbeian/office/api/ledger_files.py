"""The ledger's raw files, public and cacheable: head, key, entries, hashes, receipts."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from openbeian.evidence.merkle import leaf_hash
from openbeian.office import recording
from openbeian.office.accounts.queries import this_office
from openbeian.office.doors import now
from openbeian.office.ledgering import queries

TEXT = "text/plain; charset=utf-8"


@require_GET
def checkpoint(request: HttpRequest) -> HttpResponse:
    """Answer with the signed head over all entries so far."""
    del request
    return HttpResponse(recording.sign_head(this_office().pk, now=now()), content_type=TEXT)


@require_GET
def public_key(request: HttpRequest) -> HttpResponse:
    """Answer with the key that signs the heads."""
    del request
    return HttpResponse(recording.ledger_key().public.text() + "\n", content_type=TEXT)


@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """Answer with the entries under the last head, one canonical leaf a line."""
    del request
    office_id = this_office().pk
    lines = "".join(f"{leaf}\n" for leaf in queries.leaves(office_id, queries.head(office_id).size))
    return HttpResponse(lines, content_type="application/jsonl; charset=utf-8")


@require_GET
def leaf_hashes(request: HttpRequest) -> HttpResponse:
    """Answer with the hashes of those entries, one a line."""
    del request
    office_id = this_office().pk
    size = queries.head(office_id).size
    return HttpResponse(
        "".join(f"{leaf_hash(leaf.encode()).hex()}\n" for leaf in queries.leaves(office_id, size)), content_type=TEXT
    )


@require_GET
def receipt(request: HttpRequest, index: int) -> HttpResponse:
    """Answer with the receipt of one entry, to keep and to verify offline."""
    del request
    office_id = this_office().pk
    recording.sign_head(office_id, now=now())
    found = queries.receipt(office_id, index, recording.ledger_key().public.text())
    if found is None:
        raise Http404
    answer = HttpResponse(found.model_dump_json(indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{index}.json"'
    return answer
