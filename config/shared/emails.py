"""One spelling per e-mail address: no account may exist twice, and no mail may go to the owner of another domain."""


def normal_email(address: str) -> str:
    """The address in lower case, with the domain as in the DNS (`exämple.com` is `xn--exmple-cua.com`).

    Validation checks whether it is an address at all. Raises UnicodeError for a domain that cannot exist.
    """
    local, at, domain = address.lower().rpartition("@")
    return f"{local}{at}{domain if domain.isascii() else domain.encode('idna').decode()}"
