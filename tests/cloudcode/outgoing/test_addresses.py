import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.cloudcode.outgoing.addresses import kind_if_not_public

CASES = [
    ("a-web-server", "93.184.215.14", None),
    ("a-name-server", "8.8.8.8", None),
    ("before-private", "9.255.255.255", None),
    ("private-10", "10.0.0.5", "private"),
    ("after-private", "11.0.0.0", None),
    ("private-172", "172.31.255.255", "private"),
    ("after-private-172", "172.32.0.0", None),
    ("private-192", "192.168.1.1", "private"),
    ("unspecified", "0.0.0.0", "unspecified"),
    ("this-network", "0.1.2.3", "unspecified"),
    ("loopback", "127.0.0.1", "loopback"),
    ("all-of-loopback", "127.255.255.254", "loopback"),
    ("shared", "100.64.0.1", "shared by a provider's customers"),
    ("before-shared", "100.63.255.255", None),
    ("after-shared", "100.128.0.0", None),
    ("alibaba-metadata", "100.100.100.200", "shared by a provider's customers"),
    ("aws-metadata", "169.254.169.254", "link-local"),
    ("lambda-runtime", "169.254.100.1", "link-local"),
    ("azure-metadata", "168.63.129.16", "a cloud provider's metadata"),
    ("oracle-metadata", "192.0.0.192", "reserved"),
    ("documentation", "203.0.113.9", "for documentation"),
    ("6to4-relay", "192.88.99.1", "6to4"),
    ("benchmarks", "198.19.0.1", "for benchmarks"),
    ("multicast", "224.0.0.251", "multicast"),
    ("reserved", "240.0.0.1", "reserved"),
    ("broadcast", "255.255.255.255", "reserved"),
    ("ipv6-web-server", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", None),
    ("ipv6-last-public", "3ffe:ffff::1", None),
    ("ipv6-unspecified", "::", "unspecified"),
    ("ipv6-loopback", "::1", "loopback"),
    ("mapped-loopback", "::ffff:127.0.0.1", "IPv4-mapped"),
    ("mapped-public", "::ffff:8.8.8.8", "IPv4-mapped"),
    ("compatible", "::127.0.0.1", "IPv4-compatible"),
    ("translated", "::ffff:0:127.0.0.1", "reserved"),
    ("nat64", "64:ff9b::169.254.169.254", "NAT64"),
    ("local-nat64", "64:ff9b:1::a00:1", "NAT64"),
    ("6to4", "2002:7f00:1::1", "6to4"),
    ("teredo", "2001:0:a00:1::1", "Teredo"),
    ("protocol-assignments", "2001:2::1", "reserved"),
    ("ipv6-documentation", "2001:db8::1", "for documentation"),
    ("new-documentation", "3fff::1", "for documentation"),
    ("discard", "100::1", "reserved"),
    ("aws-metadata-ipv6", "fd00:ec2::254", "unique local"),
    ("unique-local", "fc00::1", "unique local"),
    ("ipv6-link-local", "fe80::1", "link-local"),
    ("with-a-zone", "fe80::1%2", "link-local"),
    ("site-local", "fec0::1", "site-local"),
    ("ipv6-multicast", "ff02::1", "multicast"),
    ("unassigned", "4000::1", "reserved"),
    ("segment-routing", "5f00::1", "reserved"),
]


@pytest.mark.parametrize(("address", "kind"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_address(address: str, kind: str | None) -> None:
    assert kind_if_not_public(ipaddress.ip_address(address)) == kind


@given(st.ip_addresses())
@example(ipaddress.ip_address("fd00:ec2::254"))
def test_public_addresses_are_global_and_stand_for_themselves(address: ipaddress.IPv4Address) -> None:
    if kind_if_not_public(address) is not None:
        return
    assert address.is_global
    assert not any((address.is_multicast, address.is_reserved, address.is_link_local, address.is_unspecified))
    if isinstance(address, ipaddress.IPv6Address):
        assert address.ipv4_mapped is None
        assert address.sixtofour is None
        assert address.teredo is None
        assert not address.is_site_local


@given(st.ip_addresses(v=4))
@example(ipaddress.IPv4Address("8.8.4.4"))
def test_global_ipv4_addresses_are_public(address: ipaddress.IPv4Address) -> None:
    exceptions = ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")
    if any(address in ipaddress.ip_network(network) for network in exceptions):
        return
    assert (kind_if_not_public(address) is None) == (address.is_global and not address.is_multicast)


@given(st.integers(0, 2**125 - 1).map(lambda low: ipaddress.IPv6Address((1 << 125) + low)))
def test_ipv6_addresses_of_the_assigned_part_are_public(address: ipaddress.IPv6Address) -> None:
    special = ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
    expected = not any(address in ipaddress.ip_network(network) for network in special)
    assert (kind_if_not_public(address) is None) == expected


EMBEDDED = [
    ("mapped", "::ffff:0:0", 0),
    ("compatible", "::", 0),
    ("translated", "::ffff:0:0:0", 0),
    ("nat64", "64:ff9b::", 0),
    ("local-nat64", "64:ff9b:1::", 0),
    ("6to4", "2002::", 80),
    ("teredo-server", "2001::", 64),
]


@pytest.mark.parametrize(("prefix", "shift"), [case[1:] for case in EMBEDDED], ids=[case[0] for case in EMBEDDED])
@given(inner=st.ip_addresses(v=4))
def test_no_address_that_stands_for_another_one_is_public(
    prefix: str, shift: int, inner: ipaddress.IPv4Address
) -> None:
    outer = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | (int(inner) << shift))
    assert kind_if_not_public(outer) is not None
