from social.services.broadcasts import tell_followers
from social.services.follows import block, check_not_blocked, doer_of, follow, unfollow
from social.services.history import compute_also_bought, forget_views, remember_view
from social.services.mails import are_mails_due, send_due_mails
from social.services.notifications import notify, read_all, read_notification
from social.services.posts import delete_announcement, post_all_news, post_announcement, post_news
from social.services.preferences import change_settings, unsubscribe
from social.services.resending import mails_of, resend_mail
from social.services.review_care import (
    add_photo,
    delete_photo,
    hide_review,
    publish_review,
    report_review,
    take_vote_back,
    vote_helpful,
)
from social.services.reviews import change_review, delete_review, reply_to_review, write_review
from social.services.shops import tell_of_low_stock
from social.services.talk import answer, ask, read_messages, send_message
from social.services.wishes import (
    add_wish,
    alert_watchers,
    create_wishlist,
    share_wishlist,
    stop_sharing,
    stop_watching,
    watch_product,
)

__all__ = [
    "add_photo",
    "add_wish",
    "alert_watchers",
    "answer",
    "are_mails_due",
    "ask",
    "block",
    "change_review",
    "change_settings",
    "check_not_blocked",
    "compute_also_bought",
    "create_wishlist",
    "delete_announcement",
    "delete_photo",
    "delete_review",
    "doer_of",
    "follow",
    "forget_views",
    "hide_review",
    "mails_of",
    "notify",
    "post_all_news",
    "post_announcement",
    "post_news",
    "publish_review",
    "read_all",
    "read_messages",
    "read_notification",
    "remember_view",
    "reply_to_review",
    "report_review",
    "resend_mail",
    "send_due_mails",
    "send_message",
    "share_wishlist",
    "stop_sharing",
    "stop_watching",
    "take_vote_back",
    "tell_followers",
    "tell_of_low_stock",
    "unfollow",
    "unsubscribe",
    "vote_helpful",
    "watch_product",
    "write_review",
]
