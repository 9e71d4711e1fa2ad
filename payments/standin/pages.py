"""Pages for browsers: authentication (3-D Secure), hosted checkout, a seller's onboarding.

They are plain forms, so tests can post them as a browser would.
"""

from collections.abc import Callable
from html import escape
from urllib.parse import urlencode, urlsplit, urlunsplit

from . import forms
from .amounts import worded
from .api import Api
from .call import PLATFORM, Call
from .errors import StripeError
from .http import Answer, Request, html_answer, redirect
from .resources import accounts, checkout_sessions, payment_attempts, setup_intents
from .store import Object

FRAME = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><body style="font: 1rem/1.5 system-ui; max-width: 30rem; margin: 3rem auto; padding: 0 1rem">
<h1>{title}</h1>{body}<p><small>Souk's stand-in for Stripe. No money moves here.</small></p>"""

AUTHENTICATION = """<p>The bank of the card asks you to confirm.</p><form method="post">
<button name="outcome" value="complete">Complete authentication</button>
<button name="outcome" value="fail">Fail authentication</button></form>"""

CHECKOUT = """{alert}<ul>{lines}</ul><p><b>Total {total}</b></p><form method="post">
<p><label>E-mail <input type="email" name="email" value="{email}"></label></p>
<p><label>Payment method <input name="payment_method" value="pm_card_visa" required></label></p>
<button>Pay</button></form>{cancel}"""

ONBOARDING = """<p>Stripe would ask for the shop's details here.</p><form method="post">
<button name="outcome" value="complete">Complete onboarding</button>
<button name="outcome" value="later">Return without completing</button></form>"""

FINISH = {
    "payment_intent": payment_attempts.finish_authentication,
    "setup_intent": setup_intents.finish_authentication,
}
PAID = ("succeeded", "processing", "requires_capture")

Page = Callable[[Request, Call, Object], Answer]


class Pages:
    def __init__(self, api: Api) -> None:
        self._api = api
        self._pages: dict[tuple[str, str], Page] = {
            ("authenticate", "payment_intent"): authenticate,
            ("authenticate", "setup_intent"): authenticate,
            ("checkout", "checkout.session"): checkout,
            ("express", "account"): express,
            ("onboarding", "account"): onboard,
            ("receipts", "charge"): receipt,
        }

    def answer(self, request: Request) -> Answer:
        """`/{page}/{id of the object}`, in one transaction."""
        name, _, identifier = request.path.strip("/").partition("/")
        subject = self._api.store.find(identifier) or {}
        page = self._pages.get((name, subject.get("object", "")))
        if page is None or subject.get("deleted"):
            return not_found()
        try:
            with self._api.store.transaction():
                call = self._api.call(account=self._api.store.account_of(identifier))
                return page(request, call, subject)
        except forms.MalformedForm:
            return _page("Not understood", "", status=400)


def authenticate(request: Request, call: Call, intent: Object) -> Answer:
    if intent["client_secret"] != _queried(request, "client_secret"):
        return not_found()
    if intent["status"] == "requires_action" and request.method != "POST":
        return _page("Authenticate", AUTHENTICATION)
    if intent["status"] == "requires_action":
        authenticated = request.form.get("outcome") == "complete"
        intent = FINISH[intent["object"]](call, intent, authenticated=authenticated)
    return _send_back(intent)


def checkout(request: Request, call: Call, session: Object) -> Answer:
    if session["status"] == "complete":
        return redirect(checkout_sessions.way_back(session))
    if session["status"] != "open":
        return not_found()
    if request.method != "POST":
        return _checkout_form(call, session)
    method, email = (str(request.form.get(name, "")) for name in ("payment_method", "email"))
    try:
        intent = checkout_sessions.pay(call, session, method=method, email=email)
    except StripeError as refused:
        return _checkout_form(call, session, alert=str(refused))
    if intent["status"] == "requires_action":
        return redirect(intent["next_action"]["redirect_to_url"]["url"])
    return redirect(checkout_sessions.way_back(session))


def onboard(request: Request, call: Call, account: Object) -> Answer:
    """Sending the form uses up the link, so that just viewing the page does no harm."""
    call.account = PLATFORM
    if request.method != "POST":
        return _page("Set up payments", ONBOARDING)
    link = account.get("_link") or {}
    if not accounts.take_link(call, account, _queried(request, "token")):
        return redirect(link["refresh_url"]) if link else not_found()
    if request.form.get("outcome") == "complete":
        accounts.complete_onboarding(call, account)
    return redirect(link["return_url"])


def express(_: Request, __: Call, account: Object) -> Answer:
    return _page("Express dashboard", f"<p>{escape(account['id'])}</p>")


def receipt(_: Request, __: Call, charge: Object) -> Answer:
    return _page(
        "Receipt", f"<p>{escape(worded(charge['amount'], charge['currency']))} {charge['status']}</p>"
    )


def not_found() -> Answer:
    return _page("Not found", "", status=404)


def _checkout_form(call: Call, session: Object, alert: str = "") -> Answer:
    lines = call.store.every("item", call.account, _session=session["id"])
    body = CHECKOUT.format(
        alert=f'<p role="alert">{escape(alert)}</p>' if alert else "",
        lines="".join(f"<li>{line['quantity']} &times; {escape(line['description'])}</li>" for line in lines),
        total=escape(worded(session["amount_total"], session["currency"])),
        email=escape((session["customer_details"] or {}).get("email") or ""),
        cancel=f'<p><a href="{escape(session["cancel_url"])}">Back to the shop</a></p>'
        if session["cancel_url"]
        else "",
    )
    return _page("Pay", body)


def _send_back(intent: Object) -> Answer:
    """Redirects to `return_url` with Stripe's parameters; without one, a page says that it is done."""
    if not intent.get("_return_url"):
        return _page("Done", "<p>You may close this page.</p>")
    name = intent["object"]
    added = {
        name: intent["id"],
        f"{name}_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if intent["status"] in PAID else "failed",
    }
    return redirect(_with_query(intent["_return_url"], added))


def _with_query(url: str, added: dict[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(added))))))


def _queried(request: Request, name: str) -> str:
    return str(forms.parse(request.query).get(name, ""))


def _page(title: str, body: str, *, status: int = 200) -> Answer:
    return html_answer(status, FRAME.format(title=escape(title), body=body))
