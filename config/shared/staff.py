"""Who may act on others' behalf: role Admin, and staff whom a Django group gives the same permission as the admin site."""

from config.shared.actor import Actor


def may(actor: Actor, permission: str) -> bool:
    """Whether `actor` has a Django permission such as "accounts.change_seller"; role Admin has them all.

    Who may change rows may view them, as on the admin site.
    """
    if actor.is_guest or actor.is_admin:
        return actor.is_admin
    given = {permission, permission.replace(".view_", ".change_")}
    return actor.user.is_staff and any(map(actor.user.has_perm, given))
