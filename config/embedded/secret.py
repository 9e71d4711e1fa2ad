"""Secrets that the project generates for itself outside production."""

import os
import secrets
import tempfile

from config.embedded import places


def local_secret(name: str) -> str:
    """A random text, generated once and then kept; if several processes start at once, the first one's is used."""
    path = places.folder("secrets") / name
    if not path.exists():
        descriptor, made = tempfile.mkstemp(dir=path.parent)  # readable only by this user
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(made)
    return path.read_text()
