"""The demo marketplace of `manage.py demo`: what is in it (`data`, `goods`, `history`) and how it is made."""
