from io import BytesIO

import orjson
from django.core.wsgi import get_wsgi_application

from config.edge import Edge

HOST = "localhost"


class Browser:
    """Asks the edge as a WSGI server does."""

    def __init__(self, application=None):
        self.edge = Edge(application or get_wsgi_application())

    def get(self, path, method="GET", **headers):
        path, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": HOST, "SERVER_PORT": "80",
            "HTTP_HOST": HOST, "REMOTE_ADDR": "127.0.0.1", "wsgi.input": BytesIO(), "wsgi.errors": BytesIO(),
            "wsgi.url_scheme": "http", "SERVER_PROTOCOL": "HTTP/1.1", **{f"HTTP_{name}": value for name, value in headers.items()},
        }  # fmt: skip
        told = []
        response = self.edge(environ, lambda status, given, exc_info=None: told.extend((status, given)))
        body = b"".join(response)
        if hasattr(response, "close"):
            response.close()
        return Answer(int(told[0].split()[0]), {name.lower(): value for name, value in told[1]}, body)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def found(self):
        return self.headers.get("x-cache")

    def json(self):
        return orjson.loads(self.body)
