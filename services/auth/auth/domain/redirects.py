"""Where a renewal or a log-in may lead: a local absolute path, nothing else."""

import re

HOME = "/"
LONGEST = 2_000

_LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
"""One slash, not two; printable ASCII without space or backslash: browsers read those as another host."""


def local_path(wanted: str | None) -> str:
    """`wanted` when it is a local absolute path outside of log-in itself, else the home page."""
    if not wanted or len(wanted) > LONGEST or not _LOCAL_PATH.fullmatch(wanted):
        return HOME
    return HOME if _is_of_log_in(wanted) else wanted


def _is_of_log_in(path: str) -> bool:
    return re.match(r"/connexion(?![\w-])", path) is not None
