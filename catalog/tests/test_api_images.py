from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image

from accounts.tests.factories import SellerFactory
from catalog.models import ProductImage
from catalog.services import images
from catalog.tests.factories import VariantFactory
from config.shared.models import IdempotencyRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def product():
    return VariantFactory().product


@pytest.fixture
def shop(as_user, product):
    return as_user(product.seller.user)


@pytest.fixture
def path(product):
    return f"/api/v1/products/{product.pk}/images"


def picture(format_="PNG", size=(1500, 1000), mode="RGB", **options):
    buffer = BytesIO()
    Image.new(mode, size, "red").save(buffer, format_, **options)
    return buffer.getvalue()


def upload(client, path, content, name="photo.png", **values):
    return client.post(path, {"image": SimpleUploadedFile(name, content), **values}, format="multipart")


def files(settings):
    root = Path(settings.MEDIA_ROOT)
    return sorted(file for file in root.rglob("*") if file.is_file()) if root.exists() else []


@pytest.mark.parametrize(
    ("format_", "mode"), [("PNG", "RGBA"), ("JPEG", "RGB"), ("WEBP", "RGB"), ("GIF", "P"), ("JPEG", "CMYK")]
)
def test_upload_writes_the_picture_anew_with_thumbnails(  # noqa: PLR0917
    api, shop, path, product, settings, format_, mode
):
    response = upload(shop, path, picture(format_, mode=mode), alt="front")

    assert response.status_code == 201, response.json()
    body = response.json()
    assert (body["alt"], body["width"], body["height"], body["position"]) == ("front", 1500, 1000, 0)
    image = ProductImage.objects.get()
    sizes = {}
    for size, name in {"full": image.image.name, **image.thumbnails}.items():
        with Image.open(Path(settings.MEDIA_ROOT) / name) as stored:
            assert stored.format == "WEBP"
            sizes[size] = stored.size
    assert sizes == {"full": (1500, 1000), "small": (160, 107), "medium": (480, 320), "large": (1080, 720)}
    assert body["url"] == f"/media/{image.image.name}"
    assert set(body["thumbnails"]) == {"small", "medium", "large"}
    assert api.get(f"/api/v1/products/{product.pk}").json()["images"] == [body]
    assert api.get("/api/v1/products").json()["results"][0]["image"] == body
    assert api.get(path).json()["results"] == [body]


def test_metadata_is_left_behind_and_the_picture_upright(shop, path, settings):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Secret camera"  # turned by 90 degrees
    body = upload(shop, path, picture("JPEG", exif=exif.tobytes()), "photo.jpg").json()
    assert (body["width"], body["height"]) == (1000, 1500)
    assert all(b"Secret camera" not in file.read_bytes() for file in files(settings))


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b"",
        b"<html>",
        b"GIF89a",
        picture()[:200],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
        picture("BMP"),
        picture("TIFF"),
    ],
)
def test_what_is_no_picture_is_400_and_leaves_nothing(shop, path, settings, content):
    assert upload(shop, path, content).status_code == 400
    assert files(settings) == []
    assert not ProductImage.objects.exists()


def test_a_bomb_is_refused_unread(shop, path, settings):
    response = upload(shop, path, picture(size=(20_000, 20_000), mode="1"))
    assert response.status_code == 400
    assert files(settings) == []


def test_a_large_file_is_413(shop, path, settings):
    response = upload(shop, path, picture() + b"\x00" * (10 * 1024 * 1024))
    assert (response.status_code, response.json()["code"]) == (413, "file_too_large")
    assert files(settings) == []


def test_a_failure_after_writing_leaves_no_file(shop, path, settings, product):
    stale = upload(shop, path, picture())
    assert stale.status_code == 201
    kept = files(settings)
    content = {"image": SimpleUploadedFile("photo.png", picture())}
    refused = shop.post(path, content, format="multipart", headers={"If-Match": f'"{product.pk}-1"'})
    assert refused.status_code == 412
    assert files(settings) == kept


@pytest.mark.parametrize("body", [{}, {"image": "text"}])
def test_a_missing_file_is_400(shop, path, body):
    assert shop.post(path, body, format="multipart").status_code == 400


def test_json_is_415(shop, path):
    assert shop.post(path, {"image": "x"}).status_code == 415


def test_patch_and_delete(shop, path, settings, django_capture_on_commit_callbacks):
    first, second = (upload(shop, path, picture(size=(20, 10))).json() for _ in range(2))
    assert (first["position"], second["position"]) == (0, 1)
    changed = shop.patch(f"{path}/{second['id']}", {"alt": "back", "position": 0})
    assert (changed.status_code, changed.json()["alt"]) == (200, "back")
    assert shop.patch(f"{path}/{second['id']}", {"width": 5, "alt": 7}).status_code == 400
    with django_capture_on_commit_callbacks(execute=True):
        assert shop.delete(f"{path}/{first['id']}").status_code == 204
    assert len(files(settings)) == 4
    assert shop.get(f"{path}/{first['id']}").status_code == 404


def test_the_fifty_first_is_409(shop, path, product, settings):
    ProductImage.objects.bulk_create(
        ProductImage(product=product, image="x", width=1, height=1) for _ in range(50)
    )
    refused = upload(shop, path, picture())
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_images")
    assert files(settings) == []


def test_strangers_may_not(api, as_user, path, settings):
    assert upload(api, path, picture()).status_code == 401
    assert upload(as_user(SellerFactory().user), path, picture()).status_code == 403
    assert files(settings) == []


def test_a_picture_is_decoded_outside_of_any_transaction(shop, path, monkeypatch):
    """An Idempotency-Key would open one around the whole request, so it is not looked at."""
    inside = []
    true_decode = images.decode

    def decode(upload):
        inside.append(len(connection.savepoint_ids))
        return true_decode(upload)

    monkeypatch.setattr(images, "decode", decode)
    for _ in range(2):
        content = SimpleUploadedFile("photo.png", picture(size=(9, 9)))
        headers = {"Idempotency-Key": "k"}
        response = shop.post(path, {"image": content}, format="multipart", headers=headers)
        assert (response.status_code, "Idempotent-Replayed" in response.headers) == (201, False)
    assert (inside, ProductImage.objects.count()) == ([0, 0], 2)
    assert not IdempotencyRecord.objects.exists()
