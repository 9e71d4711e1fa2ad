"""Files of products over HTTP and on the command line."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.models import Product, ProductImport
from catalog.tests.files import SOUK, run
from config.shared.models import EventRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return SellerFactory(slug="mill")


def upload(client, content, **values):
    file = SimpleUploadedFile("products.csv", content.encode() if isinstance(content, str) else content)
    return client.post("/api/v1/products/import", {"file": file, **values}, format="multipart")


def test_import_over_http(as_user, seller, run_jobs):
    shop = as_user(seller.user)
    accepted = upload(shop, SOUK)
    assert accepted.status_code == 202, accepted.json()
    assert (accepted.json()["status"], Product.objects.count()) == ("pending", 0)

    assert run_jobs()[0] == "catalog.import_products"

    body = shop.get(accepted.headers["Location"]).json()
    assert (body["status"], body["created"], body["done"], body["total"], body["errors"]) == (
        "completed",
        2,
        2,
        2,
        [],
    )
    assert body["filename"] == "products.csv"
    progress, event = EventRecord.objects.filter(type="import.progress").order_by("pk")
    assert progress.data == {"id": body["id"], "status": "running", "done": 2, "total": 2, "errors": 0}
    assert event.data == {"id": body["id"], "status": "completed", "done": 2, "total": 2, "errors": 0}
    assert (event.stream, event.audiences) == (
        "notifications",
        sorted([f"seller:{seller.pk}", f"user:{seller.user_id}"]),
    )
    assert as_user(SellerFactory().user).get(accepted.headers["Location"]).status_code == 404
    assert as_user(UserFactory()).get(accepted.headers["Location"]).status_code == 403


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"handle,title,price\n\x00", b"<html>", b"\x89PNG"]
)
def test_unreadable_files_are_400(as_user, seller, content):
    assert upload(as_user(seller.user), content).status_code == 400
    assert not ProductImport.objects.exists()


def test_a_header_that_names_a_column_twice_is_400(as_user, seller):
    answer = upload(as_user(seller.user), "handle,title,title,sku,price,currency,stock\na,A,B,s,1.00,USD,1\n")
    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable_file")
    assert answer.json()["detail"] == "The header names a column twice: title."
    assert not ProductImport.objects.exists()


def test_a_quote_that_is_never_closed_imports_nothing(as_user, seller, run_jobs):
    content = 'handle,title,sku,price,currency,stock\nq,"unclosed,s,1.00,USD,1\nr,R,t,1.00,USD,1\n'
    job = upload(as_user(seller.user), content).headers["Location"]
    run_jobs()
    body = as_user(seller.user).get(job).json()
    assert (body["status"], body["created"], Product.objects.count()) == ("failed", 0, 0)
    assert "unexpected end of data" in body["errors"][0]["detail"]


def test_a_row_with_more_cells_than_the_header_is_an_error_of_its_line(as_user, seller, run_jobs):
    content = "handle,title,sku,price,currency,stock\na,A,s,1.00,USD,1,oops\nb,B,t,1.00,USD,1\n"
    job = upload(as_user(seller.user), content).headers["Location"]
    run_jobs()
    body = as_user(seller.user).get(job).json()
    assert [(error["line"], error["code"]) for error in body["errors"]] == [(2, "too_many_cells")]
    assert [product.title for product in Product.objects.all()] == ["B"]


def test_who_may_import_and_export(api, as_user, seller):
    assert upload(api, SOUK).status_code == 401
    assert upload(as_user(UserFactory()), SOUK).status_code == 403
    assert upload(as_user(SellerFactory().user), SOUK, seller=seller.slug).status_code == 403
    assert upload(as_user(AdminFactory()), SOUK).status_code == 400
    assert not ProductImport.objects.exists()
    assert upload(as_user(AdminFactory()), SOUK, seller=seller.slug, dry_run="true").json()["dry_run"] is True
    assert upload(as_user(seller.user), SOUK, dry_run="maybe").status_code == 400
    assert upload(as_user(seller.user), SOUK + "x" * 10 * 1024 * 1024).status_code == 413

    run(seller, SOUK)
    assert api.get("/api/v1/products/export").status_code == 401
    assert as_user(UserFactory()).get("/api/v1/products/export").status_code == 403
    assert as_user(seller.user).get("/api/v1/products/export?format=xml").status_code == 400
    answer = as_user(AdminFactory()).get("/api/v1/products/export?format=shopify&seller=mill")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert b"".join(answer.streaming_content).startswith(b"Handle,Title")


def test_commands(seller, tmp_path, capsys):
    file = tmp_path / "products.csv"
    file.write_text(SOUK)
    call_command("import_products", str(file), "--seller", "mill", "--dry-run")
    assert not Product.objects.exists()
    call_command("import_products", str(file), "--seller", "mill")
    assert capsys.readouterr().out.splitlines() == ["2 created, 0 updated, 0 unchanged, 0 failed"] * 2
    call_command("export_products", "--seller", "mill")
    assert capsys.readouterr().out.startswith("handle,title,")
    with pytest.raises(CommandError, match="no shop"):
        call_command("export_products", "--seller", "nobody")
    file.write_text(SOUK.replace("19.99", "free"))
    with pytest.raises(SystemExit, match="1"):
        call_command("import_products", str(file), "--seller", "mill")
    assert "line 2: price: 'free' is no price in USD." in capsys.readouterr().err
