from social.models.following import Block, Follow
from social.models.notifications import (
    CAN_WAIT,
    CHANNELS,
    OF_FOLLOWED,
    Kind,
    Notification,
    SocialSettings,
    public_name,
    settings_of,
)
from social.models.posts import Broadcast, Post
from social.models.reviews import Review

__all__ = [
    "CAN_WAIT",
    "CHANNELS",
    "OF_FOLLOWED",
    "Block",
    "Broadcast",
    "Follow",
    "Kind",
    "Notification",
    "Post",
    "Review",
    "SocialSettings",
    "public_name",
    "settings_of",
]
