"""Jobs carry the id of the request that caused them, and a job that loses its database midway is run again."""

from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from procrastinate import App, BaseRetryStrategy, RetryDecision, RetryStrategy
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.manager import JobManager

from config.shared import telemetry
from config.shared.logs import request_id_now

logger = structlog.get_logger("jobs")
REQUEST_ID = "_request_id"  # stored beside a job's own arguments in the queue; not passed to the task

# A restart of PostgreSQL, a lock timeout, a deadlock: nothing that the job itself could have avoided.
INTERRUPTIONS = (OperationalError, InterfaceError, ConnectorException)
INTERRUPTED = RetryStrategy(max_attempts=10, exponential_wait=2, retry_exceptions=INTERRUPTIONS)


class Enduring(BaseRetryStrategy):
    """Retries as the task's own strategy says, and also after an interruption."""

    def __init__(self, own: BaseRetryStrategy | None) -> None:
        self.own = own

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        wished = self.own and self.own.get_retry_decision(exception=exception, job=job)
        return wished or INTERRUPTED.get_retry_decision(exception=exception, job=job)


class TracingJobManager(JobManager):
    def batch_defer_jobs(self, jobs: list[Job], connection: Any = None) -> list[Job]:
        return super().batch_defer_jobs([traced(job) for job in jobs], connection)

    async def batch_defer_jobs_async(self, jobs: list[Job], connection: Any = None) -> list[Job]:
        return await super().batch_defer_jobs_async([traced(job) for job in jobs], connection)


def traced(job: Job) -> Job:
    request_id = request_id_now()
    return job.evolve(task_kwargs={**job.task_kwargs, REQUEST_ID: request_id}) if request_id else job


def install(app: App) -> None:
    """Called by `PROCRASTINATE_ON_APP_READY`."""
    app.job_manager = TracingJobManager(app.connector)
    for task in app.tasks.values():
        if task.queueing_lock is None:  # for the others, see `leave_to_the_next`
            task.retry_strategy = Enduring(task.retry_strategy)


async def name_request(call_next: Any, context: Any, worker: Any) -> Any:
    """Adds request id, task and job number to what a job logs, and the request id to the jobs that it defers."""
    known = {"job": context.job.id, "task": context.job.task_name}
    if request_id := context.job.task_kwargs.pop(REQUEST_ID, None):
        known["request_id"] = request_id
    with structlog.contextvars.bound_contextvars(**known):
        try:
            return await call_next()
        except Exception as problem:
            telemetry.tell(problem)
            raise


async def leave_to_the_next(call_next: Any, context: Any, worker: Any) -> Any:
    """Ends an interrupted periodic job: its successor may already be queued, and does what is left."""
    try:
        return await call_next()
    except INTERRUPTIONS as problem:
        if not context.job.queueing_lock or context.task.retry_strategy:
            raise
        logger.warning("job_left_to_the_next", problem=type(problem).__name__)
