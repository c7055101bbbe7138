"""A cluster's kubeconfig beside those that are there: nothing of them is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from zkwizard.model.errors import InputError
from zkwizard.store.kubeconfig import merge, usual_file


def config(name: str, server: str = "https://10.9.8.1:6443") -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": server}}],
            "users": [{"name": f"{name}-admin", "user": {"token": name}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-admin"}}],
            "current-context": name,
        }
    )


def names(path: Path, key: str) -> list[str]:
    return [entry["name"] for entry in yaml.safe_load(path.read_text())[key]]


def test_without_a_file_there_is_one_then_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / ".kube" / "config"
    merged = merge(config("home"), path)
    assert (merged.backup, merged.context, merged.current) == (None, "home", "home")
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(path, "clusters") == ["home"]


def test_others_stay_with_their_current_context_and_a_copy_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "config"
    before = "# mine\n" + config("work") + "extensions: []\n"
    path.write_text(before)
    merged = merge(config("home"), path)
    assert merged.backup and merged.backup.read_text() == before
    assert merged.backup.stat().st_mode & 0o777 == 0o600
    for key, mine in (("clusters", "home"), ("users", "home-admin"), ("contexts", "home")):
        assert names(path, key) == [mine.replace("home", "work"), mine]
    assert yaml.safe_load(path.read_text())["current-context"] == merged.current == "work"
    assert yaml.safe_load(path.read_text())["extensions"] == []


def test_the_same_cluster_made_anew_replaces_its_own_entries(tmp_path: Path) -> None:
    path = tmp_path / "config"
    merge(config("home"), path)
    merge(config("home", "https://203.0.113.9:6443"), path)
    assert names(path, "clusters") == ["home"]
    assert "203.0.113.9" in path.read_text()


def test_a_current_context_that_is_gone_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(config("work").replace("current-context: work", "current-context: lost"))
    assert merge(config("home"), path).current == "home"


def test_a_link_is_followed_and_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "config"
    real.write_text(config("work"))
    link.symlink_to(real)
    merge(config("home"), link)
    assert link.is_symlink()
    assert names(real, "clusters") == ["work", "home"]


@pytest.mark.parametrize("content", ["- a list", "clusters: 7", "{", "clusters: [word]"])
def test_what_is_no_kubeconfig_stays_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    with pytest.raises(InputError, match="it stays as it is"):
        merge(config("home"), path)
    assert path.read_text() == content
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_that_kubectl_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert usual_file() == tmp_path / ".kube" / "config"
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/one:{tmp_path}/two")
    assert usual_file() == tmp_path / "one"
