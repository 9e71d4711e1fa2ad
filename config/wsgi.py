"""HTTP: what granian serves on `PORT`."""

import os

from django.core.wsgi import get_wsgi_application

from config import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
embedded.ensure()
django = get_wsgi_application()

from config.edge import Edge  # noqa: E402  (it needs Django's settings and apps)

application = Edge(django)
