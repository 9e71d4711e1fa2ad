from social.services.broadcasts import tell_followers
from social.services.follows import block, check_not_blocked, doer_of, follow, unfollow
from social.services.mails import send_due_mails, send_mails
from social.services.notifications import notify, read_all, read_notification
from social.services.posts import delete_announcement, post_announcement, post_news
from social.services.preferences import change_settings, unsubscribe
from social.services.reviews import change_review, delete_review, reply_to_review, write_review
from social.services.shops import tell_of_low_stock

__all__ = [
    "block",
    "change_review",
    "change_settings",
    "check_not_blocked",
    "delete_announcement",
    "delete_review",
    "doer_of",
    "follow",
    "notify",
    "post_announcement",
    "post_news",
    "read_all",
    "read_notification",
    "reply_to_review",
    "send_due_mails",
    "send_mails",
    "tell_followers",
    "tell_of_low_stock",
    "unfollow",
    "unsubscribe",
    "write_review",
]
