"""The address rule: which IP addresses are public, so that user code may reach them.

IPv4 is public unless listed here. IPv6 is public in 2000::/3 only, which is all that is assigned, and there unless
listed here. The lists follow IANA's registries of special-purpose addresses. They are stricter where an address stands
for another one (NAT64, 6to4, Teredo): a translator could make it a private one.
"""

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

IPAddress = IPv4Address | IPv6Address

IPV4_KINDS = [
    (IPv4Network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a provider's customers"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud provider's metadata"),  # Azure's, in the midst of public addresses
        ("169.254.0.0/16", "link-local"),  # with the metadata address of most clouds, and Lambda's own runtime
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "6to4"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
]

IPV6_GLOBAL_UNICAST = IPv6Network("2000::/3")

IPV6_KINDS = [
    (IPv6Network(network), kind)
    for network, kind in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "unique local"),  # with fd00:ec2::254, the metadata address of AWS
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
]


def kind_if_not_public(address: IPAddress) -> str | None:
    """What an address is that user code may not reach, in a word or two; None for a public address."""
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in IPV4_KINDS if address in network), None)
    listed = next((kind for network, kind in IPV6_KINDS if address in network), None)
    return listed if listed or address in IPV6_GLOBAL_UNICAST else "reserved"


def literal(host: str) -> IPAddress | None:
    """The address that a host is, or None when it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
