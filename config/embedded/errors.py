"""What stops a start."""


class NotStarted(SystemExit):
    """A service that is needed cannot be had: the process ends with this sentence instead of a traceback."""
