"""A shop's logo."""

from typing import Any

from django.db import transaction

from accounts.models import Seller
from config.shared import pictures

SIZES = {"logo": 512}  # pixels of the longer side


def set_logo(*, seller_id: int, upload: Any) -> Seller:
    """Stores the picture and removes the previous one. Raises 400 at /logo. Takes the shop's lock after decoding."""
    picture = pictures.decode(upload, pointer="logo")
    names = pictures.store(picture, under="logos", sizes=SIZES)
    try:
        return replace_logo(seller_id=seller_id, name=names["logo"])
    except BaseException:
        pictures.remove_files(names.values())
        raise


@transaction.atomic
def replace_logo(*, seller_id: int, name: str = "") -> Seller:
    """Sets the logo; without a name, removes it. The old file is removed after the commit."""
    shop = Seller.objects.select_for_update(no_key=True).get(pk=seller_id)
    before, shop.logo.name = shop.logo.name, name
    shop.version += 1
    shop.save(update_fields=["logo", "version"])
    if before:
        transaction.on_commit(lambda: pictures.remove_files([before]), robust=True)
    return shop
