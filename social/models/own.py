from django.db import models

from config.shared.actor import Actor


class OwnQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "OwnQuerySet":
        """Only the actor's own rows, even for an admin: a user's follows and notifications are private."""
        return self.filter(user_id=actor.user_id) if not actor.is_guest else self.none()
