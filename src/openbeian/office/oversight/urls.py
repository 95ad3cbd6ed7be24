"""Addresses of complaints, receipts and drift."""

from django.urls import path

from openbeian.office.oversight import views

urlpatterns = [
    path("complain/", views.complain, name="complain"),
    path("receipts/", views.receipts, name="receipts"),
    path("receipts/<str:code>/", views.receipt, name="receipt"),
    path("provider/complaints/", views.provider_complaints, name="provider_complaints"),
    path("provider/complaints/<str:code>/", views.provider_complaint, name="provider_complaint"),
    path("office/complaints/", views.office_complaints, name="office_complaints"),
    path("office/complaints/<str:code>/", views.office_complaint, name="office_complaint"),
    path("office/drift/", views.office_drift, name="office_drift"),
]
