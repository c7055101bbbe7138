"""Which language a person wants, and the catalogue of messages for it (gettext, below ``assets/locale``)."""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable, Mapping

from zkwizard.store import assets

DOMAIN = "zkwizard"


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


def translator(names: list[str]) -> Callable[[str], str]:
    """Maps an English template to the first of these languages that has it; English where none does."""
    try:
        folder = assets.folder() / "locale"
    except FileNotFoundError:
        return str
    if not names or names[0].partition("_")[0] in ("en", "C", "POSIX"):
        return str
    found = gettext.translation(DOMAIN, folder, languages=names, fallback=True)
    return lambda template: found.gettext(template) if template else ""


def _name(text: str) -> str:
    """``zh-tw.UTF-8`` → ``zh_TW``."""
    language, _, region = text.partition(".")[0].partition("@")[0].replace("-", "_").partition("_")
    return f"{language.lower()}_{region.upper()}" if region else language
