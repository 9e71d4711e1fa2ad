from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from config.shared.requests import believe_proxy, client_address, network_of, request_id_from


@pytest.mark.parametrize("header", ["abc-123", "A.b_c~d:/+=", "x" * 128])
def test_a_sane_request_id_is_kept(header):
    assert request_id_from(header) == header


@pytest.mark.parametrize("header", [None, "", "a b", "x" * 129, "<script>", "a\nb"])
def test_an_odd_request_id_is_replaced(header):
    assert request_id_from(header) not in {header, ""}


def test_forwarded_addresses_are_believed_only_behind_named_proxies(settings):
    assert client_address("203.0.113.9", "1.2.3.4") == "203.0.113.9"
    settings.TRUSTED_PROXIES = settings_networks("10.0.0.0/8")
    assert client_address("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.0.0.2") == "198.51.100.7"
    assert client_address("203.0.113.9", "1.2.3.4") == "203.0.113.9"


def settings_networks(*networks):
    return [ip_network(network) for network in networks]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("nonsense", "nonsense"),
    ],
)
def test_ipv6_counts_by_its_network(address, network):
    assert network_of(address) == network


def test_https_is_believed_only_from_a_named_proxy(settings):
    request = RequestFactory().get("/", headers={"X-Forwarded-Proto": "https"}, REMOTE_ADDR="10.0.0.1")
    believe_proxy(request)
    assert not request.is_secure()
    settings.TRUSTED_PROXIES = settings_networks("10.0.0.0/8")
    believe_proxy(request)
    assert request.is_secure()
