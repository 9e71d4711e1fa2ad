"""Security headers that Django 5.2 has no setting for: the Content-Security-Policy by page, and Permissions-Policy.

Responses that are not pages (JSON, problems, files) may load and run nothing. A view's own policy is kept.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
NOTHING = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
PICTURES = "'self' data: blob: https:" if settings.S3_BUCKET else "'self' data: blob:"
PAGE = NOTHING | {"script-src": "'self'", "style-src": "'self'", "img-src": PICTURES, "connect-src": "'self'"}
INLINE_STYLES = {"style-src": "'self' 'unsafe-inline'", "font-src": "'self' data:"}
# The longest matching prefix of the path decides.
POLICIES = {
    "/": NOTHING,
    # unfold's Alpine evaluates expressions in attributes, which counts as eval; there are no inline scripts.
    "/admin/": PAGE | INLINE_STYLES | {"script-src": "'self' 'unsafe-eval'", "form-action": "'self'"},
    "/api/docs": PAGE | INLINE_STYLES,
    "/api/redoc": PAGE | INLINE_STYLES | {"worker-src": "blob:"},
    "/console": PAGE | {"connect-src": f"'self' {settings.PUBLIC_WS_URL}"},
    "/dev/mail": PAGE | INLINE_STYLES,
    "/media/": NOTHING | {"sandbox": ""},
}
HOME = PAGE
FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def written(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}".strip() for name, value in policy.items())


WRITTEN = {path: written(policy) for path, policy in POLICIES.items()}
WRITTEN_HOME = written(HOME)


def policy_of(path: str) -> str:
    if path == "/":
        return WRITTEN_HOME
    return WRITTEN[max((begin for begin in WRITTEN if path.startswith(begin)), key=len)]


class SecurityHeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault(HEADER, policy_of(request.path))
        response.headers.setdefault("Permissions-Policy", FEATURES)
        return response
