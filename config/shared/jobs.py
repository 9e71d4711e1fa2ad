"""Jobs carry the id of the request that they come from, so that a line in the log leads back to it."""

from typing import Any

import structlog
from procrastinate import App
from procrastinate.jobs import Job
from procrastinate.manager import JobManager

from config.shared import telemetry
from config.shared.logs import request_id_now

REQUEST_ID = "_request_id"  # beside a job's own arguments in the queue; no task is given it


class TracingJobManager(JobManager):
    def batch_defer_jobs(self, jobs: list[Job], connection: Any = None) -> list[Job]:
        return super().batch_defer_jobs([traced(job) for job in jobs], connection)

    async def batch_defer_jobs_async(self, jobs: list[Job], connection: Any = None) -> list[Job]:
        return await super().batch_defer_jobs_async([traced(job) for job in jobs], connection)


def traced(job: Job) -> Job:
    request_id = request_id_now()
    return job.evolve(task_kwargs={**job.task_kwargs, REQUEST_ID: request_id}) if request_id else job


def install(app: App) -> None:
    """`PROCRASTINATE_ON_APP_READY`."""
    app.job_manager = TracingJobManager(app.connector)


async def name_request(call_next: Any, context: Any, worker: Any) -> Any:
    """What a job logs, and what it defers, has the id of the request, its task and its own number."""
    known = {"job": context.job.id, "task": context.job.task_name}
    if request_id := context.job.task_kwargs.pop(REQUEST_ID, None):
        known["request_id"] = request_id
    with structlog.contextvars.bound_contextvars(**known):
        try:
            return await call_next()
        except Exception as problem:
            telemetry.tell(problem)
            raise
