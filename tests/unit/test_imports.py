"""What importing costs and brings: boundaries, seen from a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SHOW = "import sys; print(' '.join(sys.modules))"


def modules_after(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{_SHOW}"], check=True, capture_output=True, text=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "module",
    [
        "zkwizard.engine.run",
        "zkwizard.phases.order",
        "zkwizard.checks.preflight",
        "zkwizard.engine.inside.inspection",
        "zkwizard.engine.inside.bundling",
        "zkwizard.remote.network",
        "zkwizard.store.journal",
        "zkwizard.demo.practice",
    ],
)
def test_nothing_below_the_commands_brings_a_screen(module: str) -> None:
    assert not modules_after(f"import {module}") & {"textual", "rich"}


@pytest.mark.parametrize("module", ["zkwizard.engine.run", "zkwizard.phases.order", "zkwizard.remote"])
def test_ssh_is_imported_only_to_connect(module: str) -> None:
    assert "asyncssh" not in modules_after(f"import {module}")


def test_help_imports_nothing_heavy() -> None:
    help_ = "from zkwizard.cli.main import run\ntry: run(['--help'])\nexcept SystemExit: pass"
    heavy = {"pydantic", "yaml", "asyncio", "asyncssh", "rich", "textual"}
    assert not modules_after(help_) & heavy
