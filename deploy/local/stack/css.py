"""What the oldest browsers we promise don't know, found in our style sheets by stylelint.

Safari 15.4, Chrome 105 and Firefox 115: what they lack may only embellish, and is then listed as ignored in
`deploy/local/tools/stylelint/stylelint.json`.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from stack import cache
from stack.places import CHECKOUT, LOCAL
from stack.programs import NODE, NPM, require
from stack.servers import run

TOOL = LOCAL / "tools" / "stylelint"
SHEETS = (
    "services/*/*/web/static/*.css",
    "deploy/gateway/pages/gateway_pages/*.css",
    "deploy/console/console/web/static/*.css",
)
_PINS = ("package.json", "package-lock.json", ".npmrc", "stylelint.json")


def lint() -> int:
    """Say what is found in every style sheet of ours; 0 when nothing is."""
    require((NODE, NPM))
    key = cache.key_of([TOOL / name for name in _PINS])
    cache.ensure("stylelint", key, _fill)
    folder = cache.folder_of("stylelint", key)
    sheets = sorted(str(path) for pattern in SHEETS for path in CHECKOUT.glob(pattern))
    program = folder / "node_modules" / "stylelint" / "bin" / "stylelint.mjs"
    command = ["node", str(program), "--config", str(folder / "stylelint.json"), *sheets]
    return subprocess.run(command, cwd=folder, check=False).returncode


def _fill(into: Path, log: Path) -> None:
    for name in _PINS:
        shutil.copy(TOOL / name, into)
    run(["npm", "ci", "--omit=dev", "--ignore-scripts"], log, into)
