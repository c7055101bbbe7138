"""Causes that packages and their repositories have: locks, half-done installations, mirrors, keys.

Sources: apt 2.2 to 3.0 and dpkg at a package server that was made to answer so, and kubernetes/release#3584.
"""

from __future__ import annotations

from zkwizard.diagnosis import sights
from zkwizard.diagnosis.evidence import STEP
from zkwizard.diagnosis.rule import Rule, said
from zkwizard.model.text import T

_FETCHED = (
    r"(?:Failed to fetch|could not fetch) (?P<url>https?://[^\s:]+(?::[^\s:]+)*):?\s++(?:HTTP status )?+"
)
"""How apt, and zkwizard where it fetches keys, begin to tell; a status or apt's words come next. What was
matched is kept (``++``), as patterns go on with what must not follow."""
_AGAIN = "@here zkwizard run {file}"

PACKAGE_SCRIPT = Rule(
    "package-script",
    (
        said(
            r"installed (?P<package>\S+) package (?P<script>\S+) script subprocess returned error exit status"
            r" (?P<code>\d+)",
            STEP,
        ),
    ),
    T("The {script} script of the package {package} failed on {node} (exit status {code})."),
    T("The package stays half installed, and apt does nothing else until that is finished."),
    T("Read what it says above that line and repair it; the next run lets dpkg finish, and goes on."),
    ("dpkg --configure -a", _AGAIN),
    explains=("zerotier-stopped", "containerd-cri-disabled", "containerd-down", "package-interrupted"),
)
"""Before the services that it leaves unstarted."""

PACKAGE_RULES: tuple[Rule, ...] = (
    Rule(
        "package-lock",
        (
            said(r"Could not get lock \S+ It is held by process (?P<pid>\d+)", STEP),
            said(r"waits for process (?P<pid>\d+) \([^)]*\), which holds \S+lock", STEP),
            sights.package_lock,
        ),
        T("Another package manager is at work on {node} (process {pid})."),
        T("Only one may change packages at a time; on a new server it is the first automatic upgrade."),
        T("Wait until it is done, then run again; never end it in the middle."),
        ("ps -fp {pid}",),
    ),
    Rule(
        "package-interrupted",
        (said(r"dpkg was interrupted, you must manually run", STEP),),
        T("An installation on {node} was interrupted half-way."),
        T("apt does nothing more until it is finished."),
        T("Let dpkg finish, then run again."),
        ("dpkg --configure -a",),
    ),
    Rule(
        "package-forbidden",
        (
            said(_FETCHED + r"(?P<status>40[13])\b", STEP),
            said(r"(?P<url>https?://\S+)' (?:.*)(?P<status>403)\s+Forbidden", STEP),
        ),
        T("The package server refuses {node}: {status} for {url}."),
        T(
            "pkgs.k8s.io answers 403 for a path that does not exist (an unknown minor, say); a mirror does"
            " when its layout is another one, or when it wants a login or another network."
        ),
        T("Correct kubernetes.version or mirrors.packages in the cluster file, then run again."),
        ("curl -sI {url}", _AGAIN),
        explains=("repository-key",),
    ),
    Rule(
        "package-not-found",
        (
            said(_FETCHED + r"404\b", STEP),
            said(r"The repository '(?P<url>https?://\S+)[^']*' does not have a Release file", STEP),
        ),
        T("There is no package repository for {node} at {url}: 404."),
        T("The address is wrong, or the mirror has no packages for this release of the system."),
        T("Correct mirrors.packages (url, suite, components, key) in the cluster file, then run again."),
        ("curl -sI {url}", _AGAIN),
        explains=("repository-key",),
    ),
    Rule(
        "package-transfer",
        (said(_FETCHED + r"(?!\s|HTTP|40[134]\b)", STEP),),
        T("What {node} fetches from {url} does not arrive, or not as it was signed."),
        T("The server is not reached, the line ends half-way, or the mirror is just being updated."),
        T(
            "Look at the line above: an unexpected size or hash sum passes when the mirror's update is over;"
            " else see that the node reaches the server, or name another one in mirrors.packages."
        ),
        ("curl -sS -I {url}", _AGAIN),
        explains=("repository-key",),
    ),
    Rule(
        "repository-date",
        (said(r"Release file for (?P<url>\S+) is (?P<words>not valid yet|expired) ", STEP),),
        T("By the clock of {node} the package repository {url} is {words}."),
        T("apt takes no index from the future, and none that is too old: it could be served on purpose."),
        T(
            "Not valid yet: the node's clock is behind, set it. Expired: nobody updates the mirror any more,"
            " name another one in mirrors.packages."
        ),
        ("date -u", "timedatectl", _AGAIN),
        explains=("repository-key",),
    ),
    Rule(
        "repository-key-changed",
        (
            said(
                r"The key at (?P<url>\S+) was (?P<was>[0-9A-F]+) and is (?P<now>[0-9A-F]+) now\."
                r".* remove (?P<keyring>/\S+) and run again",
                STEP,
            ),
        ),
        T("The signing key at {url} is not the one that {node} trusts: it is {now} now."),
        T("Who has the new key can put any package on the node; only its publisher knows if it is right."),
        T("Compare {now} with what the publisher says. If it is right, remove the old one and run again."),
        ("rm {keyring}", _AGAIN),
        explains=("repository-key",),
    ),
    Rule(
        "repository-key",
        (
            said(r"(?:NO_PUBKEY|EXPKEYSIG|KEYEXPIRED|BADSIG|REVKEYSIG) (?P<key>[0-9A-F]{8,40})", STEP),
            said(r"Missing key (?P<key>[0-9A-F]{8,40})", STEP),
            said(r"The repository '(?P<key>[^']+)' is not signed", STEP),
        ),
        T("{node} does not trust a package repository's signature ({key})."),
        T("The key is missing or has expired, or what is served is not the publisher's."),
        T("See whether the publisher has a new key; with a mirror, name its key in the cluster file."),
        ("ls -l /etc/apt/keyrings", _AGAIN),
    ),
)
"""In the order of the rule base."""
