"""Abandoned imports: the job used up its attempts, or the command was killed."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import ProductImport
from catalog.transfer.importing import error, finish

SILENCE = timedelta(minutes=10)
TASK = "catalog.import_products"


def fail_abandoned() -> None:
    """Marks imports as failed that have no job and showed no progress for ten minutes. Committed products stay."""
    waiting = ProcrastinateJob.objects.filter(task_name=TASK, status__in=["todo", "doing"])
    worked_on = {args["import_id"] for args in waiting.values_list("args", flat=True)}
    silent = ProductImport.objects.filter(
        status__in=["pending", "running"], touched_at__lt=timezone.now() - SILENCE
    )
    reason = error(
        0, "", "abandoned", "The import stopped half way: upload the file again, no product is doubled."
    )
    for pk in silent.exclude(pk__in=worked_on).values_list("pk", flat=True):
        finish(pk, ProductImport.Status.FAILED, [reason])
