"""`/sellers/me/logo`."""

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import Seller
from accounts.tests.answers import ROOT, challenge, code_of, errors_of
from accounts.tests.factories import SellerFactory, UserFactory

pytestmark = pytest.mark.django_db
LOGO = f"{ROOT}/sellers/me/logo"


@pytest.fixture
def shop():
    return SellerFactory()


def picture(format_="PNG", size=(1000, 500), mode="RGB", **options):
    buffer = BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else 1).save(buffer, format_, **options)
    return buffer.getvalue()


def upload(client, content, name="logo.png", field="logo"):
    return client.post(LOGO, {field: SimpleUploadedFile(name, content)}, format="multipart")


def files(settings):
    return [file for file in Path(settings.MEDIA_ROOT).rglob("*") if file.is_file()]


def test_the_logo_is_written_anew(api, as_user, shop, settings):
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    answer = upload(as_user(shop.user), picture("JPEG", exif=exif.tobytes()))
    assert answer.status_code == 200
    url = answer.json()["logo"]
    assert url.startswith("/media/logos/")
    assert url.endswith("/logo.webp")
    assert api.get(f"{ROOT}/sellers/{shop.pk}").json()["logo"] == url
    (file,) = files(settings)
    with Image.open(file) as stored:
        assert (stored.format, stored.size) == ("WEBP", (512, 256))
    assert b"secret place" not in file.read_bytes()
    assert Seller.objects.get().version == shop.version + 1


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd.png", "..\\x.html", "logo.svg", "x\x00.png", "a" * 250]
)
def test_neither_name_nor_type_are_believed(as_user, shop, settings, name):
    file = SimpleUploadedFile("logo.png", picture("GIF"), content_type="image/svg+xml")
    file._name = name
    answer = as_user(shop.user).post(LOGO, {"logo": file}, format="multipart")
    (stored,) = files(settings)
    assert answer.json()["logo"] == f"/media/logos/{stored.parent.name}/logo.webp"
    assert stored.relative_to(settings.MEDIA_ROOT).parts[0] == "logos"
    with Image.open(stored) as image:
        assert image.format == "WEBP"


@pytest.mark.django_db(transaction=True)
def test_another_logo_and_none(as_user, shop, settings):
    client = as_user(shop.user)
    first = upload(client, picture()).json()["logo"]
    second = upload(client, picture()).json()["logo"]
    assert first != second
    assert len(files(settings)) == 1
    assert client.delete(LOGO).status_code == 204
    assert files(settings) == []
    assert client.get(f"{ROOT}/sellers/me").json()["logo"] is None
    assert client.delete(LOGO).status_code == 204


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "logo.png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg"),
        (b"<script>alert(1)</script>", "logo.png"),
        (picture()[:200], "logo.png"),
        (picture("TIFF"), "logo.png"),
        (picture(size=(7000, 6000), mode="1"), "bomb.png"),
    ],
)
def test_what_is_no_picture(as_user, shop, settings, content, name):
    answer = upload(as_user(shop.user), content, name)
    assert {pointer for pointer, _ in errors_of(answer)} == {"/logo"}
    assert files(settings) == []
    assert Seller.objects.get().logo.name == ""


def test_other_bodies(as_user, shop):
    client = as_user(shop.user)
    assert errors_of(upload(client, picture(), field="image")) == {("/image", "unknown_field")}
    assert client.post(LOGO, {"logo": "x"}).status_code == 415
    assert code_of(upload(client, b"x" * (10 * 1024 * 1024 + 1))) == (413, "file_too_large")


def test_nothing_is_left_when_the_row_cannot_be_written(as_user, shop, settings, monkeypatch):
    monkeypatch.setattr("accounts.services.logos.replace_logo", lambda **_: 1 / 0)
    assert upload(as_user(shop.user), picture()).status_code == 500
    assert files(settings) == []


def test_who_may_not(api, as_user, settings):
    suspended = SellerFactory(status="suspended").user
    for method in ("post", "delete"):
        assert challenge(getattr(api, method)(LOGO), "not_authenticated")
        for user, code in ((UserFactory(), "permission_denied"), (suspended, "shop_suspended")):
            assert code_of(getattr(as_user(user), method)(LOGO)) == (403, code)
    assert files(settings) == []
