"""Staff at the admin site, as the actors that services expect."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from accounts.services.step_up import LASTS, require_step_up
from config.shared.actor import Actor

UNTIL = "stepped_up_until"  # key in the browser's session


def mark_stepped_up(request: HttpRequest) -> None:
    """Records a proven code; it counts as long as one proven over the API."""
    request.session[UNTIL] = (timezone.now() + LASTS).isoformat()


def actor_of(request: HttpRequest) -> Actor:
    until = request.session.get(UNTIL)
    moment = datetime.fromisoformat(until) if until else None
    return Actor(user=request.user, role=request.user.role, stepped_up_until=moment)


def stepped_up(request: HttpRequest) -> Actor:
    """The actor for acts that need a second factor. Raises StepUpRequired, which leads to the page that takes a code."""
    actor = actor_of(request)
    require_step_up(actor)
    return actor
