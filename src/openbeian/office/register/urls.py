"""Addresses of the register."""

from django.urls import path

from openbeian.office.register import views

urlpatterns = [
    path("register/", views.register_list, name="register"),
    path("register/<str:number>/", views.register_entry, name="register_entry"),
    path("verify/", views.verify, name="verify"),
    path("verify/<str:number>/", views.verify_number, name="verify_number"),
]
