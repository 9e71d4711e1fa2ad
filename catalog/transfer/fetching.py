"""Pictures that a file names by URL: noted when their product is saved, fetched afterwards, each once.

A note is written in the transaction that saves the product, and deleted after the attempt to fetch, so a killed job
resumes with the remaining notes. A picture that the product already has from the same URL is not fetched again. A
failure is reported as an error of the row; the product stays.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.db import IntegrityError, transaction
from rest_framework.exceptions import APIException, ValidationError

from catalog.models import ImportImage, Product, ProductImage, ProductImport
from catalog.services.images import add_image
from catalog.services.products import lock_product
from catalog.transfer.drafts import Draft
from config.shared import outbound
from config.shared.api.uploads import UploadParser
from config.shared.errors import field_errors

AT_ONCE = 4  # pictures in memory at the same time
DEADLINE = 10.0  # seconds per picture
REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 3
COLUMN = "image"
Error = dict[str, Any]


class NoPicture(Exception):
    """The fetch yielded no picture: a stable code, and what is wrong."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def note_images(job: ProductImport, drafts: Sequence[Draft]) -> int:
    """Notes the pictures of saved drafts; returns how many are skipped. Call it in the transaction that saved them."""
    named = {draft.handle: draft.images for draft in drafts if draft.images}
    if job.dry_run or not settings.IMPORT_IMAGES:
        return sum(map(len, named.values()))
    products = dict(
        Product.objects.filter(seller=job.seller_id, handle__in=named).values_list("handle", "pk")
    )
    known = set(
        ProductImage.objects.filter(product__in=products.values()).values_list("product_id", "source_url")
    )
    ImportImage.objects.bulk_create(
        ImportImage(job=job, product_id=products[handle], line=image.line, url=image.url, alt=image.alt)
        for handle, images in named.items()
        if handle in products
        for image in images.values()
        if (products[handle], image.url) not in known
    )
    return 0


def fetch_some(import_id: int) -> tuple[int, int, list[Error]]:
    """Tries the next pictures; returns how many were tried, how many added, and the errors of the others.

    Safe to repeat and to run concurrently: a unique constraint admits each picture once. Call it outside a transaction.
    """
    notes = list(ImportImage.objects.filter(job=import_id).order_by("pk")[:AT_ONCE])
    if not notes:
        return 0, 0, []
    with ThreadPoolExecutor(len(notes)) as pool:
        fetched = list(pool.map(lambda note: fetched_or_why(note.url), notes))
    errors, added = [], 0
    for note, found in zip(notes, fetched, strict=True):
        problem = save(note, found) if isinstance(found, bytes) else found
        added += problem is None
        if problem is not None:
            errors.append(
                {"line": note.line, "column": COLUMN, "code": problem.code, "detail": problem.detail}
            )
    forget(notes)
    return len(notes), added, errors


def forget(notes: Sequence[ImportImage]) -> None:
    ImportImage.objects.filter(pk__in=[note.pk for note in notes]).delete()


def fetched_or_why(url: str) -> bytes | NoPicture:
    try:
        return fetch(url)
    except outbound.OutboundError as problem:
        return NoPicture(problem.code, str(problem))
    except NoPicture as problem:
        return problem


def fetch(url: str) -> bytes:
    """The response body; follows a few redirects, each checked like the first address."""
    for _ in range(MOST_REDIRECTS + 1):
        answer = outbound.send("GET", url, deadline=DEADLINE, max_answer=UploadParser.limit)
        if answer.status in REDIRECTS and "location" in answer.headers:
            url = urljoin(url, answer.headers["location"])
            continue
        if answer.status != 200:
            raise NoPicture("bad_status", f"The address answered {answer.status}.")
        if answer.is_truncated:
            raise NoPicture("file_too_large", "The picture is too large.")
        return answer.body
    raise NoPicture("too_many_redirects", "The address leads from one to another.")


def save(note: ImportImage, body: bytes) -> NoPicture | None:
    """Why the picture could not be added; None if it was added or already there."""
    picture = {"upload": BytesIO(body), "alt": note.alt, "source_url": note.url}
    try:
        with transaction.atomic():
            add_image(product_id=note.product_id, lock=locked, **picture)
    except IntegrityError:
        return None
    except ValidationError as problem:
        first = field_errors(problem.detail)[0]
        return NoPicture(first["code"], first["detail"])
    except APIException as problem:
        return NoPicture(getattr(problem, "code", "refused"), str(problem.detail))
    return None


def locked(product_id: int) -> Product:
    return lock_product(product_id=product_id)
