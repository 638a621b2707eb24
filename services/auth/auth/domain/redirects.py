"""Where a renewal or a log-in may lead: a local absolute path, nothing else."""

import re

HOME = "/"
LONGEST = 2_000

_LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
"""One slash, not two; printable ASCII without space or backslash: browsers read those as another host."""


def local_path(wanted: str | None, *, of_log_in: bool = False) -> str:
    """`wanted` when it is a local absolute path, else the home page; log-in's own only with `of_log_in`."""
    if not wanted or len(wanted) > LONGEST or not _LOCAL_PATH.fullmatch(wanted):
        return HOME
    return HOME if _is_of_log_in(wanted) and not of_log_in else wanted


def _is_of_log_in(path: str) -> bool:
    return re.match(r"/connexion(?![\w-])", path) is not None
