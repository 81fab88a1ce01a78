"""The dealer's own addresses that pass mail on to us, recognised by the envelope sender they leave (AR-14)."""

from collections.abc import Iterable

from leadmaild.model.address import parse_address


def is_forwarder(reverse_path: str, forwarders: Iterable[str]) -> bool:
    """Whether mail with this envelope sender came through one of the `forwarders` (addresses).

    Servers that forward rewrite it: local+SRS=...@domain, or SRS0=...@domain.
    """
    path = parse_address(reverse_path)
    if path is None:
        return False
    known = {address.normal for text in forwarders if (address := parse_address(text)) is not None}
    if path.local.casefold().startswith(("srs0", "srs1")):
        return any(address.endswith(f"@{path.domain}") for address in known)
    return f"{path.local.partition('+')[0].casefold()}@{path.domain}" in known
