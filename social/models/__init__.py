from social.models.following import Block, Follow
from social.models.history import AlsoBought, RecentView
from social.models.notifications import (
    ALERTS,
    CAN_WAIT,
    CHANNELS,
    MAY_SETTLE,
    OF_FOLLOWED,
    Kind,
    Notification,
    SocialSettings,
    public_name,
    settings_of,
)
from social.models.posts import Broadcast, Post
from social.models.reviews import Review, ReviewPhoto, ReviewReport, ReviewVote
from social.models.talk import Answer, Attachment, Message, Question, parties
from social.models.wishlists import Watch, Wishlist, WishlistItem

__all__ = [
    "ALERTS",
    "CAN_WAIT",
    "CHANNELS",
    "MAY_SETTLE",
    "OF_FOLLOWED",
    "AlsoBought",
    "Answer",
    "Attachment",
    "Block",
    "Broadcast",
    "Follow",
    "Kind",
    "Message",
    "Notification",
    "Post",
    "Question",
    "RecentView",
    "Review",
    "ReviewPhoto",
    "ReviewReport",
    "ReviewVote",
    "SocialSettings",
    "Watch",
    "Wishlist",
    "WishlistItem",
    "parties",
    "public_name",
    "settings_of",
]
