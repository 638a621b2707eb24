"""What every confined program does: shut itself in, read one file, give one answer or the code of why not."""

import sys
from collections.abc import Callable

from chassis.previews.confinement import NotConfined, enclose, limit

NO_PREVIEW = 3
"""The status of a program that can't do what it was asked; the code is on its standard error."""

Answer = Callable[[bytes], bytes]


class Impossible(Exception):
    """Carries the code of why it can't be done."""


def answer_once(prepare: Callable[[], Answer], most: int, *, threads: bool = False) -> int:
    """Answer about the standard input, at most `most` bytes of it, on the standard output; the status to end with.

    `prepare` loads the libraries and uses them once, for nothing can be opened after the process is enclosed.
    """
    limit()
    try:
        answer = prepare()
        enclose(threads=threads)
        said = answer(_given(most))
    except Impossible as error:
        return _fail(error.args[0])
    except NotConfined:
        return _fail("not-confined")
    except MemoryError:
        return _fail("too-large")
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()
    return 0


def _given(most: int) -> bytes:
    content = sys.stdin.buffer.read(most + 1)
    if len(content) > most:
        raise Impossible("too-large")
    return content


def _fail(code: str) -> int:
    sys.stderr.write(code)
    return NO_PREVIEW
