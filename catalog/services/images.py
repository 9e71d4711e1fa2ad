"""A product's pictures."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from PIL import Image

from catalog.errors import TooManyImages
from catalog.models import Product, ProductImage
from catalog.services.products import count_edit
from config.shared import pictures
from config.shared.pictures import LARGEST, decode, remove_files

MAX_IMAGES = 50
THUMBNAILS = {"small": 160, "medium": 480, "large": 1080}


def add_image(*, product_id: int, upload: Any, alt: str, lock: Any, source_url: str = "") -> ProductImage:
    """Stores the picture and its thumbnails. Raises 400 for a file that is not a picture, TooManyImages.

    `lock(product_id)` locks and returns the product; it is called after decoding and after writing the files.
    """
    picture = decode(upload)
    names = store(picture)
    try:
        with transaction.atomic():
            return insert_image(lock(product_id), picture, names, alt, source_url)
    except BaseException:
        remove_files(names.values())
        raise


def insert_image(
    product: Product, picture: Image.Image, names: dict[str, str], alt: str, source_url: str = ""
) -> ProductImage:
    """Needs the product locked."""
    if product.images.count() >= MAX_IMAGES:
        raise TooManyImages
    count_edit(product)
    thumbnails = {size: names[size] for size in THUMBNAILS}
    last = product.images.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    width, height = picture.size
    values = {"width": width, "height": height, "alt": alt, "position": position, "thumbnails": thumbnails}
    values["source_url"] = source_url
    return ProductImage.objects.create(product=product, image=names["full"], **values)


def store(picture: Image.Image) -> dict[str, str]:
    """Writes the picture and its thumbnails and returns their file names; on failure it removes what it wrote."""
    return pictures.store(picture, under="products", sizes={"full": LARGEST, **THUMBNAILS})


@transaction.atomic
def delete_image(*, image: ProductImage, product: Product) -> None:
    """Needs the product locked. The files are deleted after the transaction commits."""
    count_edit(product)
    files = image.files
    image.delete()
    transaction.on_commit(lambda: remove_files(files), robust=True)
