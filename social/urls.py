"""Relative to /api/v1/."""

from django.urls import URLPattern, path

from social.views import follows, notifications, reviews, talk, wishes

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
    one("reviews/<str:id>/photos", reviews.Photos, "review-photos", {"post": "create"}),
    one("reviews/<str:id>/photos/<str:photo>", reviews.Photos, "review-photo", DELETE_ONE),
    one(
        "reviews/<str:id>/helpful",
        reviews.Opinions,
        "review-helpful",
        {"post": "helpful", "delete": "unhelpful"},
    ),
    one("reviews/<str:id>/report", reviews.Opinions, "review-report", {"post": "report"}),
    many("admin/reviews", reviews.StaffReviews, "staff-reviews"),
    one("admin/reviews/<str:id>/hide", reviews.StaffReviews, "hide-review", {"post": "hide"}),
    one("admin/reviews/<str:id>/publish", reviews.StaffReviews, "publish-review", {"post": "publish"}),
    many("wishlist", wishes.Wishes, "wishes", READ_AND_ADD),
    one("wishlist/<str:id>", wishes.Wishes, "wish", DELETE_ONE),
    many("wishlists", wishes.Wishlists, "wishlists", READ_AND_ADD),
    path("wishlists/shared/<str:token>", wishes.SharedWishlist.as_view(), name="shared-wishlist"),
    one("wishlists/<str:id>", wishes.Wishlists, "wishlist", {"get": "retrieve"} | WRITE_ONE),
    one(
        "wishlists/<str:id>/share", wishes.Wishlists, "share-wishlist", {"post": "share", "delete": "unshare"}
    ),
    many("notify-me", wishes.Watches, "watches"),
    path("products/<str:product_id>/notify-me", wishes.NotifyMe.as_view(), name="notify-me"),
    many("recently-viewed", wishes.RecentlyViewed, "recently-viewed", READ_AND_ADD | {"delete": "clear"}),
    many("products/<str:product_id>/also-bought", wishes.AlsoBought, "also-bought"),
    many("products/<str:product_id>/questions", talk.ProductQuestions, "product-questions", READ_AND_ADD),
    one("questions/<str:id>", talk.Questions, "question", DELETE_ONE),
    one("questions/<str:id>/answers", talk.Questions, "answer-question", {"post": "answer"}),
    one("answers/<str:id>", talk.Answers, "answer", DELETE_ONE),
    many("messages", talk.Messages, "messages", READ_AND_ADD),
    many("messages/read", talk.Messages, "read-messages", {"post": "read"}),
    one("messages/<str:id>/attachments/<str:attachment>", talk.Messages, "attachment", {"get": "attachment"}),
]
