"""When the worker has nothing left to do: what is measured up to here has paid for its jobs, events and mails too."""

import time

WAITING = """
SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name = 'default'
  AND (scheduled_at IS NULL OR scheduled_at <= now())) + (SELECT count(*) FROM shared_eventrecord WHERE position IS NULL)
  + (SELECT count(*) FROM social_notification WHERE mail_due_at <= now())
"""


def settle_down() -> None:
    """Until no job, event or mail waits, for a minute at most."""
    from django.db import connection

    deadline = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(WAITING)
            if cursor.fetchone()[0] == 0:
                return
            time.sleep(0.3)
