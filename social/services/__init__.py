from social.services.follows import follow, unfollow
from social.services.notifications import notify, read_all, read_notification
from social.services.reviews import change_review, delete_review, reply_to_review, write_review

__all__ = [
    "change_review",
    "delete_review",
    "follow",
    "notify",
    "read_all",
    "read_notification",
    "reply_to_review",
    "unfollow",
    "write_review",
]
