"""The import as a job. Each product is one transaction that also moves the job on by one: a job that was killed goes
on behind the last product that was committed, and of two that run at once only one gets on.
"""

from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError

from accounts.models import Seller
from catalog.errors import SkuTaken, UnreadableFile
from catalog.events import ImportProgress
from catalog.models import ProductImport
from catalog.transfer.cells import BadCell
from catalog.transfer.drafts import Draft, format_of, read_drafts
from catalog.transfer.saving import save_draft
from config.shared.actor import seller_audience
from config.shared.errors import field_errors, translate
from config.shared.events import log

Status = ProductImport.Status
MAX_ERRORS = 1000
STEP = 10  # products between two progress events


@transaction.atomic
def create_import(
    *, seller: Seller, content: bytes, filename: str, dry_run: bool, actor: str
) -> ProductImport:
    """Raises UnreadableFile for what is no CSV of a known format."""
    values = {"content": content, "format": format_of(content), "filename": filename[-255:], "actor": actor}
    return ProductImport.objects.create(seller=seller, dry_run=dry_run, **values)


def run_import(*, import_id: int) -> None:
    """Imports what is left of the file; safe to run again, and by two at once."""
    job = ProductImport.objects.filter(pk=import_id, status__in=[Status.PENDING, Status.RUNNING]).first()
    if job is None:
        return
    try:
        drafts = read_drafts(bytes(job.content), job.format)
    except UnreadableFile as problem:
        finish(
            job.pk,
            Status.FAILED,
            [{"line": 0, "column": "", "code": problem.code, "detail": str(problem.detail)}],
        )
        return
    ProductImport.objects.filter(pk=job.pk).update(status=Status.RUNNING, total=len(drafts))
    for index in range(job.done_products, len(drafts)):
        if not import_one(import_id=job.pk, index=index, draft=drafts[index]):
            return
    finish(job.pk, Status.COMPLETED, [])


@transaction.atomic
def import_one(*, import_id: int, index: int, draft: Draft) -> bool:
    """The product at `index`; False when another run has been there. Locks the job's row."""
    rows = ProductImport.objects.defer("content").select_related("seller")
    job = rows.select_for_update(of=("self",), no_key=True).get(pk=import_id)
    if job.done_products != index or job.status != Status.RUNNING:
        return False
    outcome, errors = attempt(job, draft)
    setattr(job, f"{outcome}_count", getattr(job, f"{outcome}_count") + 1)
    job.errors = [*job.errors, *errors][:MAX_ERRORS]
    job.images_skipped += draft.images
    job.done_products = index + 1
    job.save(update_fields=[f"{outcome}_count", "errors", "images_skipped", "done_products"])
    if job.done_products % STEP == 0:
        tell(job)
    return True


def attempt(job: ProductImport, draft: Draft) -> tuple[str, list[dict[str, Any]]]:
    """What became of a draft and what was wrong with it; a refusal undoes this product alone."""
    if draft.is_broken or not draft.variants:
        return "failed", draft.errors
    try:
        with transaction.atomic():
            outcome = save_draft(seller=job.seller, draft=draft, actor=job.actor)
            transaction.set_rollback(job.dry_run)
    except (APIException, BadCell, IntegrityError, DataError) as exc:
        return "failed", [*draft.errors, error_of(exc, draft)]
    return outcome, draft.errors


def error_of(exc: Exception, draft: Draft) -> dict[str, Any]:
    """A refusal as an error of the row that it is about, else of the product's first."""
    line = draft.line
    if isinstance(exc, BadCell):
        return {"line": line, "column": exc.column, "code": exc.code, "detail": exc.detail}
    if isinstance(exc, SkuTaken):
        line = next((variant.line for variant in draft.variants if variant.sku == exc.members["sku"]), line)
    problem: Any = translate(exc)
    if isinstance(problem, ValidationError):
        first = field_errors(problem.detail)[0]
        return {
            "line": line,
            "column": first["pointer"].strip("/"),
            "code": first["code"],
            "detail": first["detail"],
        }
    return {"line": line, "column": "", "code": problem.code, "detail": str(problem.detail)}


@transaction.atomic
def finish(import_id: int, status: str, errors: list[dict[str, Any]]) -> None:
    """Ends the job once and lets the file go."""
    job = ProductImport.objects.select_for_update(no_key=True).get(pk=import_id)
    if job.status not in {Status.PENDING, Status.RUNNING}:
        return
    job.status, job.finished_at, job.content = status, timezone.now(), b""
    job.errors = [*job.errors, *errors]
    job.save(update_fields=["status", "finished_at", "content", "errors"])
    tell(job)


def tell(job: ProductImport) -> None:
    event = ImportProgress(
        id=str(job.pk), status=job.status, done=job.done_products, total=job.total, errors=len(job.errors)
    )
    asked = [job.actor] if job.actor.startswith("user:") else []
    log.append(event, audiences=[seller_audience(job.seller_id), *asked])
