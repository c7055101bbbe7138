"""The vocabulary: what may be true on a node, as functions that make steps.

Each function writes the check, the apply and the undo of one kind of thing, so that phases say only what
they want. Everything that changes a node leaves a receipt first (see ``runtime.sh``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from zkwizard.model.step import OperatorAction, OperatorStep, Step
from zkwizard.model.text import Text
from zkwizard.steps.shell import quote, words


def file(
    id: str,
    title: Text,
    why: Text,
    *,
    path: str,
    content: str,
    mode: str = "644",
    restarts: Sequence[str] = (),
) -> Step:
    """A whole file. ``restarts`` names the services (or other dependants) that must notice a change."""
    pending = f"zk_pending {words(*restarts)}\n" if restarts else ""
    return Step(
        id=id,
        title=title,
        why=why,
        content=content,
        check=f"zk_content zk_same {quote(path)} {mode}",
        apply=f"{pending}zk_content zk_put {quote(path)} {mode}",
        undo=f"{pending}zk_restore {quote(path)}",
        receipt=f"zk_may_restore {quote(path)}",
    )


def absent(id: str, title: Text, why: Text, *, path: str) -> Step:
    """A file that must not be there. What was in it is kept as a receipt."""
    return Step(
        id=id,
        title=title,
        why=why,
        check=f"[ ! -e {quote(path)} ]",
        apply=f"zk_keep {quote(path)}\nrm -f {quote(path)}",
    )


def block(
    id: str,
    title: Text,
    why: Text,
    *,
    path: str,
    name: str,
    content: str,
) -> Step:
    """A marked block of lines in a file that belongs to others too; undo takes out the block alone."""
    return Step(
        id=id,
        title=title,
        why=why,
        content=content,
        check=f"zk_content zk_block_same {quote(path)} {name}",
        apply=f"zk_content zk_block_put {quote(path)} {name}",
        undo=f"zk_block_out {quote(path)} {name}",
        receipt=f"zk_may_take_block {quote(path)} {name}",
    )


def service(
    id: str,
    title: Text,
    why: Text,
    *,
    unit: str,
    active: bool = True,
    after: str = "",
    limit: int = 180,
) -> Step:
    """A service that is enabled and, with ``active``, runs with its present configuration.

    It is restarted only when something it depends on changed (``restarts`` of other steps). ``after`` is a
    condition that must hold once it runs, such as a socket that answers.
    """
    name = unit.removesuffix(".service")
    checks = [f"! zk_is_pending {quote(name)}", f"zk_enabled {quote(unit)}"]
    if active:
        checks.append(f"zk_active {quote(unit)}")
    apply = [f"zk_note_unit {quote(unit)}", "systemctl daemon-reload", f"systemctl enable {quote(unit)}"]
    if active:
        apply.append(
            f"if zk_is_pending {quote(name)}; then systemctl restart {quote(unit)}; "
            f"else systemctl start {quote(unit)}; fi"
        )
        checks += [after] if after else []
    if after:
        apply.append(f"zk_after() {{\n{after}\n}}\nzk_until 1 zk_after")
    apply.append(f"zk_settled {quote(name)}")
    return Step(
        id=id,
        title=title,
        why=why,
        check=" &&\n  ".join(checks),
        apply="\n".join(apply),
        undo=f"zk_unit_back {quote(unit)}",
        receipt=f"zk_has_note unit {quote(unit)}",
        limit=limit,
    )


def kernel_settings(
    id: str,
    title: Text,
    why: Text,
    *,
    path: str,
    settings: Mapping[str, str],
) -> Step:
    """Kernel settings, now and after a reboot: a file below /etc/sysctl.d and the running values."""
    now = f'[ "$(sysctl -n {words(*settings)})" = {quote(chr(10).join(settings.values()))} ]'
    notes = "\n".join(f'zk_note sysctl {quote(key)} "$(sysctl -n {quote(key)})"' for key in settings)
    back = "\n".join(f"zk_setting_back {words(key, value)}" for key, value in settings.items())
    return Step(
        id=id,
        title=title,
        why=why,
        content="".join(f"{key} = {value}\n" for key, value in settings.items()),
        check=f"zk_content zk_same {quote(path)} 644\n{now}",
        apply=f"{notes}\nzk_content zk_put {quote(path)} 644\nsysctl -q -p {quote(path)}",
        undo=f"{back}\nzk_restore {quote(path)}",
        receipt=_any_note("sysctl", settings, path),
    )


def command(
    id: str,
    title: Text,
    why: Text,
    *,
    check: str,
    apply: str,
    verify: str = "",
    undo: str = "",
    receipt: str = "",
    content: str = "",
    limit: int = 120,
    retries: int = 0,
    delay: int = 5,
    captures: Sequence[str] = (),
) -> Step:
    """Anything else: shell text, for where the vocabulary would hide the point. Values must be quoted."""
    return Step(
        id=id,
        title=title,
        why=why,
        check=check,
        apply=apply,
        verify=verify,
        undo=undo,
        receipt=receipt,
        content=content,
        limit=limit,
        retries=retries,
        delay=delay,
        captures=tuple(captures),
    )


def wait(
    id: str,
    title: Text,
    why: Text,
    *,
    until: str,
    limit: int,
    every: int = 2,
    captures: Sequence[str] = (),
    otherwise: str = "",
) -> Step:
    """Wait for a condition (shell text, true when it holds) for at most ``limit`` seconds.

    ``otherwise`` is shell text that says what is the matter, run when the time is over.
    """
    seconds = max(1, limit - 15)
    give_up = f"set +e\n{otherwise}\nexit 1" if otherwise else "exit 1"
    return Step(
        id=id,
        title=title,
        why=why,
        check=until,
        apply=(
            f"zk_holds() (\nset -eu\n{until}\n)\n"
            f"zk_late=$(( $(date +%s) + {seconds} ))\n"
            "until zk_holds >/dev/null 2>&1; do\n"
            '  [ ! -e "$ZK_DIR/stop" ] || exit 143\n'
            f'  if [ "$(date +%s)" -ge "$zk_late" ]; then\n{give_up}\n  fi\n'
            f"  sleep {every}\ndone"
        ),
        verify="" if captures else ":",
        limit=limit,
        captures=tuple(captures),
    )


def capture(
    id: str,
    title: Text,
    why: Text,
    *,
    values: Mapping[str, str],
    limit: int = 120,
    retries: int = 0,
) -> Step:
    """Values for later phases: name → shell text that prints the value. Changes nothing on the node."""
    lines = "\n".join(f'zk_got=$({source})\nzk_value {name} "$zk_got"' for name, source in values.items())
    return Step(
        id=id,
        title=title,
        why=why,
        check=f"set -e\n{lines}",
        apply=f"{lines}",
        verify=":",
        limit=limit,
        retries=retries,
        captures=tuple(values),
    )


def operator(id: str, title: Text, why: Text, action: OperatorAction) -> OperatorStep:
    """Something done where zkwizard runs."""
    return OperatorStep(id=id, title=title, why=why, action=action)


def where(condition: str, step: Step) -> Step:
    """``step`` only on nodes where ``condition`` (one shell command) holds; elsewhere nothing is to be done.

    For what cannot be told from facts, because ``step`` itself changes them.
    """
    return replace(step, check=f"{condition} || return 0\n{step.check}")


def watch(
    id: str,
    title: Text,
    why: Text,
    *,
    matter: str,
    limit: int,
    every: int = 2,
) -> Step:
    """Wait until ``matter`` (shell text) prints nothing; what it prints says what is the matter.

    Each new word of it is shown while waiting, so that a person can do something about it.
    """
    return Step(
        id=id,
        title=title,
        why=why,
        check=f"zk_m=$({matter})\n" + '[ -z "$zk_m" ]',
        apply=(
            f"zk_late=$(( $(date +%s) + {max(1, limit - 15)} )) zk_said=\n"
            f"while zk_now=$({matter}); "
            + '[ -n "$zk_now" ]; do\n'
            + '  [ "$zk_now" = "$zk_said" ] || zk_tell "$zk_now"\n'
            + "  zk_said=$zk_now\n"
            + '  [ ! -e "$ZK_DIR/stop" ] || exit 143\n'
            + '  [ "$(date +%s)" -lt "$zk_late" ] || exit 1\n'
            + f"  sleep {every}\ndone"
        ),
        verify=":",
        limit=limit,
    )


def modules(id: str, title: Text, why: Text, *, path: str, names: Sequence[str]) -> Step:
    """Features of the kernel, as modules now and after a reboot, or built in.

    modprobe fails on kernels that have everything built in, so only the features themselves count.
    """
    return Step(
        id=id,
        title=title,
        why=why,
        content="".join(f"{name}\n" for name in names),
        check=(
            f"zk_content zk_same {quote(path)} 644\nfor zk_m in {words(*names)}; do\n  zk_feature $zk_m\ndone"
        ),
        apply=(
            f"zk_content zk_put {quote(path)} 644\nzk_none=\n"
            f"for zk_m in {words(*names)}; do\n"
            '  zk_feature $zk_m || modprobe -q $zk_m || zk_none="$zk_none $zk_m"\ndone\n'
            '[ -z "$zk_none" ] ||\n'
            '  zk_conflict "the kernel $(uname -r) has neither as a module nor built in:$zk_none"'
        ),
        undo=f"zk_restore {quote(path)}",
        receipt=f"zk_may_restore {quote(path)}",
    )


def kernel_minimums(
    id: str,
    title: Text,
    why: Text,
    *,
    path: str,
    settings: Mapping[str, int],
) -> Step:
    """Kernel settings of at least these values; larger ones stay, and so do those that can't be set here."""
    checks = "\n".join(
        f'[ "$(sysctl -n {quote(key)})" -ge {value} ] || [ ! -w /proc/sys/{quote(key.replace(".", "/"))} ]'
        for key, value in settings.items()
    )
    lines = "\n".join(
        f'  [ "$(sysctl -n {quote(key)})" -ge {value} ] && ! grep -qs {quote(f"^{key} ")} {quote(path)} ||\n'
        f"    echo {quote(f'{key} = {value}')}"
        for key, value in settings.items()
    )
    notes = "\n".join(f'zk_note sysctl {quote(key)} "$(sysctl -n {quote(key)})"' for key in settings)
    back = "\n".join(f"zk_setting_back {words(key, value)}" for key, value in settings.items())
    return Step(
        id=id,
        title=title,
        why=why,
        check=checks,
        apply=f"{notes}\nzk_lines=$(\n{lines}\n)\n"
        f"printf '%s\\n' \"$zk_lines\" | zk_put {quote(path)} 644\nsysctl -q -p {quote(path)}",
        undo=f"{back}\nzk_restore {quote(path)}",
        receipt=_any_note("sysctl", settings, path),
    )


def once(
    id: str,
    title: Text,
    why: Text,
    *,
    name: str,
    config: str,
    outputs: Sequence[str],
    apply: str,
    limit: int = 120,
    retries: int = 0,
) -> Step:
    """A command that can't be asked whether it is done, such as a phase of kubeadm.

    Done means that its ``outputs`` exist and the record ``name`` was made with the same ``config`` file and
    the same version of kubeadm. Outputs that do not match stop the step, and it says what changed. Without
    outputs the record alone decides. Undo forgets the record; kubeadm's own reset removes the outputs.
    """
    return Step(
        id=id,
        title=title,
        why=why,
        check=f"zk_done_check {words(name, config, *outputs)}",
        apply=f"zk_done_begin {words(name, config)}\n{apply}\nzk_done_mark {quote(name)}",
        undo=f"zk_done_forget {quote(name)}",
        receipt=f'[ -e "$ZK_HOME"/done/{quote(name)} ]',
        limit=limit,
        retries=retries,
    )


def directory(id: str, title: Text, why: Text, *, path: str, mode: str = "755") -> Step:
    """A folder with its mode; undo removes it when zkwizard made it and it is empty."""
    return Step(
        id=id,
        title=title,
        why=why,
        check=f'[ -d {quote(path)} ] && [ "$(stat -c %a {quote(path)})" = {mode} ]',
        apply=f"zk_make_folder {quote(path)}\nchmod {mode} {quote(path)}",
        undo=f"zk_folder_back {quote(path)}",
        receipt=f"zk_made {quote(path)}",
    )


def _any_note(kind: str, names: Iterable[str], path: str) -> str:
    """Whether any of these states is noted, or the file has a receipt."""
    notes = [f"zk_has_note {words(kind, name)}" for name in names]
    return " || ".join([*notes, f"zk_may_restore {quote(path)}"])
