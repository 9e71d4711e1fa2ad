"""Who may act for others: role Admin, and staff whose Django group has the permission that the admin site requires."""

from config.shared.actor import Actor


def may(actor: Actor, permission: str) -> bool:
    """Whether `actor` has a Django permission such as "accounts.change_seller"; role Admin has them all.

    The permission to change rows includes viewing them, as on the admin site.
    """
    if actor.is_guest or actor.is_admin:
        return actor.is_admin
    given = {permission, permission.replace(".view_", ".change_")}
    return actor.user.is_staff and any(map(actor.user.has_perm, given))
