"""JoinConfiguration and the token's document."""

from __future__ import annotations

import yaml

from tests.unit.phases.clusters import CA_HASH, cluster, context
from zkwizard.model.placeholders import secret_names
from zkwizard.phases.documents.join import TOKEN, TOKEN_HOURS, join_text, token_text
from zkwizard.phases.join import ATTEMPT, DELAY, RETRIES, steps


def test_a_node_joins_by_the_endpoints_name_and_the_pinned_authority() -> None:
    nodes = cluster().model_dump(mode="json", exclude_unset=True)["nodes"]
    nodes[1]["labels"] = {"place": "los-angeles", "disk": "ssd"}
    made = cluster(nodes=nodes)
    document = yaml.safe_load(join_text(made, made.node("node1"), CA_HASH))
    discovery = document["discovery"]["bootstrapToken"]
    assert discovery["apiServerEndpoint"] == "api.blog.m4d3bug.com:6443"
    assert discovery["caCertHashes"] == [CA_HASH]
    assert document["nodeRegistration"]["kubeletExtraArgs"] == [
        {"name": "node-ip", "value": "10.9.8.65"},
        {"name": "node-labels", "value": "disk=ssd,place=los-angeles"},
    ]


def test_the_token_is_a_quoted_reference() -> None:
    made = cluster()
    for text in (token_text(made, "1.36.4"), join_text(made, made.node("node1"), CA_HASH)):
        assert secret_names(text) == (TOKEN,)
        assert 'token: "\ue002join-token\ue003"' in text


def test_the_token_outlives_the_last_attempt() -> None:
    waits, wait = 0, DELAY
    for _ in range(RETRIES):
        waits += wait
        wait = min(300, wait * 2)
    assert waits + ATTEMPT * (RETRIES + 1) < TOKEN_HOURS * 3600


def test_a_forecast_names_what_the_join_waits_for() -> None:
    (join,) = (step for step in steps(context("node1", known=False)) if step.id == "join")
    assert "ca-hash: made by init on master" in join.content


def test_the_token_needs_no_version_from_the_internet() -> None:
    documents = list(yaml.safe_load_all(token_text(cluster(), "1.36.4")))
    assert documents[1] == {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "kubernetesVersion": "v1.36.4",
    }
