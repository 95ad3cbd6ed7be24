"""All pages of the office, gathered from the apps."""

from django.urls import include, path

from openbeian.office.filings.urls import urlpatterns as filings
from openbeian.office.notices.urls import urlpatterns as notices
from openbeian.office.oversight.urls import urlpatterns as oversight
from openbeian.office.pages.urls import urlpatterns as pages
from openbeian.office.register.urls import urlpatterns as register
from openbeian.office.reviews.urls import urlpatterns as reviews

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    *pages,
    *register,
    *notices,
    *oversight,
    *reviews,
    *filings,
]
