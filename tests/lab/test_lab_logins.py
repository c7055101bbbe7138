"""All ways to log in and to become root, on a machine with real PAM, sudo and systemd-logind."""

from __future__ import annotations

from collections.abc import Iterator
from operator import not_
from pathlib import Path

import pytest

from tests.lab import looks, network, people
from tests.lab.lab import OVERLAY, Lab
from tests.lab.machine import Machine
from tests.lab.operator import Operator, cluster
from tests.lab.people import PASSWORD
from tests.missing import or_skip
from tests.sshd.agent import agent
from tests.waiting import lacks, until
from zkwizard.model.errors import ExitCode

STOLEN = ("\x1b]0;", "\x1b[2J")
"""Control sequences of the node that must not reach the operator's terminal."""
_SECOND_CLUSTER = 41
"""The number of its first machine, beside the one of all other cases."""
_WAITS = """#!/bin/sh
touch /var/waits
while [ -e /var/waits ]; do sleep 0.1; done
exec /usr/bin/hostnamectl "$@"
"""


@pytest.fixture(scope="module")
def machine(lab: Lab) -> Iterator[Machine]:
    """One machine for all cases, with all accounts."""
    with lab.machines("master") as (made,):
        people.move_in(made)
        made.run("echo '127.0.1.1 master.zk.internal other' >>/etc/hosts")
        yield made


@pytest.fixture
def logs_in(lab: Lab, machine: Machine, operator: Operator) -> Login:
    """Writes cluster files that differ in how to log in, and looks how that goes."""
    return Login(lab, machine, operator)


class Login:
    """How the operator logs in on the machine; `root` by the lab's key at first."""

    def __init__(self, lab: Lab, machine: Machine, operator: Operator) -> None:
        self.machine = machine
        self.operator = operator
        self._lab = lab
        self.by()

    def by(self, user: str = "root", key: Path | str | None = None, jump: str = "") -> Login:
        """Another cluster file."""
        document = cluster([self.machine], self._lab.key)
        ssh = document["nodes"][0]["ssh"]
        ssh.update(user=user, key=str(self._lab.key if key is None else key), jump=jump)
        document["nodes"][0]["ssh"] = {name: value for name, value in ssh.items() if value}
        self.operator.writes(document)
        return self

    def given(self, **variables: str) -> Login:
        """In the environment."""
        self.operator.variables.update(variables)
        return self

    def works(self) -> None:
        """`probe` and a small run that changes something go well, and leave the machine as they should."""
        probed = self.operator.run("probe", "--accept-new-host-keys")
        assert probed.code == ExitCode.DONE, probed.err
        assert "0 stop" in probed.out
        self.unnamed()
        done = self.operator.makes("--phase", "names")
        assert done.code == ExitCode.DONE, done.err
        assert ("hosts", "changed") in {(event["step"], event["outcome"]) for event in done.of("step-ended")}
        self.is_named()
        said = probed.out + probed.err + done.out + done.err
        assert not any(part in said for part in (*STOLEN, PASSWORD))

    def unnamed(self) -> None:
        """Take away what the phase `names` writes."""
        self.machine.run("sed -i '/BEGIN zkwizard/,/END zkwizard/d' /etc/hosts")

    def is_named(self) -> None:
        """The phase `names` was done, by root, and nothing of it is at work any more."""
        assert f"{OVERLAY['master']}\tmaster.zk.internal" in self.machine.read("/etc/hosts").replace(
            " ", "\t"
        )
        assert looks.jobs(self.machine) == []
        units = "systemctl list-units --no-legend 'zkwizard-*'"
        until(lambda: self.machine.run(units), "no unit of zkwizard's is left", fits=not_)
        assert not self.machine.has("/var/lib/zkwizard/claim")
        assert self.machine.run("stat -c '%U %a' /var/lib/zkwizard").strip() == "root 700"

    def fails(self, *words: str) -> None:
        """`probe` says what is wrong, and why, and what to do; nothing was changed."""
        self.unnamed()
        probed = self.operator.run("probe", "--accept-new-host-keys")
        assert probed.code == ExitCode.CONNECTION
        assert probed.out == "", "nothing was looked at, so nothing is judged"
        for part in ("zkwizard: master: ", *words):
            assert part in probed.err
        assert not any(part in probed.err for part in (*STOLEN, PASSWORD))
        assert "zkwizard" not in self.machine.read("/etc/hosts")


@pytest.mark.parametrize("user", ["root", "ann", "finn", "cora"])
def test_by_key(user: str, logs_in: Login) -> None:
    """Root; sudo without a password and a .bashrc that prints; fish; tcsh."""
    if user == "cora":
        with or_skip():
            people.bring_tcsh(logs_in.machine)
    logs_in.by(user).works()


def test_sudo_with_a_password_one_session_at_a_time(logs_in: Login) -> None:
    with people.sshd(logs_in.machine, "MaxSessions 1"):
        logs_in.by("bob").given(ZKWIZARD_SUDO_PASSWORD=PASSWORD).works()


def test_by_password_which_is_also_that_of_sudo(logs_in: Login) -> None:
    """A banner comes before it, as on every machine of some providers."""
    logs_in.machine.write("/etc/issue.net", f"{people.EVIL}Authorised persons only\n")
    with people.sshd(logs_in.machine, "Banner /etc/issue.net"):
        logs_in.by("dora").given(ZKWIZARD_SSH_PASSWORD_MASTER=PASSWORD).works()


def test_by_agent(lab: Lab, logs_in: Login, tmp_path: Path) -> None:
    """No key is named: the agent's is taken."""
    with agent(tmp_path, lab.key) as socket:
        logs_in.by("root", key="").given(SSH_AUTH_SOCK=socket).works()


def test_by_a_key_with_a_passphrase(lab: Lab, logs_in: Login, tmp_path: Path) -> None:
    key = people.locked_key(lab.key, tmp_path)
    logs_in.by("root", key=key).fails(f"{key} has a passphrase", "ZKWIZARD_SSH_PASSPHRASE", "agent")
    logs_in.given(ZKWIZARD_SSH_PASSPHRASE="wrong").fails(f"passphrase does not open {key}")
    logs_in.given(ZKWIZARD_SSH_PASSPHRASE=PASSWORD).works()


def test_a_person_answers_everything(lab: Lab, logs_in: Login, tmp_path: Path) -> None:
    """A new host, a passphrase, sudo's password; wrong at first. Progress is drawn on the same terminal."""
    logs_in.by("bob", key=people.locked_key(lab.key, tmp_path)).unnamed()
    terminal = logs_in.operator.at_terminal("run", "--phase", "names")
    terminal.until(r"Go on\? \[y/N\] ")
    terminal.types("y\n")
    terminal.until("Passphrase of .*: ")
    terminal.types("not this one\n")
    terminal.until("That was wrong. Passphrase of .*: ")
    terminal.types(f"{PASSWORD}\n")
    terminal.until("master .* is new here")
    terminal.until("SHA256:")
    terminal.until("Type yes: ")
    terminal.types("yes\n")
    terminal.until("sudo password of bob on master: ")
    assert not terminal.echoes
    terminal.types("not this one\n")
    terminal.until("That was wrong. sudo password of bob on master: ")
    terminal.types(f"{PASSWORD}\n")
    assert terminal.ended() == ExitCode.DONE
    assert "changed something" in terminal.text
    assert terminal.text.count("not this one") + terminal.text.count(PASSWORD) == 0
    logs_in.is_named()


def test_a_new_host_that_nobody_accepts(logs_in: Login) -> None:
    """Refused by the person, left unanswered with Ctrl-C, and with nobody to ask: nothing was sent."""
    known = logs_in.operator.state / "clusters" / "lab" / "known_hosts"
    before = people.said_by(logs_in.machine, "sshd", "Accepted")
    terminal = logs_in.operator.at_terminal("probe")
    terminal.until("Type yes: ")
    terminal.types("no\n")
    assert terminal.ended() == ExitCode.CONNECTION
    for part in ("is new (SHA256:", "was not accepted", "provider's console", "nothing was sent"):
        assert part in terminal.text
    terminal = logs_in.operator.at_terminal("run", "--yes", "--phase", "names")
    terminal.until("Type yes: ")
    terminal.ctrl_c()
    terminal.until("stopped after")
    assert terminal.echoes
    assert terminal.ended() == ExitCode.INTERRUPTED
    alone = logs_in.operator.run("probe")
    assert (alone.code, "was not accepted" in alone.err) == (ExitCode.CONNECTION, True)
    assert not known.exists()
    assert people.said_by(logs_in.machine, "sshd", "Accepted") == before


def test_a_host_key_that_changed(logs_in: Login) -> None:
    """It is refused whatever was asked for, and what is known of it stays."""
    logs_in.works()
    known = logs_in.operator.state / "clusters" / "lab" / "known_hosts"
    before = known.read_bytes()
    with people.other_host_keys(logs_in.machine):
        shown = logs_in.machine.run("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split()[1]
        logs_in.fails("the host key of 10.77.0.11 is not the one that is known", shown, f"{known}, line 1")
        done = logs_in.operator.makes("--phase", "names")
        assert (done.code, "delete that line" in done.out) == (ExitCode.CONNECTION, True)
    assert known.read_bytes() == before
    logs_in.works()


def test_a_wrong_sudo_password_is_given_once(logs_in: Login) -> None:
    """Many machines lock an account for a while after three wrong ones."""
    failures = "authentication failure"
    before = people.said_by(logs_in.machine, "sudo", failures)
    logs_in.by("bob").given(ZKWIZARD_SUDO_PASSWORD="wrong").fails("the sudo password of bob is wrong")
    done = logs_in.operator.makes("--phase", "names")
    assert done.code == ExitCode.CONNECTION
    assert done.of("phase-ended")[0]["reason"] == "the sudo password of bob is wrong"
    assert people.said_by(logs_in.machine, "sudo", failures) == before + 2, (
        "once for each of the two commands"
    )


def test_a_wrong_password_is_given_once(logs_in: Login) -> None:
    """Many machines shut out for a while who gave five wrong ones."""
    before = people.said_by(logs_in.machine, "sshd", "Failed password")
    logs_in.by("dora").fails("dora@10.77.0.11:22 refuses the login", "ZKWIZARD_SSH_PASSWORD", "ssh-copy-id")
    logs_in.given(ZKWIZARD_SSH_PASSWORD="wrong").fails("refuses the login", "and a password", "ssh-copy-id")
    assert logs_in.operator.makes("--phase", "names").code == ExitCode.CONNECTION
    assert people.said_by(logs_in.machine, "sshd", "Failed password") == before + 2


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("eve", ("eve may not use sudo", "add it to the group sudo")),
        ("tom", ("sudo insists on a terminal", "remove requiretty from /etc/sudoers")),
    ],
)
def test_who_may_not_become_root(user: str, words: tuple[str, ...], logs_in: Login) -> None:
    logs_in.by(user).given(ZKWIZARD_SUDO_PASSWORD=PASSWORD).fails(*words)


@pytest.mark.parametrize("user", ["root", "ann"])
def test_a_password_that_must_be_changed(user: str, logs_in: Login) -> None:
    """So some providers hand over their machines."""
    expired = f"chage --lastday 0 {user}", f"chage --lastday $(date +%F) {user}"
    with people.changed(logs_in.machine, *expired):
        logs_in.by(user).fails(f"the password of {user} has expired", "log in by hand once")


def test_an_account_that_has_expired(logs_in: Login) -> None:
    """sshd only closes the connection."""
    expired = "usermod --expiredate 2020-01-01 ann", "usermod --expiredate '' ann"
    with people.changed(logs_in.machine, *expired):
        logs_in.by("ann").fails("ended the connection", "is it expired or locked?")


def test_a_machine_that_goes_down(logs_in: Login) -> None:
    """PAM says it in a banner."""
    going = "echo 'The system is going down' >/etc/nologin", "rm /etc/nologin"
    with people.changed(logs_in.machine, *going):
        logs_in.by("ann").fails("ended the connection", "It said: The system is going down")


def test_accounts_without_a_shell(logs_in: Login) -> None:
    """Root on the images of clouds, and an account that was closed."""
    login = "Please login as the user debian rather than the user root."
    with people.sshd(logs_in.machine, "Match User root", f"ForceCommand echo {login}; exit 142"):
        logs_in.fails(f"nobody may log in as root there: it says {login}", "Set ssh.user in cluster.yaml")
    closed = "usermod --shell /usr/sbin/nologin eve", "usermod --shell /bin/bash eve"
    with people.changed(logs_in.machine, *closed):
        logs_in.by("eve").fails("This account is currently not available", "Check ssh.user")


def test_work_outlives_the_login_where_logind_ends_all_of_it(logs_in: Login) -> None:
    """KillUserProcesses is systemd's own default, and set on many hardened machines."""
    machine, operator = logs_in.by("ann").machine, logs_in.operator
    machine.run("printf '[Login]\\nKillUserProcesses=yes\\n' >/etc/systemd/logind.conf.d/kill.conf")
    machine.run("systemctl restart systemd-logind")
    machine.run("hostnamectl set-hostname other")
    machine.write("/usr/local/bin/hostnamectl", _WAITS, 0o755)
    try:
        running = operator.begin("run", "--yes", "--json", "--accept-new-host-keys", "--phase", "names")
        until(lambda: machine.has("/var/waits"), "the step is at work")
        at_work = looks.jobs(machine)
        running.kill()
        sessions = "loginctl list-sessions --no-legend"
        until(lambda: machine.run(sessions), "ann's session is over", fits=lacks(" ann "))
        assert looks.jobs(machine) and set(looks.jobs(machine)) & set(at_work)
    finally:
        machine.run("rm -f /var/waits /usr/local/bin/hostnamectl /etc/systemd/logind.conf.d/kill.conf")
        machine.run("systemctl restart systemd-logind")
    done = operator.makes("--phase", "names")
    assert done.code == ExitCode.DONE, done.err
    steps = looks.attempts(machine, operator.runs[0].name)
    assert [(step.step, step.how) for step in steps if step.step == "hostname"] == [("hostname", "changed")]
    assert machine.run("hostname").strip() == "master.zk.internal"
    logs_in.is_named()


def test_by_way_of_two_jump_hosts(lab: Lab, operator: Operator) -> None:
    """Only the first is reached from here; each knows the accounts of its own."""
    with lab.machines(first=_SECOND_CLUSTER) as (master, first, second):
        for between in (first, second):
            people.move_in(between)
        for behind in (master, second):
            network.cut(behind.address)
        logs_in = Login(lab, master, operator)
        jump = f"eve@{first.address},bob@{second.address}:2222"
        with people.sshd(second, "Port 22", "Port 2222"):
            logs_in.by("root", jump=jump).works()
        known = (operator.state / "clusters" / "lab" / "known_hosts").read_text().splitlines()
        assert {line.split()[0] for line in known} == {
            first.address,
            f"[{second.address}]:2222",
            master.address,
        }
        assert people.said_by(first, "sshd", "Accepted publickey for eve") == 2, "one login a command"
        with people.sshd(second, "Port 2222", "AllowTcpForwarding no"):
            logs_in.fails(f"the jump host can't reach root@{master.address}:22")
        logs_in.fails(f"jump host {second.address}", f"the jump host can't reach bob@{second.address}:2222")
        with people.sshd(second, "Port 2222"), people.other_host_keys(second):
            logs_in.fails(f"jump host {second.address}: the host key", "is not the one that is known")
