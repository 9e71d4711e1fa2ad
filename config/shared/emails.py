"""One spelling for each e-mail address: an account must not exist twice, nor a mail go to another domain's owner."""


def normal_email(address: str) -> str:
    """In lower case, the domain as it stands in the DNS (`exämple.com` is `xn--exmple-cua.com`).

    What is no address is left to validation. Raises UnicodeError for a domain that cannot exist.
    """
    local, at, domain = address.lower().rpartition("@")
    return f"{local}{at}{domain if domain.isascii() else domain.encode('idna').decode()}"
