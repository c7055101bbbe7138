"""systemd's side of one running service: conditions first, the main process, restarts; state for
`systemctl` to read.

Daemons get a clean environment and a session of their own, never what the caller of systemctl had.
"""

from __future__ import annotations

import os
import shlex
import signal
import time
from contextlib import suppress

from . import host, state, units

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_UP, _DOWN = b"+", b"-"
_ASKS = (signal.SIGTERM, signal.SIGINT)
_stop_asked = False
_main_pid = 0


def launch(name: str) -> bool:
    """Start supervising `name` in the background; tell whether it came up, as soon as that is known."""
    units.set_status(
        name, active="activating", sub="start-pre", result="success", restarts=0, since=state.now()
    )
    read_end, write_end = os.pipe()
    if os.fork() == 0:
        os.close(read_end)
        os.setsid()
        if os.fork():
            os._exit(0)
        try:
            _become_daemon(write_end)
            _supervise(name, write_end)
        finally:
            os._exit(0)
    os.close(write_end)
    came_up = os.read(read_end, 1) == _UP
    os.close(read_end)
    return came_up


def _become_daemon(keep: int) -> None:
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, keep)
    os.closerange(keep + 1, 256)
    os.chdir("/")
    os.umask(0o022)
    for number in _ASKS:
        signal.signal(number, _asked_to_stop)


def _asked_to_stop(*_: object) -> None:
    global _stop_asked
    _stop_asked = True
    if _main_pid:
        with suppress(ProcessLookupError):
            os.kill(_main_pid, signal.SIGTERM)


def stop(name: str) -> None:
    """End the supervised service and wait for it."""
    entry = units.status(name)
    pid = entry.get("supervisor")
    if pid and _is_supervisor(pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 5
        while _is_supervisor(pid) and time.monotonic() < end:
            time.sleep(0.01)
        if _is_supervisor(pid):
            for victim in (units.status(name).get("pid"), pid):
                if victim:
                    with suppress(ProcessLookupError):
                        os.kill(victim, signal.SIGKILL)
    units.set_status(name, active="inactive", sub="dead", pid=0, supervisor=0, since=state.now())


def _is_supervisor(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return not is_over(file.read())
    except OSError:
        return False


def is_over(stat: str) -> bool:
    """Whether this text of /proc/PID/stat is a process's that has ended: a zombie, or dead and just going
    (proc(5)).
    """
    return stat.rpartition(")")[2].split()[0] in "ZX"


def _supervise(name: str, report: int) -> None:
    reported = False
    restarts = 0
    while not _stop_asked:
        settings = units.settings(name)
        units.set_status(name, supervisor=os.getpid(), restarts=restarts)
        code = _conditions(name, settings)
        if code == 0 and not _stop_asked:
            code, came_up = _main(name, settings, None if reported else report)
            reported = reported or came_up
        if _stop_asked:
            break
        restart = (settings.get("Restart") or ["no"])[-1]
        again = restart == "always" or (restart == "on-failure" and code != 0)
        state.note(
            name,
            f"systemd[1]: {name}: Main process exited, code=exited, status={code}"
            f"/{'FAILURE' if code else 'SUCCESS'}",
        )
        if not again:
            result = {"active": "failed" if code else "inactive", "sub": "failed" if code else "dead"}
            units.set_status(
                name, pid=0, supervisor=0, result="exit-code" if code else "success", code=code, **result
            )
            return
        units.set_status(name, active="activating", sub="auto-restart", pid=0, result="exit-code", code=code)
        if not reported:
            os.write(report, _DOWN)
            reported = True
        _wait(float((settings.get("RestartSec") or ["0.1"])[-1].rstrip("s")))
        restarts += 1
    units.set_status(name, active="inactive", sub="dead", pid=0, supervisor=0)


def _wait(seconds: float) -> None:
    end = time.monotonic() + seconds
    while not _stop_asked and time.monotonic() < end:
        time.sleep(0.05)


def _environment(settings: dict[str, list[str]]) -> dict[str, str]:
    values = {"PATH": PATH, "LANG": "C.UTF-8"}
    for line in settings.get("Environment", []):
        for pair in shlex.split(line):
            key, _, value = pair.partition("=")
            values[key] = value
    for file in settings.get("EnvironmentFile", []):
        for line in state.load(file.lstrip("-")).splitlines():
            key, equals, value = line.strip().partition("=")
            if equals and not key.startswith(("#", ";")):
                values[key] = " ".join(shlex.split(value))
    return values


def _lacks(settings: dict[str, list[str]]) -> str | None:
    """The first file of variables that must be there and is not."""
    wanted = [file for file in settings.get("EnvironmentFile", []) if not file.startswith("-")]
    return next((file for file in wanted if not os.path.exists(state.at(file))), None)


def _words(command: str, environment: dict[str, str]) -> list[str]:
    """Split an Exec line as systemd does: `$NAME` as a word of its own becomes several words."""
    words: list[str] = []
    for word in shlex.split(command):
        if word.startswith("$") and not word.startswith("${"):
            words += environment.get(word[1:], "").split()
        else:
            for key, value in environment.items():
                word = word.replace("${" + key + "}", value)
            words.append(word)
    return words


def _spawn(name: str, words: list[str], environment: dict[str, str]) -> None:
    """Start the main process. Being asked to stop waits until both know what that means, so that it is never
    lost between them.
    """
    global _main_pid
    folder = state.at("/var/lib/practice")
    signal.pthread_sigmask(signal.SIG_BLOCK, _ASKS)
    _main_pid = os.fork()
    if _main_pid:
        if _stop_asked:
            os.kill(_main_pid, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKS)
        return
    os.makedirs(folder, exist_ok=True)
    output = os.open(f"{folder}/output-{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for number in _ASKS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKS)
    try:
        os.execvpe(words[0], words, environment)
    except OSError:
        os._exit(203)


def _conditions(name: str, settings: dict[str, list[str]]) -> int:
    """Run each ExecStartPre; the first failure that is not allowed ends the start."""
    global _main_pid
    if _lacks(settings):
        state.note(name, f"systemd[1]: {name}: Failed to load environment files: No such file or directory")
        return 1
    environment = _environment(settings)
    for line in settings.get("ExecStartPre", []):
        words = _words(line.lstrip("-+!@:"), environment)
        _spawn(name, words, environment)
        code = os.waitstatus_to_exitcode(_wait_for(_main_pid))
        _main_pid = 0
        if code != 0 and not line.startswith("-"):
            state.note(
                name, f"systemd[1]: {name}: Control process exited, code=exited, status={code}/FAILURE"
            )
            return code
    return 0


def _main(name: str, settings: dict[str, list[str]], report: int | None) -> tuple[int, bool]:
    """Run the main process; return its status and whether it ever served."""
    global _main_pid
    environment = _environment(settings)
    state.note(name, f"systemd[1]: Started {name} - {units.description(name)}.")
    ready = state.at(f"/run/practice-{name}.ready")
    if os.path.exists(ready):
        os.unlink(ready)
    environment["PRACTICE_READY"] = ready
    _spawn(
        name,
        _words((settings.get("ExecStart") or ["/bin/false"])[-1].lstrip("-+!@:"), environment),
        environment,
    )
    since = time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime())
    running = {"pid": _main_pid, "since": state.now(), "entered": since, "result": "success", "code": 0}
    came_up = True
    if (settings.get("Type") or ["simple"])[-1] == "notify":
        came_up = _wait_until_ready(ready, _main_pid)
    if came_up:
        units.set_status(name, active="active", sub="running", **running)
        if report is not None:
            os.write(report, _UP)
    code = os.waitstatus_to_exitcode(_wait_for(_main_pid))
    _main_pid = 0
    return abs(code), came_up


def _wait_until_ready(ready: str, pid: int) -> bool:
    end = time.monotonic() + 10
    while not os.path.exists(ready) and time.monotonic() < end:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return False
        time.sleep(0.005)
    return os.path.exists(ready)


def _wait_for(pid: int) -> int:
    while True:
        try:
            return os.waitpid(pid, 0)[1]
        except InterruptedError:
            continue
        except ChildProcessError:
            return 0


def restart(name: str) -> None:
    """Restart a unit by whatever manages units here; a failure is the unit's to tell."""
    if host.is_real():
        import subprocess

        subprocess.run(["systemctl", "restart", name])
        return
    stop(name)
    launch(name)


def ready(name: str) -> None:
    """Called by the daemon of unit `name` that serves now, as sd_notify READY=1: to the supervisor, to a
    real systemd, and to the other machines.
    """
    host.beat(name)
    if mark := os.environ.get("PRACTICE_READY"):
        with open(mark, "w"):
            pass
    if address := os.environ.get("NOTIFY_SOCKET"):
        import socket

        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(b"READY=1", "\0" + address[1:] if address.startswith("@") else address)
