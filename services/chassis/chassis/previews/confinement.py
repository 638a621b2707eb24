"""What a process that reads a stranger's file may still do: compute, and use the pipes it has.

Two fences, each enough alone against what it is for: limits of the kernel on memory, time, files and processes;
and a filter of system calls (seccomp) under which nothing can be opened, connected, started or signalled.
"""

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Mapping

MEMORY = 1 << 30
"""Bytes of address space: the libraries take a quarter of it."""
CPU_SECONDS = 10
NICE = 10

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_ANOTHER_ABI = 0x40000000
_CALLS = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "gettid": (186, 178),
    "futex": (202, 98),
    "clock_gettime": (228, 113),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
}
"""Numbers on x86_64 and on aarch64."""
_THREADS = {
    "clone": (56, 220),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "sched_getaffinity": (204, 123),
    "clone3": (435, 435),
}
"""For a library that can't do without a thread of its own."""


class NotConfined(Exception):
    """The kernel did not take the filter: nothing of a stranger's is read then."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def limit() -> None:
    """Bound memory and time; no file may grow, no core be written. Before anything large is imported."""
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def enclose(*, threads: bool = False) -> None:
    """From here on only memory, time and the open pipes. After everything is imported and used once.

    Raises `NotConfined` on Linux when the filter isn't taken. Elsewhere only the limits hold.
    """
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    if sys.platform != "linux":
        return
    found = _ARCHITECTURES.get(platform.machine())
    if found is None:
        raise NotConfined(platform.machine())
    program = _program(*found, _CALLS | (_THREADS if threads else {}))
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = ctypes.create_string_buffer(program, len(program))
    handed = _Program(len(program) // 8, ctypes.cast(instructions, ctypes.c_void_p))
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(handed), 0, 0):
        raise NotConfined(os.strerror(ctypes.get_errno()))


def _program(architecture: int, column: int, calls: Mapping[str, tuple[int, int]]) -> bytes:
    """A classic BPF program over `struct seccomp_data`: the call's number at 0, its architecture at 4."""
    numbers = [call[column] for call in calls.values()]
    count = len(numbers)
    steps = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, count, 0, _ANOTHER_ABI),
        *((_EQUAL, count - place, 0, number) for place, number in enumerate(numbers)),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
