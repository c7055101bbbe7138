"""The cluster file: what is read, and every kind of fault with its place."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from zkwizard.model.cluster import Cluster, SwapPolicy
from zkwizard.model.errors import ExitCode
from zkwizard.store.clusterfile import LARGEST, ClusterFileError, dump, key_path, load, parse

GOOD = """\
name: zk
overlay:
  network: 0123456789abcdef
  cidr: 10.9.8.0/24
kubernetes:
  version: "1.36"
nodes:
  - name: master
    role: control-plane
    ssh: {host: 192.0.2.1}
    overlay_ip: 10.9.8.118
  - name: node1
    ssh: {host: 192.0.2.2}
    overlay_ip: 10.9.8.65
"""
HERE = Path("cluster.yaml")


def good(text: str) -> Cluster:
    cluster, faults = parse(text, HERE)
    assert cluster, [fault.render("x") for fault in faults]
    return cluster


def lines(text: str | bytes, origin: Path = HERE) -> list[str]:
    cluster, faults = parse(text, origin)
    assert cluster is None
    return [fault.render("cluster.yaml") for fault in faults]


def only(text: str | bytes, origin: Path = HERE) -> str:
    found = lines(text, origin)
    assert len(found) == 1, found
    return found[0]


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_good_file_is_read_with_defaults() -> None:
    cluster = good(GOOD)
    assert [node.name for node in cluster.nodes] == ["master", "node1"]
    assert cluster.first_control_plane.name == "master"
    assert cluster.kubernetes.pod_subnet == IPv4Network("10.244.0.0/16")
    assert cluster.endpoint == "api.zk.zk.internal"


def test_a_fault_is_printed_with_place_path_found_and_allowed() -> None:
    assert only(changed("10.9.8.65", "10.9.9.5")) == (
        "cluster.yaml:14:17: nodes[1].overlay_ip: found 10.9.9.5; "
        "allowed: an address inside 10.9.8.0/24 (overlay.cidr)"
    )


def test_a_fault_is_printed_in_the_language_of_the_reader() -> None:
    words = {
        "found {found}; allowed: {allowed}": "是 {found},應為 {allowed}",
        "an IPv4 address": "一個 IPv4 地址",
    }
    _, [fault] = parse(changed("10.9.8.65", "10.9.8"), HERE)
    printed = fault.render("c.yaml", lambda template: words.get(template, template))
    assert printed == "c.yaml:14:17: nodes[1].overlay_ip: 是 10.9.8,應為 一個 IPv4 地址"


def test_all_faults_at_once_and_in_the_order_of_the_file() -> None:
    text = (
        GOOD.replace("name: zk", "name: Zk!\nkubernets: {}")
        .replace('"1.36"', "1.40")
        .replace("10.9.8.118", "10.9.8.300")
        .replace("10.9.8.65", "10.9.9.5")
        .replace("name: node1", "nam: node1")
        .replace("{host: 192.0.2.2}", "{host: 192.0.2.1, port: 0}")
    )
    found = [line.split(": found")[0] for line in lines(text)]
    assert found == [
        "cluster.yaml:1:7: name",
        "cluster.yaml:2:1: kubernets",
        "cluster.yaml:7:12: kubernetes.version",
        "cluster.yaml:12:17: nodes[0].overlay_ip",
        "cluster.yaml:13:5: nodes[1].nam",
        "cluster.yaml:13:5: nodes[1].name",
        "cluster.yaml:14:34: nodes[1].ssh.port",
        "cluster.yaml:15:17: nodes[1].overlay_ip",
    ]


@pytest.mark.parametrize("version", ["1.36", "1.37", '"1.35.4"', "1.35.4", "'1.37'"])
def test_versions_with_and_without_quotes(version: str) -> None:
    assert good(changed('"1.36"', version)).kubernetes.version == version.strip("'\"")


def test_the_version_is_the_text_and_not_the_number() -> None:
    assert "found 1.40; allowed: one of 1.35, 1.36, 1.37" in only(changed('"1.36"', "1.40"))
    assert "1.34 gets no more security fixes" in only(changed('"1.36"', "1.34"))
    assert "v1beta4 only since 1.31" in only(changed('"1.36"', "1.18"))


def test_swap_off_is_the_policy_although_yaml_reads_false() -> None:
    cluster = good(GOOD + "    swap: off\n")
    assert cluster.nodes[1].swap is SwapPolicy.OFF


def test_truth_value_as_text_is_refused_with_the_way_out() -> None:
    assert 'write it in quotes: "no"' in only(GOOD + "    region: no\n")
    assert good(GOOD + '    region: "no"\n').nodes[1].region == "no"


def test_empty_keys_count_as_left_out() -> None:
    assert good(GOOD + "    labels:\n    region:\nmirrors:\nproxy:\n") == good(GOOD)
    assert "name: found nothing" in only(changed("name: zk", "name:"))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "cluster.yaml:1:1: found nothing; allowed: a mapping"),
        (b"# only a comment\n", "found nothing"),
        (b"- a\n- b\n", "cluster.yaml:1:1: found a list; allowed: a mapping"),
        (b"just words\n", "found just words"),
        (
            b"name: zk\nx: \xff\n",
            "cluster.yaml:2:4: found the byte 0xff at offset 12; allowed: text in UTF-8",
        ),
        (b"name: zk\nname: [\n", "cluster.yaml:3:1: found"),
        (b"name: a\x00b\n", "cluster.yaml:1:8: found the character U+0000"),
        (b"name: zk\n---\nname: zk\n", "cluster.yaml:2:1: found a second document"),
        (b"a: &a [*a]\n", "an alias inside its own anchor"),
        (b"a: *b\n", "cluster.yaml:1:4: found"),
        (b"? [a, b]\n: c\n", "cluster.yaml:1:3: found a key that is no single value"),
        (b"[" * 100_000, "deeper nesting"),
        (b"a: {" * 5_000, "deeper nesting"),
        (b"#" * (LARGEST + 1), "cluster.yaml: found more than 1000000 bytes"),
    ],
)
def test_what_is_no_cluster_file_at_all(data: bytes, expected: str) -> None:
    assert expected in only(data)


def test_aliases_are_read_and_bombs_are_not() -> None:
    aliased = GOOD.replace("{host: 192.0.2.1}", "&s {host: 192.0.2.1}").replace("{host: 192.0.2.2}", "*s")
    assert "192.0.2.1:22, as nodes[0].ssh.host has it" in only(aliased)
    bomb = "a: &a [x]\n" + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "more values" in only(bomb)


def test_tags_make_no_objects() -> None:
    found = only(GOOD + "    region: !!python/object/apply:os.system x\n")
    assert "cluster.yaml:15:13: nodes[1].region: found the tag" in found


def test_duplicate_keys() -> None:
    found = only(GOOD + "    overlay_ip: 10.9.8.66\n")
    assert found.startswith(
        "cluster.yaml:15:5: nodes[1].overlay_ip: found the key a second time, first in line 14"
    )


def test_unknown_keys_name_the_nearest_and_never_the_value() -> None:
    assert "cluster.yaml:15:5: nodes[1].rol: found an unknown key; allowed: role" in only(
        GOOD + "    rol: worker\n"
    )
    secret = only(GOOD + "    ssh_password: hunter2\n")
    assert "no secrets in this file" in secret and "hunter2" not in secret


def test_a_password_in_the_proxy_address_is_refused_and_not_repeated() -> None:
    found = only(GOOD + "proxy: {url: 'http://joe:hunter2@10.9.8.65:7890'}\n")
    assert "ZKWIZARD_PROXY_PASSWORD" in found and "hunter2" not in found
    assert good(GOOD + "proxy: {url: 'http://j%40oe@10.9.8.65:7890'}\n").proxy


def test_key_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = tmp_path / "cluster.yaml"
    (tmp_path / "id").write_text("key")
    monkeypatch.setenv("HOME", str(tmp_path))

    def with_key(key: str) -> str:
        return GOOD.replace("{host: 192.0.2.2}", f"{{host: 192.0.2.2, key: {key}}}")

    for key in ("id", "~/id", str(tmp_path / "id")):
        cluster, faults = parse(with_key(key), origin)
        assert cluster, faults
        assert key_path(origin, cluster.nodes[1].ssh.key) == tmp_path / "id"
    assert "nodes[1].ssh.key: found missing; allowed: a readable private key file" in only(
        with_key("missing"), origin
    )
    assert "something else" in only(with_key("."), origin)
    assert "readable private key file" in only(with_key("~nobody-at-all/id"), origin)


def test_load_tells_what_is_wrong_with_the_file_itself(tmp_path: Path) -> None:
    with pytest.raises(ClusterFileError, match="no such file") as missing:
        load(tmp_path / "none.yaml")
    assert missing.value.exit_code is ExitCode.BAD_INPUT
    with pytest.raises(ClusterFileError, match="found a directory; allowed: a file"):
        load(tmp_path)
    path = tmp_path / "c.yaml"
    path.write_text("nodes: 3\n")
    with pytest.raises(ClusterFileError) as several:
        load(path)
    assert {fault.path for fault in several.value.faults} == {"nodes", "name", "overlay"}


def test_dump_leaves_defaults_out_and_comes_back_the_same() -> None:
    text = GOOD + (
        "    swap: 'off'\n    labels: {a.example/b: '1'}\n    taints: []\n"
        "    region: \"上海 'x' #\"\n"
        "mirrors: {images: {registries: {ghcr.io: 'http://m.example/x'}}}\n"
    )
    cluster = good(text)
    written = dump(cluster)
    assert good(written) == cluster
    assert "pod_subnet" not in written and "version: '1.36'" in written and "上海" in written
    assert (
        written.index("name:")
        < written.index("mirrors:")
        < written.index("kubernetes:")
        < written.index("nodes:")
    )
