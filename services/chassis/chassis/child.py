"""A process that lives for one question: a module of ours, with an empty environment, ended with who asked."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def child(module: str, *arguments: str, pipes: int) -> AsyncIterator[Process]:
    """`python -m module arguments`, killed at the end if need be.

    `pipes` is what becomes of its input and its two outputs: `PIPE` or `DEVNULL` of `asyncio.subprocess`.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", module, *arguments),
        stdin=pipes,
        stdout=pipes,
        stderr=pipes,
        env={},
        cwd="/",
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
