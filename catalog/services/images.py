"""Pictures: decoded, checked, and written anew, so that nothing of the upload but its pixels is served."""

import struct
import uuid
import zlib
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max
from PIL import Image, ImageOps, UnidentifiedImageError

from catalog.errors import TooManyImages
from catalog.models import Product, ProductImage
from catalog.services.products import count_edit
from config.shared.errors import invalid

FORMATS = ["JPEG", "PNG", "WEBP", "GIF"]
MAX_PIXELS = 40_000_000
MAX_IMAGES = 50
LARGEST = 2048  # pixels of the longer side that is kept
THUMBNAILS = {"small": 160, "medium": 480, "large": 1080}
BROKEN = (
    OSError, ValueError, SyntaxError, struct.error, zlib.error, EOFError, IndexError, KeyError, TypeError, OverflowError,
    MemoryError, ZeroDivisionError, UnidentifiedImageError, Image.DecompressionBombError,
)  # fmt: skip


def add_image(*, product_id: int, upload: Any, alt: str, lock: Any) -> ProductImage:
    """Stores the picture and its thumbnails. Raises 400 for what is no picture, TooManyImages.

    `lock(product_id)` returns the product locked; decoding and writing files happen before.
    """
    picture = decode(upload)
    names = store(picture)
    try:
        with transaction.atomic():
            return insert_image(lock(product_id), picture, names, alt)
    except BaseException:
        remove_files(names.values())
        raise


def insert_image(product: Product, picture: Image.Image, names: dict[str, str], alt: str) -> ProductImage:
    """Needs the product locked."""
    if product.images.count() >= MAX_IMAGES:
        raise TooManyImages
    count_edit(product)
    thumbnails = {size: names[size] for size in THUMBNAILS}
    last = product.images.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    width, height = picture.size
    values = {"width": width, "height": height, "alt": alt, "position": position, "thumbnails": thumbnails}
    return ProductImage.objects.create(product=product, image=names["full"], **values)


def decode(upload: Any) -> Image.Image:
    """The first frame of the picture, upright, at most LARGEST wide or high."""
    try:
        image: Image.Image = Image.open(upload, formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise invalid("image", f"At most {MAX_PIXELS // 1_000_000} million pixels.", "too_many_pixels")
        image.draft("RGB", (LARGEST, LARGEST))
        image.load()
        image = ImageOps.exif_transpose(image).convert("RGBA" if has_alpha(image) else "RGB")
        image.thumbnail((LARGEST, LARGEST))
    except BROKEN:
        raise invalid("image", "This is not a JPEG, PNG, WebP or GIF picture.", "invalid_image") from None
    return image


def has_alpha(image: Image.Image) -> bool:
    return image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info


def store(picture: Image.Image) -> dict[str, str]:
    """Writes the picture and its thumbnails; returns their names, or leaves nothing behind."""
    folder, names = uuid.uuid4().hex, {}
    try:
        for size, longest in {"full": LARGEST, **THUMBNAILS}.items():
            content = ContentFile(encode(picture, longest))
            names[size] = default_storage.save(f"products/{folder}/{size}.webp", content)
    except BaseException:
        remove_files(names.values())
        raise
    return names


def encode(picture: Image.Image, longest: int) -> bytes:
    """As WebP, without the metadata (where it was taken, by which camera)."""
    copy = picture.copy()
    copy.thumbnail((longest, longest))
    copy.info.clear()
    buffer = BytesIO()
    copy.save(buffer, "WEBP", quality=82, method=4)
    return buffer.getvalue()


@transaction.atomic
def delete_image(*, image: ProductImage, product: Product) -> None:
    """Needs the product locked. The files go when the transaction has committed."""
    count_edit(product)
    files = image.files
    image.delete()
    transaction.on_commit(lambda: remove_files(files), robust=True)


def remove_files(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)
