"""The x86-64 microarchitecture level of the processor, by its flags (x86-64 psABI, table of levels)."""

from __future__ import annotations

from zkwizard.facts.fact import Fact

LEVELS: tuple[frozenset[str], ...] = (
    frozenset(["lm", "cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse2"]),
    frozenset(["cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"]),
    frozenset(["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"]),
    frozenset(["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]),
)
"""Flags that each level adds, as Linux names them."""


def parse(text: str) -> int:
    """The highest level whose flags, and those of all below, are there; 0 on other architectures."""
    _, found, flags = text.partition(":")
    have = frozenset(flags.split()) if found else frozenset[str]()
    level = 0
    for needed in LEVELS:
        if not needed <= have:
            break
        level += 1
    return level


FACT = Fact("cpu-level", "grep -m1 '^flags' /proc/cpuinfo", parse)
