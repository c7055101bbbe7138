"""What a person chose for the screens: ``<state>/settings.json``, edited by hand or by the screens.

{"theme": "ansi-dark", "keys": {"next": "ctrl+n,f10", "help": "f1"}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from zkwizard.store.state import state_root, write_private


@dataclass(frozen=True)
class Settings:
    """All of it. Empty is what the screens start with."""

    theme: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Id of an action → its keys, separated by commas, as Textual names them."""


def settings_file() -> Path:
    """Where they are kept."""
    return state_root() / "settings.json"


def read_settings() -> Settings:
    """The settings; what is damaged or unknown counts as not chosen."""
    with suppress(OSError, ValueError, AttributeError):
        stored = json.loads(settings_file().read_text(encoding="utf-8"))
        theme, keys = stored.get("theme"), stored.get("keys")
        return Settings(
            theme if isinstance(theme, str) else "",
            {str(name): str(key) for name, key in keys.items()} if isinstance(keys, dict) else {},
        )
    return Settings()


def save_settings(settings: Settings) -> None:
    """Keep them; where the state folder can't be written they last until the end."""
    with suppress(OSError):
        write_private(settings_file(), json.dumps(asdict(settings), indent=1) + "\n")
