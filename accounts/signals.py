"""What accounts announces, inside the transaction of what happened."""

from django.dispatch import Signal

# user: User, just registered; the address is not verified yet.
user_registered = Signal()
# user: User, who has shown that the address is theirs, be it the first one or another.
email_verified = Signal()
# seller: Seller, whose shop has been opened (again): status "active", the user's role is "seller".
seller_approved = Signal()
# seller: Seller, whose application was turned down: status "rejected".
seller_rejected = Signal()
# seller: Seller, whose shop was closed: status "suspended"; its products are no longer public.
seller_suspended = Signal()
