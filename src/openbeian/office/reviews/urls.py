"""Addresses of human reviews."""

from django.urls import path

from openbeian.office.reviews import views

REVIEW = "provider/reviews/<str:code>/"

urlpatterns = [
    path("provider/reviews/", views.reviews, name="reviews"),
    path("provider/services/<slug:slug>/reviews/new/", views.new_review, name="new_review"),
    path(REVIEW, views.review, name="review"),
    path(f"{REVIEW}seats/", views.seats, name="review_seats"),
    path(f"{REVIEW}marks.jsonl", views.marks_file, name="review_marks"),
    path(f"{REVIEW}mark/", views.next_item, name="review_next"),
    path(f"{REVIEW}mark/<int:position>/", views.item, name="review_item"),
]
