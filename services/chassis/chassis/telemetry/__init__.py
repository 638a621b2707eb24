"""Logs, traces and metrics: ids, codes, sizes and states only, never a person's data."""

from chassis.telemetry.logs import log, set_up_logs
from chassis.telemetry.trace import continuing, current_traceparent, new_trace

__all__ = ["continuing", "current_traceparent", "log", "new_trace", "set_up_logs"]
