"""Assets are found from a checkout and from a wheel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from zkwizard.store import assets

ROOT = Path(__file__).parents[2]
NAMES = ("cluster.example.yaml", "cluster.schema.json", "locale/zh_TW/LC_MESSAGES/zkwizard.po")


def test_in_a_checkout() -> None:
    assert assets.folder() == ROOT / "assets"
    assert [name for name in NAMES if not assets.text(name)] == []
    with pytest.raises(FileNotFoundError, match=r"no asset none\.yaml"):
        assets.path("none.yaml")


def test_from_an_installed_wheel(tmp_path: Path) -> None:
    """Builds the wheel and installs it beside nothing else: no checkout is in reach of that interpreter."""
    target = tmp_path / "site"
    run(ROOT, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    [wheel] = tmp_path.glob("*.whl")
    offline = ("--no-index", "--no-deps", "--no-compile", "--quiet", "--disable-pip-version-check")
    run(tmp_path, "-m", "pip", "install", *offline, "--target", str(target), str(wheel))
    code = "from zkwizard.store import assets; print(assets.folder(), *(len(assets.text(n)) for n in {!r}))"
    told = run(tmp_path, "-S", "-c", code.format(NAMES), path=target).split()
    there = target / "zkwizard" / "_assets"
    assert told[0] == str(there)
    assert files(there) == {name for name in files(ROOT / "assets") if not name.startswith("pictures/")}
    assert [int(size) for size in told[1:]] == [
        len((ROOT / "assets" / name).read_text("utf-8")) for name in NAMES
    ]


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def run(folder: Path, *arguments: str, path: Path | None = None) -> str:
    environment = {**os.environ, "PYTHONPATH": str(path)} if path else dict(os.environ)
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
