"""The pages of background jobs, in the style of the other pages; the library's own are unregistered."""

from typing import Any

import orjson
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from procrastinate.contrib.django import admin as library
from procrastinate.contrib.django import app, models
from procrastinate.jobs import Status
from procrastinate.utils import utcnow
from unfold.admin import TabularInline

from config.shared.admin import ReadOnly, ReadOnlyAdmin, act, recent_values, run, tagged
from config.shared.errors import Conflict

MAY_CHANGE = "procrastinate.change_procrastinatejob"
AGAIN = {Status.FAILED.value, Status.DOING.value}
WAITS = {Status.TODO.value}

admin.site.unregister(library.models.ProcrastinateJob)


class JobMoved(Conflict):
    """The job has moved on meanwhile: it is running or finished."""

    code, detail = "job_moved", "The job is not in the state for that any more."


class EventInline(ReadOnly, TabularInline):
    model = models.ProcrastinateEvent
    ordering = ["at", "id"]  # the list is paginated
    fields = ["at", "type"]
    per_page = 20


@admin.register(models.ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    """Jobs that wait, run or failed for good; successful jobs are removed."""

    list_display = ["id", "task_name", "arguments", "state", "queue_name", "attempts", "scheduled_at"]
    list_filter = ["status", recent_values("queue_name"), recent_values("task_name")]
    search_fields = ["task_name__exact"]
    ordering = ["-id"]
    fields = ["id", "task_name", "arguments", "status", "queue_name", "lock", "queueing_lock", "priority",
              "scheduled_at", "attempts"]  # fmt: skip
    readonly_fields = fields
    inlines = [EventInline]
    actions = ["retry_all", "cancel_all"]
    actions_detail = ["retry", "cancel"]
    state = tagged("status")

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_CHANGE)

    @admin.display(description="arguments")
    def arguments(self, job: Any) -> str:
        return format_html("<code>{}</code>", orjson.dumps(job.args).decode()[:500])

    @act(
        title="Run again",
        question="Puts the job back into its queue, to run now. One that still runs is started a second time.",
        needs=MAY_CHANGE,
        icon="replay",
        when=lambda job: job.status in AGAIN,
    )
    def retry(self, request: HttpRequest, job: Any, asked: dict) -> None:
        retry(job)

    @act(
        title="Cancel job",
        question="It will not run. What it was to do is left undone.",
        needs=MAY_CHANGE,
        icon="cancel",
        when=lambda job: job.status in WAITS,
    )
    def cancel(self, request: HttpRequest, job: Any, asked: dict) -> None:
        cancel(job)

    @admin.action(description="Run the selected again (those that failed)", permissions=["manage"])
    def retry_all(self, request: HttpRequest, jobs: QuerySet) -> None:
        run(request, jobs.filter(status=Status.FAILED.value), retry)

    @admin.action(description="Cancel the selected (those that wait)", permissions=["manage"])
    def cancel_all(self, request: HttpRequest, jobs: QuerySet) -> None:
        run(request, jobs.filter(status=Status.TODO.value), cancel)


def held(job: Any, states: set[str]) -> None:
    """Locks the job's row; raises JobMoved if it is no longer in one of `states`."""
    rows = models.ProcrastinateJob.objects.select_for_update().filter(pk=job.pk, status__in=states)
    if rows.first() is None:
        raise JobMoved


def retry(job: Any) -> None:
    held(job, AGAIN)
    app.job_manager.retry_job_by_id(job.id, utcnow(), job.priority, job.queue_name, job.lock)


def cancel(job: Any) -> None:
    held(job, WAITS)
    app.job_manager.cancel_job_by_id(job.id, abort=False)
