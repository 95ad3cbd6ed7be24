"""All addresses of the office: the API, the ledger's files, health, and the pages."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from openbeian.office.api import ledger_files as ledger
from openbeian.office.api.root import api


def livez(request: HttpRequest) -> HttpResponse:
    """Answer that the process lives."""
    del request
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("livez", livez, name="livez"),
    path("api/v1/", api.urls),
    path("ledger/checkpoint", ledger.checkpoint, name="ledger-checkpoint"),
    path("ledger/public-key", ledger.public_key, name="ledger-public-key"),
    path("ledger/entries.jsonl", ledger.entries, name="ledger-entries"),
    path("ledger/leaf-hashes", ledger.leaf_hashes, name="ledger-leaf-hashes"),
    path("ledger/receipt/<int:index>.json", ledger.receipt, name="ledger-receipt"),
    path("", include("openbeian.office.site_urls")),
]
handler400 = "openbeian.office.refusals.bad_request"
handler403 = "openbeian.office.refusals.forbidden"
handler404 = "openbeian.office.refusals.not_found"
handler500 = "openbeian.office.refusals.server_error"
