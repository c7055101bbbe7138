"""cloud-init: whether it will put the provider's hostname and hosts file back at the next boot.

Its modules cc_set_hostname, cc_update_hostname and cc_update_etc_hosts read ``preserve_hostname`` and
``manage_etc_hosts`` from /etc/cloud (a later file wins), overridden by vendor data and then user data.
"""

from __future__ import annotations

from zkwizard.facts.fact import Fact
from zkwizard.model.facts import CloudInit

DATA = "/var/lib/cloud/instance/"
SCRIPT = f"""\
[ -e /etc/cloud/cloud-init.disabled ] && exit 0
[ -e /etc/cloud/cloud.cfg ] && echo present
[ -d /etc/cloud ] &&
  grep -HE '^(preserve_hostname|manage_etc_hosts):' /etc/cloud/cloud.cfg /etc/cloud/cloud.cfg.d/*.cfg \\
    {DATA}vendor-cloud-config.txt {DATA}cloud-config.txt
grep -qi 'manage_etc_hosts.* as true' /etc/hosts && echo banner
"""


def parse(text: str) -> CloudInit:
    """``file:key: value`` lines in the order in which they override each other.

    The banner that cloud-init writes into /etc/hosts says that it managed the file whatever sets it; it
    stays in the file, so a setting that was found counts more.
    """
    values: dict[str, str] = {}
    from_data = False
    lines = [line.strip() for line in text.split("\n")]
    for line in lines:
        path, _, setting = line.partition(":")
        key, found, value = setting.partition(":")
        if found and key in ("preserve_hostname", "manage_etc_hosts"):
            values[key] = value.partition("#")[0].strip().strip("\"'").lower()
            from_data = from_data or path.startswith(DATA)
    hosts = values.get("manage_etc_hosts", "true" if "banner" in lines else "false")
    return CloudInit(
        present="present" in lines,
        preserve_hostname=_true(values.get("preserve_hostname", "")),
        manage_etc_hosts="true" if _true(hosts) else hosts if hosts in ("localhost", "template") else "false",
        from_data=from_data,
    )


def _true(value: str) -> bool:
    return value in ("true", "yes", "on", "1")


FACT = Fact("cloud-init", SCRIPT, parse)
