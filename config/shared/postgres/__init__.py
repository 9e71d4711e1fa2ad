"""Django's PostgreSQL back end with a moment before the commit (see `base`)."""
