"""Secrets that the project makes for itself outside production."""

import os
import secrets
import tempfile

from config.embedded import places


def local_secret(name: str) -> str:
    """A random text, made once and then always the same; of several processes at once the first decides."""
    path = places.folder("secrets") / name
    if not path.exists():
        descriptor, made = tempfile.mkstemp(dir=path.parent)  # readable by this user alone
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(made)
    return path.read_text()
