"""The import job: the file's rows are staged, then saved chunk by chunk. Each chunk is one transaction that also
advances the job. A killed job resumes after the last committed chunk, and of two that run at once only one advances.
"""

from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError

from accounts.models import Seller
from catalog.errors import SkuTaken, UnreadableFile
from catalog.events import ImportProgress
from catalog.models import ImportImage, ProductImport
from catalog.transfer.cells import BadCell
from catalog.transfer.drafts import Draft
from catalog.transfer.fetching import fetch_some, note_images
from catalog.transfer.reading import Table, check_text
from catalog.transfer.saving import Refusal, save_drafts
from catalog.transfer.staging import StoredFile, forget_rows, next_drafts, stage
from config.shared.actor import seller_audience
from config.shared.errors import field_errors, translate
from config.shared.events import log

Status = ProductImport.Status
MAX_ERRORS = 1000
IMAGES_A_TURN = 5  # batches of pictures per run
CHUNK = 200  # rows per transaction, approximately
PROGRESS = [
    "created_count", "updated_count", "unchanged_count", "failed_count", "errors", "images_skipped", "images_added", "done_products",
    "done_line", "touched_at",
]  # fmt: skip
Error = dict[str, Any]
Outcome = tuple[str, list[Error]]
Watch = Callable[[ProductImport], None]


def new_job(*, seller: Seller, file: BinaryIO, filename: str, dry_run: bool, actor: str) -> ProductImport:
    """Returns it unsaved. Raises UnreadableFile if the columns fit no known format."""
    format_ = Table(file).format
    file.seek(0)
    return ProductImport(
        seller=seller, dry_run=dry_run, actor=actor, format=format_, filename=filename[-255:]
    )


@transaction.atomic
def create_import(
    *, seller: Seller, file: BinaryIO, filename: str, dry_run: bool, actor: str
) -> ProductImport:
    """A job that stores the file until it runs. Raises UnreadableFile."""
    job = new_job(seller=seller, file=file, filename=filename, dry_run=dry_run, actor=actor)
    check_text(file)
    job.content = file.read()
    job.save()
    return job


def import_file(
    *, seller: Seller, file: BinaryIO, filename: str, dry_run: bool, actor: str, watch: Watch
) -> ProductImport:
    """Runs the whole import at once; the file is read while it is staged. Raises UnreadableFile."""
    job = new_job(seller=seller, file=file, filename=filename, dry_run=dry_run, actor=actor)
    with transaction.atomic():
        job.status = Status.RUNNING
        job.save()
        stage(job, file)
    while not run_import(import_id=job.pk, watch=watch):
        pass
    job.refresh_from_db()
    return job


def run_import(*, import_id: int, watch: Watch = lambda job: None) -> bool:
    """Imports the rest of the file; safe to repeat and to run concurrently. Calls `watch` with the job after each chunk.

    Returns False if pictures are left to fetch: it stops after some of them, to let other jobs run. Call it again.
    """
    try:
        begin(import_id)
    except UnreadableFile as problem:
        finish(import_id, Status.FAILED, [error(0, "", problem.code, str(problem.detail))])
        return True
    while job := import_chunk(import_id=import_id):
        watch(job)
    for _ in range(IMAGES_A_TURN):
        if not import_images(import_id=import_id):
            finish(import_id, Status.COMPLETED, [])
            return True
    return False


def import_images(*, import_id: int) -> bool:
    """Fetches the next pictures; False if there were none."""
    tried, added, errors = fetch_some(import_id)
    if tried:
        with transaction.atomic():
            job = locked(import_id)
            job.images_added += added
            job.errors = [*job.errors, *errors][:MAX_ERRORS]
            job.save(update_fields=PROGRESS)
            tell(job)
    return bool(tried)


def locked(import_id: int) -> ProductImport:
    """Needs a transaction."""
    rows = ProductImport.objects.defer("content").select_related("seller")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=import_id)


@transaction.atomic
def begin(import_id: int) -> None:
    """Stages the file's rows, unless that is done. Raises UnreadableFile."""
    job = locked(import_id)
    if job.status != Status.PENDING:
        return
    stage(job, StoredFile(job))
    job.status = Status.RUNNING
    job.save(update_fields=["status", "touched_at"])


@transaction.atomic
def import_chunk(*, import_id: int) -> ProductImport | None:
    """Saves the next products and returns the job; None if there were none. Locks the job's row."""
    job = locked(import_id)
    drafts = next_drafts(job, rows=CHUNK) if job.status == Status.RUNNING else []
    if not drafts:
        return None
    results = outcomes_of(job, drafts)
    for outcome, errors in results:
        setattr(job, f"{outcome}_count", getattr(job, f"{outcome}_count") + 1)
        job.errors += errors
    saved = [draft for draft, (outcome, _) in zip(drafts, results, strict=True) if outcome != "failed"]
    job.images_skipped += note_images(job, saved)
    job.errors = job.errors[:MAX_ERRORS]
    job.done_products, job.done_line = job.done_products + len(drafts), drafts[-1].line
    job.save(update_fields=PROGRESS)
    tell(job)
    return job


def outcomes_of(job: ProductImport, drafts: Sequence[Draft]) -> list[Outcome]:
    """The outcome and errors of each draft, in order."""
    readable = [draft for draft in drafts if draft.variants and not draft.is_broken]
    saved = dict(zip([draft.line for draft in readable], save_or_halve(job, readable), strict=True))
    return [saved.get(draft.line, ("failed", draft.errors)) for draft in drafts]


def save_or_halve(job: ProductImport, drafts: Sequence[Draft]) -> list[Outcome]:
    """Saves all in one transaction. If the database refuses, rolls back and tries each half, down to single drafts."""
    if not drafts:
        return []
    try:
        with transaction.atomic():
            results = save_drafts(seller=job.seller, drafts=drafts, actor=job.actor)
            transaction.set_rollback(job.dry_run)
    except (APIException, IntegrityError, DataError) as problem:
        if len(drafts) == 1:
            return [outcome_of(drafts[0], problem)]
        half = len(drafts) // 2
        return [*save_or_halve(job, drafts[:half]), *save_or_halve(job, drafts[half:])]
    return [outcome_of(draft, result) for draft, result in zip(drafts, results, strict=True)]


def outcome_of(draft: Draft, result: str | Refusal | Exception) -> Outcome:
    if isinstance(result, str):
        return result, draft.errors
    return "failed", [*draft.errors, error_of(result, draft)]


def error(line: int, column: str, code: str, detail: str) -> Error:
    return {"line": line, "column": column, "code": code, "detail": detail}


def error_of(problem: Exception, draft: Draft) -> Error:
    """A refusal as an error of the row that caused it, else of the product's first row."""
    if isinstance(problem, BadCell):
        return error(problem.line or draft.line, problem.column, problem.code, problem.detail)
    known: Any = translate(problem)
    if isinstance(known, ValidationError):
        first = field_errors(known.detail)[0]
        line, column = line_and_column(first["pointer"], draft)
        return error(line, column, first["code"], first["detail"])
    return error(line_of(known, draft), "", known.code, str(known.detail))


def line_of(problem: Any, draft: Draft) -> int:
    """The line of the row whose SKU the problem names, else the product's first."""
    sku = problem.members.get("sku") if isinstance(problem, SkuTaken) else None
    return next((variant.line for variant in draft.variants if variant.sku == sku), draft.line)


def line_and_column(pointer: str, draft: Draft) -> tuple[int, str]:
    """Maps `/variants/2/price` to the third variant's line and the column."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "variants" and len(parts) > 2:
        return draft.variants[int(parts[1])].line, parts[2]
    return draft.line, parts[-1]


@transaction.atomic
def finish(import_id: int, status: str, errors: list[Error]) -> None:
    """Ends the job, once, and deletes its file and rows."""
    job = locked(import_id)
    if job.status not in {Status.PENDING, Status.RUNNING}:
        return
    forget_rows(job)
    ImportImage.objects.filter(job=job).delete()
    job.status, job.finished_at, job.content = status, timezone.now(), b""
    job.errors = [*job.errors, *errors]
    job.save(update_fields=["status", "finished_at", "content", "errors", "touched_at"])
    tell(job)


def tell(job: ProductImport) -> None:
    event = ImportProgress(
        id=str(job.pk), status=job.status, done=job.done_products, total=job.total, errors=len(job.errors)
    )
    asked = [job.actor] if job.actor.startswith("user:") else []
    log.append(event, audiences=[seller_audience(job.seller_id), *asked])
