"""Staff at the admin site, as services know them."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from accounts.services.step_up import LASTS, require_step_up
from config.shared.actor import Actor

UNTIL = "stepped_up_until"  # of the browser's session


def mark_stepped_up(request: HttpRequest) -> None:
    """A code was shown: it counts as long as one does that the API was shown."""
    request.session[UNTIL] = (timezone.now() + LASTS).isoformat()


def actor_of(request: HttpRequest) -> Actor:
    until = request.session.get(UNTIL)
    moment = datetime.fromisoformat(until) if until else None
    return Actor(user=request.user, role=request.user.role, stepped_up_until=moment)


def stepped_up(request: HttpRequest) -> Actor:
    """For acts that the API asks a second factor for. Raises StepUpRequired, which leads to the page that takes one."""
    actor = actor_of(request)
    require_step_up(actor)
    return actor
