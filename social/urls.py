"""Relative to /api/v1/."""

from django.urls import URLPattern, path

from social.views import follows, notifications, reviews

READ_MANY = {"get": "list"}
READ_AND_ADD = READ_MANY | {"post": "create"}
WRITE_ONE = {"patch": "partial_update", "delete": "destroy"}
DELETE_ONE = {"delete": "destroy"}


def many(route: str, view: type, name: str, acts: dict[str, str] = READ_MANY) -> URLPattern:
    return path(route, view.as_view(acts, detail=False), name=name)  # type: ignore[attr-defined]


def one(route: str, view: type, name: str, acts: dict[str, str]) -> URLPattern:
    return path(route, view.as_view(acts, detail=True), name=name)  # type: ignore[attr-defined]


urlpatterns = [
    many("follow", follows.Follows, "follows", READ_AND_ADD),
    one("follow/<str:id>", follows.Follows, "follow", DELETE_ONE),
    many("feed", follows.Feed, "feed"),
    many("sellers/me/followers", follows.Followers, "followers"),
    many("sellers/me/blocks", follows.Blocks, "blocks", READ_AND_ADD),
    one("sellers/me/blocks/<str:id>", follows.Blocks, "block", DELETE_ONE),
    many("sellers/me/announcements", follows.Announcements, "announcements", READ_AND_ADD),
    one("sellers/me/announcements/<str:id>", follows.Announcements, "announcement", DELETE_ONE),
    many("notifications", notifications.Notifications, "notifications"),
    many(
        "notifications/read-all", notifications.Notifications, "notifications-read-all", {"post": "read_all"}
    ),
    one("notifications/<str:id>/read", notifications.Notifications, "notification-read", {"post": "read"}),
    path("notifications/preferences", notifications.Preferences.as_view(), name="preferences"),
    path("notifications/unsubscribe", notifications.Unsubscribe.as_view(), name="unsubscribe"),
    path("me/public", notifications.PublicSelf.as_view(), name="public-self"),
    many("products/<str:product_id>/reviews", reviews.ProductReviews, "product-reviews", READ_AND_ADD),
    one("reviews/<str:id>", reviews.Reviews, "review", WRITE_ONE),
    one("reviews/<str:id>/reply", reviews.Replies, "review-reply", {"post": "reply"}),
]
