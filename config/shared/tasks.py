"""Housekeeping shared by all apps."""

import procrastinate
import structlog
from procrastinate.contrib.django import app

from config.shared.registry import PRUNERS
from config.shared.webhooks import tasks as webhooks  # procrastinate looks for tasks only in this module

__all__ = ["prune", "retry_stalled", "webhooks"]

logger = structlog.get_logger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="shared.retry_stalled", queueing_lock="shared.retry_stalled", pass_context=True)
async def retry_stalled(context: procrastinate.JobContext, timestamp: int) -> None:
    """Reruns jobs of killed workers: such a job stays "doing" while its worker's heartbeat has stopped."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        logger.warning("job_retried", job=job.id, task=job.task_name)
        await manager.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(name="shared.prune", queueing_lock="shared.prune")
def prune(timestamp: int) -> None:
    """Once a day, removes what is no longer needed. A pruner that fails is reported and does not stop the others."""
    problems = []
    for name, remove in PRUNERS.items():
        try:
            logger.info("pruned", what=name, rows=remove())
        except Exception as problem:
            logger.exception("prune_failed", what=name)
            problems.append(problem)
    if problems:
        raise ExceptionGroup("Not everything was pruned.", problems)
