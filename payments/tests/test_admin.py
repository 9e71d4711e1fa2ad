"""Staff look at the books; nobody edits them there."""

from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import AdminFactory
from payments import services
from payments.models import LedgerTransaction
from payments.tests.factories import books, deliver_parts, pay

pytestmark = pytest.mark.django_db
SHOWN = ("payment", "refund", "stripeevent", "ledgertransaction", "ledgerentry", "payout", "payoutaccount", "dispute",
         "stripecustomer")  # fmt: skip


@pytest.fixture
def site(client: Any, order: Any, standin: Any, run_jobs: Any) -> Client:
    pay(client, order, payment_method="pm_card_createDispute")
    deliver_parts(order)
    run_jobs()
    services.take_dispute(standin.events("charge.dispute.created")[-1]["data"]["object"]["id"])
    browser = Client()
    browser.force_login(AdminFactory(is_staff=True, is_superuser=True))
    return browser


def test_every_page_opens_and_offers_no_change(site: Client) -> None:
    assert {model._meta.model_name for model in apps.get_app_config("payments").get_models()} - set(
        SHOWN
    ) == {"catchup", "ledgerclosing", "payoutperiod", "refunditem"}  # the last on the refund's page
    for name in SHOWN:
        page = site.get(reverse(f"admin:payments_{name}_changelist"))
        assert page.status_code == 200, name
        assert site.get(reverse(f"admin:payments_{name}_add")).status_code == 403, name
        for row in apps.get_model("payments", name).objects.all()[:1]:
            assert site.get(reverse(f"admin:payments_{name}_change", args=[row.pk])).status_code == 200, name
            assert site.post(reverse(f"admin:payments_{name}_delete", args=[row.pk])).status_code == 403, name


def test_a_posting_cannot_be_edited_there(site: Client) -> None:
    posted, before = LedgerTransaction.objects.latest("pk"), books()
    answer = site.post(reverse("admin:payments_ledgertransaction_change", args=[posted.pk]), {"note": "mine"})
    assert (answer.status_code, books()) == (403, before)
