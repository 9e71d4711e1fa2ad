"""Pictures that a file names by URL: fetched where that is switched on, each once, and never from inside."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from catalog.models import ImportImage, Product, ProductImage
from catalog.tests.files import run
from catalog.tests.test_api_images import picture
from catalog.transfer import fetching, importing
from catalog.transfer.importing import run_import

pytestmark = pytest.mark.django_db


class Pictures(BaseHTTPRequestHandler):
    """`asked` counts what was asked for."""

    bodies = {
        "/front.png": picture(),
        "/back.png": picture(size=(10, 10)),
        "/page.png": b"<svg/>",
        "/large.png": b"x" * 11_000_000,
    }

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/moved.png":
            self.send_response(302)
            self.send_header("Location", "/front.png")
        elif self.path == "/inside.png":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest")
        else:
            self.send_response(200 if self.path in self.bodies else 404)
        self.end_headers()
        self.wfile.write(self.bodies.get(self.path, b""))

    def log_message(self, *args):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
    server.asked, server.url = [], f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def switched_on(settings):
    settings.IMPORT_IMAGES = settings.OUTBOUND_LOOPBACK = True


def file_of(*urls):
    head = "Handle,Title,Variant Price,Image Src,Image Alt Text\n"
    return head + "lamp,Lamp,10,,\n" + "".join(f"lamp,,,{url},Alt {n}\n" for n, url in enumerate(urls))


def stored(settings):
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_fetched_written_anew_and_not_again(seller, site, settings):
    file = file_of(
        f"{site.url}/front.png", f"{site.url}/back.png", f"{site.url}/moved.png", f"{site.url}/front.png"
    )
    job = run(seller, file)

    assert (job.status, job.errors, job.images_added, job.images_skipped) == ("completed", [], 3, 0)
    shown = list(ProductImage.objects.values_list("alt", "width", "position"))
    assert shown == [("Alt 0", 1500, 0), ("Alt 1", 10, 1), ("Alt 2", 1500, 2)]
    assert {path.read_bytes()[8:12] for path in stored(settings)} == {b"WEBP"}
    site.asked.clear()
    again = run(seller, file)
    assert (again.unchanged_count, again.images_added, again.errors, site.asked) == (1, 0, [], [])
    assert ProductImage.objects.count() == 3


def test_what_is_wrong_is_an_error_of_its_row(seller, site, settings):
    job = run(
        seller,
        file_of(
            f"{site.url}/page.png", f"{site.url}/none.png", f"{site.url}/large.png", f"{site.url}/inside.png",
            "http://10.0.0.1/a.png", "file:///etc/passwd", "http://user:pw@example.com/", f"{site.url}/back.png",
        ),
    )  # fmt: skip

    assert (job.status, job.created_count, job.images_added) == ("completed", 1, 1)
    assert [(one["line"], one["column"], one["code"]) for one in job.errors] == [
        (3, "image", "invalid_image"), (4, "image", "bad_status"), (5, "image", "file_too_large"),
        (6, "image", "address_refused"), (7, "image", "address_refused"), (8, "image", "address_refused"),
        (9, "image", "address_refused"),
    ]  # fmt: skip
    assert (Product.objects.count(), ProductImage.objects.count(), ImportImage.objects.count()) == (1, 1, 0)
    assert len(stored(settings)) == 4


@pytest.mark.parametrize(("is_on", "dry_run"), [(False, False), (True, True)])
def test_nothing_is_fetched_unless_it_is_meant(seller, site, settings, is_on, dry_run):
    settings.IMPORT_IMAGES = is_on
    job = run(seller, file_of(f"{site.url}/front.png"), dry_run=dry_run)
    assert (job.images_skipped, job.images_added, site.asked) == (1, 0, [])


def test_killed_between_picture_and_note_it_goes_on_without_doubles(seller, site, settings, monkeypatch):
    """Killed after the pictures were added, before their notes went."""

    class Killed(BaseException):
        pass

    def killed(*args):
        raise Killed

    file = file_of(*(f"{site.url}/{name}.png" for name in ("front", "back")))
    monkeypatch.setattr(fetching, "forget", killed)
    with pytest.raises(Killed):
        run(seller, file)
    assert ProductImage.objects.count() == 2
    monkeypatch.undo()
    settings.IMPORT_IMAGES = settings.OUTBOUND_LOOPBACK = True
    job = importing.ProductImport.objects.get()
    assert run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.images_added, ProductImage.objects.count(), len(stored(settings))) == (
        "completed",
        2,
        2,
        8,
    )
