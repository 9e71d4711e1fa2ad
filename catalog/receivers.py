from typing import Any

from django.dispatch import receiver

from accounts.models import Seller
from accounts.signals import seller_approved
from catalog.services.stock import default_location


@receiver(seller_approved)
def make_first_location(sender: Any, seller: Seller, **kwargs: Any) -> None:
    default_location(seller_id=seller.pk)
