"""A network as a regular expression, for programs that choose an interface by one."""

from __future__ import annotations

from ipaddress import IPv4Network


def addresses_pattern(network: IPv4Network) -> str:
    """A regular expression (RE2) that exactly the addresses of ``network`` match."""
    whole, bits = divmod(network.prefixlen, 8)
    octets = list(network.network_address.packed)
    parts = [str(octet) for octet in octets[:whole]]
    if bits:
        parts.append(_octet(octets[whole], octets[whole] + (1 << (8 - bits)) - 1))
    if not parts:
        return r"^[0-9]+\."
    return "^" + r"\.".join(parts) + ("$" if len(parts) == 4 else r"\.")


def _octet(low: int, high: int) -> str:
    """Decimal numbers from ``low`` to ``high``, grouped by all but their last digit."""
    groups: dict[str, list[str]] = {}
    for number in map(str, range(low, high + 1)):
        groups.setdefault(number[:-1], []).append(number[-1])
    alternatives = [
        f"{head}{tails[0]}" if len(tails) == 1 else f"{head}[{tails[0]}-{tails[-1]}]"
        for head, tails in groups.items()
    ]
    return f"({'|'.join(alternatives)})"
