"""The request id goes along with a job, and into what the job logs and defers; a job that lost its database runs again."""

from types import SimpleNamespace

import pytest
import structlog
from asgiref.sync import async_to_sync
from django.db import InterfaceError, OperationalError, connection
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from config.shared.jobs import REQUEST_ID, leave_to_the_next, name_request

pytestmark = pytest.mark.django_db
SOMEBODY = {"email": "a@b.test", "password": "correct-horse-9", "name": "A"}


def queued():
    with connection.cursor() as cursor:
        cursor.execute("SELECT args ->> %s FROM procrastinate_jobs ORDER BY id", [REQUEST_ID])
        return [value for (value,) in cursor.fetchall()]


def test_a_job_has_the_id_of_its_request_and_of_none_it_has_none(api, run_jobs):
    assert (
        api.post("/api/v1/auth/register", SOMEBODY, headers={"X-Request-Id": "from-a-client"}).status_code
        == 201
    )
    assert set(queued()) == {"from-a-client"}
    assert run_jobs()


def test_the_task_never_sees_it_and_its_log_lines_do():
    job = SimpleNamespace(
        id=7, task_name="shared.try", task_kwargs={"order_id": 3, REQUEST_ID: "from-a-client"}
    )

    async def task():
        return dict(job.task_kwargs), structlog.contextvars.get_contextvars()

    given, known = async_to_sync(name_request)(task, SimpleNamespace(job=job), None)
    assert given == {"order_id": 3}
    assert known == {"job": 7, "task": "shared.try", "request_id": "from-a-client"}
    assert "request_id" not in structlog.contextvars.get_contextvars()


COME_BACK = {"payments.run_payouts", "payments.close_books"}  # by the clock, but not for an hour


def wait_of(task, problem, attempts=0):
    """Seconds after which it is run again; None when it has failed."""
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name=task.name, attempts=attempts)
    again = task.get_retry_exception(exception=problem, job=job)
    return again and again.retry_decision.retry_at


@pytest.mark.parametrize("problem", [OperationalError("gone"), InterfaceError("closed")], ids=repr)
def test_a_job_that_lost_its_database_runs_again(problem):
    for task in app.tasks.values():
        is_kept = task.queueing_lock is None or task.name in COME_BACK
        assert bool(wait_of(task, problem)) is is_kept, task.name


def test_but_not_for_ever_and_not_for_a_fault_of_its_own():
    task = app.tasks["payments.process_stripe_event"]
    assert wait_of(task, OperationalError("gone"), attempts=9)
    assert not wait_of(task, OperationalError("gone"), attempts=10)
    assert not wait_of(task, ValueError("ours"))
    (down,) = task.retry_strategy.own.retry_exceptions
    assert wait_of(task, down(), attempts=5)
    assert not wait_of(task, down(), attempts=6)


def run_of(name, problem):
    async def broken():
        raise problem

    task = app.tasks[name]
    context = SimpleNamespace(task=task, job=SimpleNamespace(queueing_lock=task.queueing_lock))
    return async_to_sync(leave_to_the_next)(broken, context, None)


def test_a_job_of_the_clock_is_left_to_the_next_when_interrupted():
    assert run_of("social.send_due_mails", OperationalError("gone")) is None
    with pytest.raises(ValueError, match="ours"):
        run_of("social.send_due_mails", ValueError("ours"))
    for kept in ("payments.run_payouts", "payments.process_stripe_event"):
        with pytest.raises(OperationalError):
            run_of(kept, OperationalError("gone"))
