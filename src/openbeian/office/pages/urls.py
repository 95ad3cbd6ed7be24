"""Addresses of the pages above the apps."""

from django.urls import path
from django.views.i18n import set_language

from openbeian.office.pages import case_views, service_views, views

CASE = "office/cases/<str:number>/"

urlpatterns = [
    path("", views.home, name="home"),
    path("about/", views.about, name="about"),
    path("ledger/", views.ledger_page, name="ledger"),
    path("language/", set_language, name="set_language"),
    path("type/", views.set_type, name="set_type"),
    path("work/", views.work, name="work"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("provider/", service_views.services_list, name="provider"),
    path("provider/services/<slug:slug>/", service_views.service, name="service"),
    path("provider/services/<slug:slug>/drift/", service_views.write_drift, name="write_drift"),
    path("office/", case_views.queue, name="queue"),
    path("office/ledger/", views.office_ledger, name="office_ledger"),
    path(CASE, case_views.case, name="case"),
    path(f"{CASE}acts/<slug:act>/", case_views.perform, name="act"),
    path(f"{CASE}supplement/", case_views.supplement, name="request_supplement"),
    path(f"{CASE}checklist/", case_views.marks, name="marks"),
    path(f"{CASE}recuse/", case_views.recuse, name="recuse"),
]
