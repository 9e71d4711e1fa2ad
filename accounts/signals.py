"""Signals of accounts, sent inside the transaction of what happened."""

from django.dispatch import Signal

# user: User, just registered; the address is not verified yet.
user_registered = Signal()
# user: User, who has proven that the address is theirs, whether it is the first one or a new one.
email_verified = Signal()
# seller: Seller, whose shop was opened (again): status "active", the user's role is "seller".
seller_approved = Signal()
# seller: Seller, whose application was rejected: status "rejected".
seller_rejected = Signal()
# seller: Seller, whose shop was closed: status "suspended"; its products are no longer public.
seller_suspended = Signal()
