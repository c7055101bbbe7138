"""gpg: what an installation does with a repository's key: show its fingerprint, turn the armor off."""

from __future__ import annotations

import re
import sys

from .run import Refused


def main(argv: list[str]) -> int:
    output, words = None, []
    flags = []
    queue = argv[1:]
    while queue:
        word = queue.pop(0)
        if word in ("-o", "--output"):
            output = queue.pop(0)
        elif word.startswith("--output="):
            output = word.partition("=")[2]
        elif word in ("--homedir", "--keyring", "--trust-model", "--status-fd"):
            queue.pop(0)
        elif word.startswith("-") and word != "-":
            flags.append(word)
        else:
            words.append(word)
    if "--version" in flags:
        print("gpg (GnuPG) 2.2.40\nlibgcrypt 1.10.1")
        return 0
    text = _read(words)
    if "--dearmor" in flags:
        return _dearmor(text, output, flags)
    if any(
        f in flags
        for f in (
            "--show-keys",
            "--import-options",
            "--with-fingerprint",
            "--with-colons",
            "--list-packets",
            "--import",
        )
    ):
        return _show(text, "--with-colons" in flags)
    raise Refused("gpg: invalid option", 2)


def _read(words: list[str]) -> str:
    if not words or words[0] == "-":
        return sys.stdin.read()
    try:
        with open(words[0]) as file:
            return file.read()
    except OSError as error:
        raise Refused(
            f"gpg: can't open '{words[0]}': {error.strerror}\ngpg: no valid OpenPGP data found.", 2
        ) from error


def _fingerprint(text: str) -> str:
    match = re.search(r"\b([0-9A-F]{40})\b", text)
    if match is None:
        raise Refused("gpg: no valid OpenPGP data found.", 2)
    return match[1]


def _dearmor(text: str, output: str | None, flags: list[str]) -> int:
    _fingerprint(text)
    body = text.replace("-----BEGIN PGP PUBLIC KEY BLOCK-----", "\x99\x01").replace(
        "-----END PGP PUBLIC KEY BLOCK-----", ""
    )
    if output is None:
        print(body, end="")
        return 0
    try:
        with open(output, "w" if "--yes" in flags else "x") as file:
            file.write(body)
    except FileExistsError as error:
        raise Refused(
            "gpg: cannot open '/dev/tty': No such device or address\ngpg: dearmoring failed: File exists", 2
        ) from error
    except OSError as error:
        raise Refused(
            f"gpg: can't create '{output}': {error.strerror}\ngpg: dearmoring failed: {error.strerror}", 2
        ) from error
    return 0


def _show(text: str, colons: bool) -> int:
    fingerprint = _fingerprint(text)
    owner = re.search(r"practice key of (.*)", text)
    name = owner[1] if owner else "unknown"
    if colons:
        print(
            f"pub:-:2048:1:{fingerprint[-16:]}:1661446257:::-:::scSC::::::23::0:\nfpr:::::::::{fingerprint}:\n"
            f"uid:-::::1661446257::0000000000000000000000000000000000000000::{name}::::::::::0:"
        )
    else:
        print(f"pub   rsa2048 2022-08-25 [SC]\n      {fingerprint}\nuid           [ unknown] {name}\n")
    return 0
