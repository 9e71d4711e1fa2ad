from django.db import models

from config.shared.actor import Actor


class OwnQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "OwnQuerySet":
        """Only one's own, for an admin, too: what somebody follows or is told is nobody else's business."""
        return self.filter(user_id=actor.user_id) if not actor.is_guest else self.none()
