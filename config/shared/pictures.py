"""Uploaded pictures: decoded, checked and encoded again, so that only the upload's pixels are ever served."""

import struct
import uuid
import zlib
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps, UnidentifiedImageError

from config.shared.errors import invalid

FORMATS = ["JPEG", "PNG", "WEBP", "GIF"]
MAX_PIXELS = 40_000_000
LARGEST = 2048  # pixels of the longer side; larger pictures are scaled down
BROKEN = (
    OSError, ValueError, SyntaxError, struct.error, zlib.error, EOFError, IndexError, KeyError, TypeError, OverflowError,
    MemoryError, ZeroDivisionError, UnidentifiedImageError, Image.DecompressionBombError,
)  # fmt: skip


def decode(upload: Any, *, pointer: str = "image") -> Image.Image:
    """The first frame of the picture, upright, scaled down to at most LARGEST wide or high. Raises 400 at `pointer`."""
    try:
        image: Image.Image = Image.open(upload, formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise invalid(pointer, f"At most {MAX_PIXELS // 1_000_000} million pixels.", "too_many_pixels")
        image.draft("RGB", (LARGEST, LARGEST))
        image.load()
        image = ImageOps.exif_transpose(image).convert("RGBA" if has_alpha(image) else "RGB")
        image.thumbnail((LARGEST, LARGEST))
    except BROKEN:
        raise invalid(pointer, "This is not a JPEG, PNG, WebP or GIF picture.", "invalid_image") from None
    return image


def has_alpha(image: Image.Image) -> bool:
    return image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info


def store(picture: Image.Image, *, under: str, sizes: Mapping[str, int]) -> dict[str, str]:
    """Writes the picture in each of `sizes` (name → pixels of the longer side) into a new folder under `under`.

    Returns the files' names by size; on failure leaves nothing behind. A caller that rolls back removes the files.
    """
    folder = uuid.uuid4().hex
    names: dict[str, str] = {}
    encoded: dict[int, bytes] = {}
    try:
        for size, longest in sizes.items():
            shown = min(longest, max(picture.size))  # a small picture is the same in several sizes
            encoded[shown] = encoded.get(shown) or encode(picture, shown)
            names[size] = default_storage.save(f"{under}/{folder}/{size}.webp", ContentFile(encoded[shown]))
    except BaseException:
        remove_files(names.values())
        raise
    return names


def encode(picture: Image.Image, longest: int) -> bytes:
    """The picture as WebP, without metadata (place, camera)."""
    copy = picture.copy()
    copy.thumbnail((longest, longest))
    copy.info.clear()
    buffer = BytesIO()
    copy.save(buffer, "WEBP", quality=82, method=4)
    return buffer.getvalue()


def remove_files(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)
