"""Addresses of notices and objections."""

from django.urls import path

from openbeian.office.notices import views

urlpatterns = [
    path("notices/", views.notice_list, name="notices"),
    path("notices/<str:number>/", views.notice_page, name="notice"),
    path("notices/<str:number>/object/", views.objection_form, name="object"),
    path("office/objections/", views.office_objections, name="office_objections"),
    path("office/objections/<str:code>/", views.office_objection, name="office_objection"),
]
