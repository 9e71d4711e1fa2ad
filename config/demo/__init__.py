"""The demo marketplace of `manage.py demo`: its contents (`data`, `goods`, `history`) and how they are loaded."""
