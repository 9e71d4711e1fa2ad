"""Relative to /api/v1/."""

from django.urls import path

from social import views

READ_MANY = {"get": "list"}
READ_AND_ADD = READ_MANY | {"post": "create"}
WRITE_ONE = {"patch": "partial_update", "delete": "destroy"}

urlpatterns = [
    path("follow", views.Follows.as_view(READ_AND_ADD, detail=False), name="follows"),
    path("follow/<str:id>", views.Follows.as_view({"delete": "destroy"}, detail=True), name="follow"),
    path("feed", views.Feed.as_view(READ_MANY, detail=False), name="feed"),
    path("notifications", views.Notifications.as_view(READ_MANY, detail=False), name="notifications"),
    path(
        "notifications/read-all",
        views.Notifications.as_view({"post": "read_all"}, detail=False),
        name="notifications-read-all",
    ),
    path(
        "notifications/<str:id>/read",
        views.Notifications.as_view({"post": "read"}, detail=True),
        name="notification-read",
    ),
    path(
        "products/<str:product_id>/reviews",
        views.ProductReviews.as_view(READ_AND_ADD, detail=False),
        name="product-reviews",
    ),
    path("reviews/<str:id>", views.Reviews.as_view(WRITE_ONE, detail=True), name="review"),
    path(
        "reviews/<str:id>/reply", views.Replies.as_view({"post": "reply"}, detail=True), name="review-reply"
    ),
]
