"""Which addresses a node reaches, directly and through the proxy: asked before anything is installed.

curl where it is there, else wget. A registry's 401 is an answer like a page's 200: what counts is that
somebody answers. The proxy's password travels in what the shell reads, never among a command's arguments.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zkwizard.inspect.question import Answer, Question
from zkwizard.model.text import T, Words
from zkwizard.steps.shell import quote

_LIMIT = 12
"""Seconds for one address."""
_CODES = {
    "5": T("the proxy's name is unknown"),
    "6": T("name unknown"),
    "7": T("refused, or no way there"),
    "28": T("no answer in time"),
    "35": T("TLS fails"),
    "56": T("the proxy closes the connection"),
    "60": T("its certificate is not trusted"),
    "127": T("neither curl nor wget there yet"),
}
"""curl's exit codes that matter here (curl(1), EXIT CODES); 127 is the script's own."""
_LINE = re.compile(r"([0-9]+) (direct|proxy) ([0-9]+) ([0-9]{3}) ([0-9.]+)")
_SCRIPT = """\
zk_config() {{
  cat <<'zk-end-of-config'
{config}
zk-end-of-config
}}
zk_curl() {{ # number way url
  zk_said=$(curl -sS -o /dev/null -w '%{{http_code}} %{{time_total}}' --connect-timeout 8 \\
    --max-time {limit} -K - -- "$3" 2>/dev/null) && zk_rc=0 || zk_rc=$?
  printf '%s %s %s %s\\n' "$1" "$2" "$zk_rc" "${{zk_said:-000 0}}"
}}
zk_wget() {{ # number way url
  timeout {limit} wget -q -t 1 -O /dev/null -- "$3" && zk_rc=0 || zk_rc=$?
  case $zk_rc in
  0) zk_said='0 200' ;;
  6) zk_said='0 401' ;;
  8) zk_said='0 404' ;;
  124) zk_said='28 000' ;;
  5) zk_said='60 000' ;;
  *) zk_said='7 000' ;;
  esac
  printf '%s %s %s 0\\n' "$1" "$2" "$zk_said"
}}
zk_try() {{ # number way url
  if command -v curl >/dev/null 2>&1; then
    if [ "$2" = proxy ]; then zk_config | zk_curl "$@"; else echo 'noproxy = "*"' | zk_curl "$@"; fi
  elif command -v wget >/dev/null 2>&1; then
    unset http_proxy https_proxy no_proxy
    if [ "$2" = proxy ]; then
      http_proxy=$(zk_config | sed -n 's/^proxy = "\\(.*\\)"$/\\1/p')
      https_proxy=$http_proxy
      export http_proxy https_proxy
    fi
    zk_wget "$@"
  else
    printf '%s %s 127 000 0\\n' "$1" "$2"
  fi
}}
{tries}
wait
"""


@dataclass(frozen=True)
class Reached:
    """How one address answered on one way; ``code`` is HTTP's, 0 when nobody answered."""

    url: str
    through_proxy: bool
    code: int
    seconds: float
    trouble: Words = ""

    @property
    def good(self) -> bool:
        """Whether somebody answered who is no proxy that refuses."""
        return self.code != 0 and self.code != 407 and self.code < 500


def reach(urls: Sequence[str], proxy: str = "") -> Question[tuple[Reached, ...]]:
    """Try each address directly and, with ``proxy`` (its password in it), through the proxy; all at once."""
    ways = ("direct", "proxy") if proxy else ("direct",)
    tries = [f"zk_try {n} {way} {quote(url)} &" for n, url in enumerate(urls) for way in ways]
    config = f'proxy = "{proxy}"' if proxy else ""
    script = _SCRIPT.format(config=config, limit=_LIMIT, tries="\n".join(tries))

    def parse(answer: Answer) -> tuple[Reached, ...]:
        found = {}
        for line in answer.out.splitlines():
            match = _LINE.fullmatch(line.strip())
            if match and int(match[1]) < len(urls):
                found[int(match[1]), match[2]] = _reached(urls[int(match[1])], match)
        nothing = T("the node did not tell")
        return tuple(
            found.get((n, way), Reached(url, way == "proxy", 0, 0.0, nothing))
            for n, url in enumerate(urls)
            for way in ways
        )

    return Question("reach", script, parse, limit=3.0 * _LIMIT)


def _reached(url: str, match: re.Match[str]) -> Reached:
    status, code = match[3], int(match[4])
    trouble: Words = _CODES.get(status) or T("curl ends with {status}", status=status)
    if status == "0":
        trouble = T("the proxy refuses user or password") if code == 407 else ""
    return Reached(url, match[2] == "proxy", code if status == "0" else 0, float(match[5]), trouble)
