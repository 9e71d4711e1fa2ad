"""The HTTP side, by who asks."""
