"""Which language a person wants, and the catalogue of messages for it (below ``assets/locale``)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress

from zkwizard.store import assets
from zkwizard.store.po import read_po

_FILE = "LC_MESSAGES/zkwizard.po"


def languages(wanted: str = "", environment: Mapping[str, str] = os.environ) -> list[str]:
    """The wanted language, or those of the environment, as gettext names them (``zh_TW``).

    The Linux console has no glyphs for Chinese: there the environment's Chinese counts as English.
    """
    if wanted:
        return [_name(wanted)]
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(variable, "")
        if value:
            names = [_name(part) for part in value.split(":") if part]
            console = environment.get("TERM") == "linux"
            return [name for name in names if not (console and name.startswith("zh"))]
    return []


def available() -> list[str]:
    """The languages that there are: English, and those with a catalogue."""
    try:
        files = sorted((assets.folder() / "locale").glob(f"*/{_FILE}"))
    except FileNotFoundError:
        files = []
    return ["en", *(file.parents[1].name for file in files)]


def translator(names: list[str]) -> Callable[[str], str]:
    """Maps an English template to the first of these languages that there is; to itself where there is none.

    Raises PoError when the catalogue is none.
    """
    for name in names:
        if name.partition("_")[0] in ("en", "C", "POSIX"):
            return str
        with suppress(FileNotFoundError):
            file = assets.path(f"locale/{name}/{_FILE}")
            found = read_po(file.read_text(encoding="utf-8"), str(file))
            return lambda template: found.get(template, template)
    return str


def _name(text: str) -> str:
    """``zh-tw.UTF-8`` → ``zh_TW``."""
    language, _, region = text.partition(".")[0].partition("@")[0].replace("-", "_").partition("_")
    return f"{language.lower()}_{region.upper()}" if region else language
