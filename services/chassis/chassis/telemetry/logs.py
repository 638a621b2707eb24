"""JSON logs, one object a line on standard output, each with its trace."""

import logging
import sys
from typing import Any

import structlog

from chassis.telemetry.trace import current_trace_id

log: structlog.stdlib.BoundLogger = structlog.get_logger()
"""The one logger: `log.info("letter.taken", patient_id=…, size=…)`: an event's name, then ids and codes."""

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def set_up_logs(process: str, level: str = "info") -> None:
    """Send our logs and those of libraries to standard output as JSON. Called once, by the composition root."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_process(process),
        _with_trace,
        _with_error,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    _set_up_library_logs(shared, level)


def _set_up_library_logs(shared: list[Any], level: str) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(_LEVELS[level], logging.WARNING))


def _with_process(process: str) -> Any:
    def add(_: Any, __: str, fields: dict[str, Any]) -> dict[str, Any]:
        return {"process": process, **fields}

    return add


def _with_trace(_: Any, __: str, fields: dict[str, Any]) -> dict[str, Any]:
    trace_id = current_trace_id()
    return {**fields, "trace_id": trace_id} if trace_id else fields


def _with_error(_: Any, __: str, fields: dict[str, Any]) -> dict[str, Any]:
    """An error's type and the places it passed, without its message: that may quote a person's data."""
    error = fields.pop("exc_info", None)
    found = error[1] if isinstance(error, tuple) else error
    if found is True:
        found = sys.exc_info()[1]
    if not isinstance(found, BaseException):
        return fields
    return {**fields, "error": type(found).__name__, "at": _places(found)}


def _places(error: BaseException) -> list[str]:
    places: list[str] = []
    frame = error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno} {code.co_name}")
        frame = frame.tb_next
    return places[-8:]
