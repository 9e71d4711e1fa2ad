from django.db.models import Model

from config.shared.errors import invalid
from config.shared.lookups import is_id


def found(pointer: str, model: type[Model], value: str) -> int:
    """The primary key of the row that a body names; raises a 400 at `pointer` if there is none."""
    if not is_id(value) or not model._default_manager.filter(pk=value).exists():
        raise invalid(pointer, "There is no such thing.", "not_found")
    return int(value)
