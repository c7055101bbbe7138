"""Debian and Ubuntu: apt, with sources under the names that their own documentation gives.

The names matter: two sources for one repository with different keys make apt refuse both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zkwizard.model.cluster import PackageMirror
from zkwizard.model.context import Context
from zkwizard.model.placeholders import hole
from zkwizard.model.step import Stays, Step
from zkwizard.model.text import T, Text
from zkwizard.steps.family import Repository
from zkwizard.steps.shell import quote, words

_KEYRINGS = {
    "kubernetes": "/etc/apt/keyrings/kubernetes-apt-keyring.gpg",
    "docker": "/etc/apt/keyrings/docker.asc",
    "zerotier": "/etc/apt/keyrings/zerotier.gpg",
}
_FINGERPRINTS = {
    "kubernetes": ("DE15B14486CD377B9E876E1A234654DA9A296436",),
    "docker": ("9DC858229FC7DD38854AE2D88D81803C0EBFCD88",),
    "zerotier": ("74A5E9C458E1A431F1DA57A71657198823E52A61",),
}
"""The publishers' signing keys, as their installation documents and many pinned configurations name them."""


class Debian:
    """The strategy for apt."""

    id = "debian"
    kubelet_defaults = "/etc/default/kubelet"

    def kubernetes(self, minor: str, mirror: PackageMirror | None) -> Repository:
        """One flat repository per minor (suite ``/``), its key beside the packages."""
        return _repository(
            "kubernetes",
            "Kubernetes",
            f"https://pkgs.k8s.io/core:/stable:/v{minor}/deb/",
            ("/", ()),
            "Release.key",
            mirror,
        )

    def runtime(self, context: Context, mirror: PackageMirror | None) -> Repository:
        """Docker's repository, which builds containerd for every release (facts: Debian's own is too old)."""
        distribution = context.own.os.id if context.own else "debian"
        base = f"https://download.docker.com/linux/{distribution}"
        return _repository("docker", "Docker", base, (_codename(context), ("stable",)), "gpg", mirror)

    def zerotier(self, context: Context, mirror: PackageMirror | None) -> Repository:
        """ZeroTier's repository, a directory per release."""
        codename = _codename(context)
        base = f"https://download.zerotier.com/debian/{codename}"
        key = "https://download.zerotier.com/contact%40zerotier.com.gpg"
        return _repository("zerotier", "ZeroTier", base, (codename, ("main",)), key, mirror)

    def repository(self, repository: Repository) -> list[Step]:
        """Key first, then the source, then the index of this source alone."""
        return [_key(repository), _source(repository)]

    def files(self, repository: Repository) -> tuple[str, ...]:
        """The key and the source."""
        return (_KEYRINGS[repository.name], _source_path(repository))

    def packages(
        self,
        id: str,
        title: Text,
        why: Text,
        *,
        wanted: Mapping[str, str],
        hold: bool = False,
        restarts: Sequence[str] = (),
        brings: Sequence[str] = (),
    ) -> Step:
        """Download first, which may be ended; then install, which may not."""
        checks = [_installed(name, version) for name, version in wanted.items()]
        specs = words(*(f"{name}={version}" if version else name for name, version in wanted.items()))
        names = words(*wanted)
        noted = [*wanted, *brings]
        apply = [f"zk_note_packages {words(*noted)}"]
        apply += [f"zk_pending {words(*restarts)}"] if restarts else []
        flags = "--no-install-recommends --no-remove --allow-change-held-packages"
        apply.append(f"zk_install {flags} {specs}")
        if hold:
            checks.append(f'[ "$(apt-mark showhold {names} | wc -l)" -eq {len(wanted)} ]')
            apply.append(f"zk_note_holds {names}\napt-mark hold {names}")
        undo = [
            f'if [ "$(zk_noted package {n} || :)" = absent ] && dpkg-query -W {n} >/dev/null 2>&1; then\n'
            f"  zk_busy zk_apt remove --purge --allow-change-held-packages {n}\nfi\n"
            f"zk_forget package {n}"
            for n in reversed(noted)
        ]
        return Step(
            id=id,
            title=title,
            why=why,
            check="\n".join(checks),
            apply="\n".join(apply),
            undo="\n".join(undo),
            receipt=" || ".join(f"zk_has_note package {n}" for n in noted),
            stays=(Stays.PACKAGES,),
            limit=0,
            retries=3,
            delay=10,
        )

    def proxy(self, url: str, direct_hosts: Sequence[str]) -> Step:
        """apt's own configuration; apt does not read NO_PROXY, so direct hosts are named one by one."""
        lines = [f'Acquire::{scheme}::Proxy "{url}";' for scheme in ("http", "https")]
        lines += [
            f'Acquire::{scheme}::Proxy::{host} "DIRECT";'
            for host in direct_hosts
            for scheme in ("http", "https")
        ]
        path = "/etc/apt/apt.conf.d/95zkwizard-proxy"
        return Step(
            id="apt-proxy",
            title=T("apt goes through the proxy"),
            why=T("This node reaches package repositories only through the proxy."),
            content="".join(line + "\n" for line in lines),
            check=f"zk_content zk_same {path} 600",
            apply=f"zk_content zk_put {path} 600",
            undo=f"zk_restore {path}",
            receipt=f"zk_may_restore {path}",
        )


def _codename(context: Context) -> str:
    return context.own.os.codename if context.own else hole("codename", "read from the machine")


def _repository(
    name: str,
    title: str,
    url: str,
    layout: tuple[str, tuple[str, ...]],
    key: str,
    mirror: PackageMirror | None,
) -> Repository:
    """The official place, or the mirror where one is named."""
    suite, components = layout
    fingerprints: tuple[str, ...]
    fingerprints = _FINGERPRINTS[name]
    if mirror:
        url = mirror.url
        suite = mirror.suite or suite
        components = mirror.components or components
        if mirror.key:
            key, fingerprints = mirror.key, ()
    key_url = key if "://" in key else f"{url.rstrip('/')}/{key}"
    return Repository(name, title, url, suite, components, key_url, fingerprints)


def _key(repository: Repository) -> Step:
    path = _KEYRINGS[repository.name]
    fetch = [f'zk_fetch {quote(repository.key_url)} "$ZK_DIR/{repository.name}.key"']
    fetch.append(f'zk_found=$(zk_fingerprints "$ZK_DIR/{repository.name}.key")')
    fetch.append('printf "signing key: %s\\n" $zk_found')
    fetch.append('[ -n "$zk_found" ]')
    if repository.fingerprints:
        known = "|".join(repository.fingerprints)
        refusal = f"{repository.key_url} holds a key that is not the publisher's known one ({known})"
        fetch.append(
            f'! printf "%s\\n" "$zk_found" | grep -qvxE {quote(known)} ||\n  zk_conflict {quote(refusal)}'
        )
    convert = "zk_gpg --yes --dearmor"
    if not path.endswith(".gpg"):
        convert = "cat"
        fetch.append(
            f'grep -q "BEGIN PGP" "$ZK_DIR/{repository.name}.key" ||\n'
            f"  zk_conflict {quote(f'{repository.key_url} is not an armored key')}"
        )
    fetch.append(f'{convert} <"$ZK_DIR/{repository.name}.key" | zk_put {path} 644')
    note = f"key {repository.name}"
    fetch.append(f"zk_forget {note}\nzk_note {note} {quote(repository.key_url)}")
    return Step(
        id=f"{repository.name}-key",
        title=T("Signing key of the {name} packages", name=repository.title),
        why=T("apt trusts this repository by this key only, and the key must be the publisher's."),
        check=(
            f"zk_ours {path} && ! zk_expired {path} &&\n"
            f'  [ "$(zk_noted {note})" = {quote(repository.key_url)} ]'
        ),
        apply="\n".join(fetch),
        undo=f"zk_restore {path}\nzk_forget {note}",
        receipt=f"zk_may_restore {path}",
        limit=180,
        retries=2,
    )


def _source_path(repository: Repository) -> str:
    return f"/etc/apt/sources.list.d/{repository.name}.list"


def _source(repository: Repository) -> Step:
    path = _source_path(repository)
    where = " ".join((repository.url, repository.suite, *repository.components))
    keyring = _KEYRINGS[repository.name]
    return Step(
        id=f"{repository.name}-repository",
        title=T("Repository of the {name} packages", name=repository.title),
        why=T("Debian's own packages are missing or too old for this."),
        content=f"deb [signed-by={keyring}] {where}\n",
        check=f"zk_content zk_same {path} 644",
        apply=f"zk_content zk_index {words(repository.name, keyring)}\nzk_content zk_put {path} 644",
        undo=f"zk_restore {path}",
        receipt=f"zk_may_restore {path}",
        limit=1800,
        retries=2,
    )


def _installed(name: str, version: str) -> str:
    pattern = "*".join(quote(part) if part else "" for part in version.split("*")) if version else "?*"
    return f'case "$(zk_deb_version {quote(name)})" in {pattern}) ;; *) exit 1 ;; esac'
