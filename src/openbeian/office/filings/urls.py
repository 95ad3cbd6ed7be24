"""Addresses of the provider's work on services and cases."""

from django.urls import path

from openbeian.office.filings import views

SERVICE = "provider/services/<slug:slug>/"

urlpatterns = [
    path("provider/track/", views.track, name="track"),
    path("provider/new/", views.new_service, name="new_service"),
    path("provider/rules/", views.rules, name="rules"),
    path(f"{SERVICE}manifest/", views.manifest, name="manifest"),
    path(f"{SERVICE}findings/", views.findings, name="findings"),
    path(f"{SERVICE}submit/", views.hand_in, name="hand_in"),
    path(f"{SERVICE}supplement/", views.supplement, name="supplement"),
    path(f"{SERVICE}change/", views.change, name="change"),
    path(f"{SERVICE}dossier/", views.dossier, name="dossier"),
    path(f"{SERVICE}dossier.zip", views.dossier_zip, name="dossier_zip"),
    path("provider/cases/<str:number>/withdraw/", views.withdraw, name="withdraw"),
    path("provider/cases/<str:number>/rounds/<int:round_number>/", views.rounds, name="provider_round"),
    path("office/cases/<str:number>/rounds/<int:round_number>/", views.rounds, name="office_round"),
    path("cases/<str:number>/files/<str:sha256>/", views.attachment, name="attachment"),
]
