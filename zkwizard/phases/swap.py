"""Swap off, now and after a reboot: areas switched off, fstab lines commented, units masked.

The kubelet does not start with swap on unless it is told to (kubernetes.io, swap-memory-management);
``swapoff`` alone does not outlive a reboot, and zram or a GPT swap partition is not in fstab at all.
"""

from __future__ import annotations

from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.steps.vocabulary import command

_MARK = "# zkwizard: "
_SWAP_LINE = "^[[:space:]]*[^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap([[:space:]]|$)"


def swap_off() -> list[Step]:
    """Areas first: undone last, they come back once their units and fstab lines are there again."""
    return [_areas(), _fstab(), _units()]


def _areas() -> Step:
    """/proc/swaps writes blanks in paths as octal escapes."""
    return command(
        "swap-off",
        T("Swap is off"),
        T("The kubelet does not start on a machine that swaps, unless it is told to."),
        check='[ -z "$(sed 1d /proc/swaps)" ]',
        apply="zk_note swap areas \"$(sed '1d;s/[[:space:]].*//' /proc/swaps)\"\nswapoff -a",
        undo=(
            "zk_noted swap areas | while read -r zk_area; do\n"
            '  zk_path=$(printf %b "$(printf %s "$zk_area" | sed \'s/\\\\/\\\\0/g\')")\n'
            '  cut -d" " -f1 /proc/swaps | grep -qxF "$zk_area" || swapon "$zk_path" ||\n'
            "    printf '%s could not be switched on again\\n' \"$zk_path\"\ndone\n"
            "zk_forget swap areas"
        ),
        receipt="zk_has_note swap areas",
        limit=300,
    )


def _fstab() -> Step:
    write = 'zk_put /etc/fstab "$(stat -Lc %a /etc/fstab)" <"$ZK_DIR/fstab"\nsystemctl daemon-reload'
    return command(
        "swap-fstab",
        T("No swap in /etc/fstab"),
        T("At the next boot it would be on again, and the kubelet would not start."),
        check=f"! grep -qsE '{_SWAP_LINE}' /etc/fstab",
        apply=f"sed -E '/{_SWAP_LINE}/s/^/{_MARK}/' /etc/fstab >\"$ZK_DIR/fstab\"\n{write}",
        undo=(
            f"if grep -qs '^{_MARK}' /etc/fstab; then\n"
            f"sed 's/^{_MARK}//' /etc/fstab >\"$ZK_DIR/fstab\"\n{write}\n"
            'rm -f "$ZK_HOME/receipts/before/etc/fstab" "$ZK_HOME/receipts/wrote/etc/fstab"\nfi'
        ),
        receipt=f"grep -qs '^{_MARK}' /etc/fstab",
    )


def _units() -> Step:
    return command(
        "swap-units",
        T("No unit brings swap back"),
        T("zram services and swap partitions found by systemd are not in /etc/fstab."),
        check='[ -z "$(zk_swap_units)" ]',
        apply=(
            "zk_swap_units | while read -r zk_u; do\n"
            '  zk_was="$(systemctl is-enabled "$zk_u" || :) $(systemctl is-active "$zk_u" || :)"\n'
            '  zk_note swap-unit "$zk_u" "$zk_was"\n'
            '  systemctl stop "$zk_u" || :\n'
            '  systemctl mask "$zk_u" || systemctl disable "$zk_u"\ndone'
        ),
        undo=(
            'for zk_f in "$ZK_HOME"/receipts/state/swap-unit/*; do\n'
            '  [ -e "$zk_f" ] || continue\n'
            "  zk_u=${zk_f##*/}\n"
            '  systemctl unmask "$zk_u"\n'
            '  case $(cat "$zk_f") in enabled*) systemctl enable "$zk_u" ;; esac\n'
            '  case $(cat "$zk_f") in *\' active\') systemctl start "$zk_u" || : ;; esac\n'
            '  rm -f "$zk_f"\ndone'
        ),
        receipt='[ -n "$(ls -A "$ZK_HOME/receipts/state/swap-unit" 2>/dev/null)" ]',
    )
