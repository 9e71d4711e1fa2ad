"""Errors that stop a start."""


class NotStarted(SystemExit):
    """A required service is not available: the process ends with this sentence instead of a traceback."""
