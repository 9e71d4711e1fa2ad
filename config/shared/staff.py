"""Who may act on others' behalf: role Admin, and staff whom a Django group gives the same permission as the admin site."""

from config.shared.actor import Actor


def may(actor: Actor, permission: str) -> bool:
    """Whether `actor` has a Django permission such as "accounts.change_seller"; role Admin has them all."""
    if actor.is_guest:
        return False
    return actor.is_admin or (actor.user.is_staff and actor.user.has_perm(permission))
