"""curl: the addresses that an installation asks for are answered offline; a proxy is really connected to."""

from __future__ import annotations

import os
import re
import socket
import sys

from .run import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_WITH_VALUE = {
    "-o": "output",
    "--output": "output",
    "-x": "proxy",
    "--proxy": "proxy",
    "-m": "max-time",
    "--max-time": "max-time",
    "--retry": "",
    "--retry-delay": "",
    "--connect-timeout": "connect-timeout",
    "-w": "write-out",
    "--write-out": "write-out",
    "-D": "dump-header",
    "--dump-header": "dump-header",
    "-H": "",
    "--header": "",
    "-X": "",
    "--request": "",
    "-d": "",
    "--data": "",
    "-A": "",
    "-u": "",
    "--user": "",
    "--noproxy": "noproxy",
    "--cacert": "",
    "--resolve": "",
    "--retry-max-time": "",
    "-U": "",
    "--proxy-user": "",
    "-e": "",
    "-K": "config",
    "--config": "config",
}
_FINGERPRINTS = {
    "kubernetes": "DE15B14486CD377B9E876E1A234654DA9A296436",
    "docker": "9DC858229FC7DD38854AE2D88D81803C0EBFCD88",
    "zerotier": "74A5E9C458E1A431F1DA57A71657198823E52A61",
}
_OWNERS = {
    "kubernetes": "isv:kubernetes OBS Project <isv:kubernetes@build.opensuse.org>",
    "docker": "Docker Release (CE deb) <docker@docker.com>",
    "zerotier": "ZeroTier, Inc. (ZeroTier Support and Release Signing Key) <contact@zerotier.com>",
}


def main(argv: list[str]) -> int:
    options, flags, urls = _parse(argv[1:])
    if "--version" in flags or "-V" in flags:
        print("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.17")
        return 0
    if not urls:
        raise Refused("curl: try 'curl --help' or 'curl --manual' for more information", 2)
    if "config" in options:
        options = {**_configuration(options["config"]), **options}
    proxied = _reach(urls[0], options)
    status, body = _answer(urls[0])
    short = "".join(f[1:] for f in flags if not f.startswith("--"))
    failing = ("f" in short or "--fail" in flags) and status >= 400
    if failing:
        body = ""
    if "I" in short or "--head" in flags:
        body = f"HTTP/2 {status}\r\n\r\n"
    if "dump-header" in options:
        registry = "Docker-Distribution-Api-Version: registry/2.0\r\n" if status == 401 else ""
        _write(f"HTTP/1.1 {status}\r\n{registry}\r\n", options["dump-header"])
    _write(body, options.get("output"))
    if "write-out" in options:
        text = (
            options["write-out"]
            .replace("%{http_code}", f"{status:03d}")
            .replace("%{response_code}", f"{status:03d}")
            .replace("%{http_connect}", "200" if proxied else "000")
        )
        text = (
            re.sub(r"%\{time_\w+\}", "0.042000", text)
            .replace("\\n", "\n")
            .replace("%{size_download}", str(len(body)))
        )
        print(text, end="")
    if failing:
        silent = "s" in short and "S" not in short and "--show-error" not in flags
        raise Refused("" if silent else f"curl: (22) The requested URL returned error: {status}", 22)
    return 0


def _parse(words: list[str]) -> tuple[dict[str, str], list[str], list[str]]:
    options: dict[str, str] = {}
    flags: list[str] = []
    urls: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        key, equals, value = word.partition("=")
        if word in _WITH_VALUE:
            options[_WITH_VALUE[word] or word] = queue.pop(0)
        elif equals and key in _WITH_VALUE:
            options[_WITH_VALUE[key] or key] = value
        elif re.fullmatch(r"-[a-zA-Z]+", word) and "-" + word[-1] in _WITH_VALUE and len(word) > 2:
            flags.append(word[:-1])
            options[_WITH_VALUE["-" + word[-1]] or word] = queue.pop(0)
        elif word.startswith("-"):
            flags.append(word)
        else:
            urls.append(word)
    return options, flags, urls


def _configuration(path: str) -> dict[str, str]:
    """The options of a configuration file (man curl, -K), in their long form: ``name = "value"`` per line."""
    try:
        with open(0 if path == "-" else path) as file:
            text = file.read()
    except OSError as error:
        raise Refused(f"curl: cannot read config from '{path}'", 26) from error
    rows = re.findall(r'^\s*([\w-]+)\s*[=:]?\s*"((?:[^"\\]|\\.)*)"', text, re.M)
    return {name: re.sub(r"\\(.)", r"\1", value) for name, value in rows}


def _proxy(url: str, options: dict[str, str]) -> str | None:
    scheme = url.partition("://")[0]
    chosen = (
        options.get("proxy")
        or os.environ.get(f"{scheme}_proxy")
        or os.environ.get("HTTPS_PROXY" if scheme == "https" else "")
        or os.environ.get("ALL_PROXY")
    )
    host = _host(url)[0]
    exempt = (options.get("noproxy") or os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "").split(
        ","
    )
    return (
        None
        if options.get("proxy") == ""
        or any(e.strip() and host.endswith(e.strip().lstrip(".")) for e in exempt)
        or "*" in exempt
        else chosen
    )


def _host(url: str) -> tuple[str, int]:
    match = re.match(r"(?:(\w+)://)?(?:[^@/]*@)?([^/:]+)(?::(\d+))?", url)
    assert match is not None
    return match[2], int(match[3] or (443 if match[1] == "https" else 80))


def _reach(url: str, options: dict[str, str]) -> bool:
    """Connect to the proxy if there is one, or to the place itself if it is an address of this practice
    cluster; whether it was a proxy.
    """
    proxy = _proxy(url, options)
    host, port = _host(proxy if proxy else url)
    if proxy and ":" not in proxy.rpartition("://")[2]:
        port = 1080
    if not proxy and not re.fullmatch(r"[\d.]+|localhost", host):
        return False
    limit = float(options.get("connect-timeout") or options.get("max-time") or 10)
    try:
        socket.create_connection((host, port), limit).close()
    except socket.gaierror:
        _refuse(5 if proxy else 6, f"Could not resolve {'proxy' if proxy else 'host'}: {host}", options)
    except TimeoutError:
        _refuse(28, f"Connection timed out after {int(limit * 1000)} milliseconds", options)
    except OSError:
        _refuse(7, f"Failed to connect to {host} port {port} after 0 ms: Couldn't connect to server", options)
    return bool(proxy)


def _refuse(code: int, text: str, options: dict[str, str]) -> NoReturn:
    if "write-out" in options:
        print(options["write-out"].replace("%{http_code}", "000").replace("\\n", "\n"), end="")
        sys.stdout.flush()
    raise Refused(f"curl: ({code}) {text}", code)


def key_text(kind: str) -> str:
    """An armored key that the stand-in gpg knows by its fingerprint."""
    from . import packages

    return (
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: practice key of "
        + _OWNERS[kind]
        + f"\nComment: {_FINGERPRINTS[kind]}\nComment: signs with {packages.KEYS[kind]}\n\n"
        "mQENBGMHqXEBCADKGBZ7kNgv\n=XHnn\n-----END PGP PUBLIC KEY BLOCK-----\n"
    )


def _answer(url: str) -> tuple[int, str]:
    """(status, body) of a URL, by its path and not by its host, so that mirrors work."""
    from . import packages

    path = re.sub(r"^\w+://[^/]+", "", url)
    if path.endswith(("/Release.key", "/repomd.xml.key")):
        return 200, key_text("kubernetes")
    if path.endswith("/gpg"):
        return 200, key_text("docker")
    if "zerotier" in url and path.endswith((".gpg", ".asc", ".key")):
        return 200, key_text("zerotier")
    if path.rstrip("/") == "/v2":
        return 401, '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}\n'
    if path in ("/livez", "/readyz", "/healthz"):
        return 200, "ok"
    if path.endswith(("/InRelease", "/Release", "/Packages", "/Packages.gz")):
        return 200, "Origin: practice\n"
    known = packages.kind_of(url) != "distribution" or "packages.practice.example" in url
    return (200, "") if known or path in ("", "/") else (404, "404 page not found\n")


def _write(body: str, target: str | None) -> None:
    if target and target != "-":
        try:
            with open(target, "w") as file:
                file.write(body)
        except OSError as error:
            raise Refused(
                f"curl: (23) Failure writing output to destination: {error.strerror}", 23
            ) from error
    else:
        print(body, end="")
