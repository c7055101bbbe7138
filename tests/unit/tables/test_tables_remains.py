"""What a reset leaves, in words: every one of them can be said in another language, names stay."""

from __future__ import annotations

import pytest

from tests.brackets import framed
from zkwizard.model.remains import Fate, Kind, Proof, Remain, Trace
from zkwizard.model.text import T
from zkwizard.tables.remains import preview, proof_table


def _proof(*remains: Remain) -> Proof:
    return Proof("node1", remains)


def _gone(kind: Kind, name: str) -> Remain:
    return Remain(Trace(kind, name), Fate.GOES)


def test_names_stand_beside_each_other_and_many_are_counted() -> None:
    told = preview(_proof(*(_gone(Kind.LINK, name) for name in ("cni0", "flannel.1", "cni0"))))
    assert [(str(word), str(line)) for word, line in told] == [("goes", "links: cni0, flannel.1")]
    told = preview(_proof(*(_gone(Kind.MOUNT, f"/m{number}") for number in range(4))))
    assert [str(line) for _, line in told] == ["mounts: 4"]


@pytest.mark.parametrize(
    ("receipt", "told", "template"),
    [
        ("hostname/", "hostname", "hostname"),
        ("clock/", "time service", "time service"),
        ("firewalld/", "firewalld's trust", "firewalld's trust"),
        ("ufw/", "ufw's rules", "ufw's rules"),
        ("hold/kubelet", "hold of kubelet", "hold of {name}"),
    ],
)
def test_changes_of_zkwizard_are_told_in_words(receipt: str, told: str, template: str) -> None:
    ((_, line),) = preview(_proof(_gone(Kind.RECEIPT, receipt), _gone(Kind.RECEIPT, "/etc/hosts")))
    assert str(line) == f"changes of zkwizard: {told}, /etc/hosts"
    assert "名" in line.render(lambda words: "名" if words == template else words)


def test_a_path_is_nobodys_word() -> None:
    ((_, line),) = preview(_proof(_gone(Kind.RECEIPT, "/etc/hosts")))
    assert str(line) == "changes of zkwizard: /etc/hosts"


def test_the_proof_names_what_is_left_and_what_stays() -> None:
    stays = Remain(Trace(Kind.FILE, "/etc/cni/net.d/10-other.conf"), Fate.STAYS, T("somebody's"))
    table = proof_table([_proof(_gone(Kind.LINK, "cni0"), stays)])
    notes = [str(note.text) for note in table.notes]
    assert notes == [
        "node1: left: links: cni0",
        "node1: stays: files and folders: /etc/cni/net.d/10-other.conf (somebody's)",
    ]
    assert all(framed(note.text).startswith("⟦") for note in table.notes)
