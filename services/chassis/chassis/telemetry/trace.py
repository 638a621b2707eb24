"""W3C trace context, carried through HTTP, Kafka headers and e-mail (`X-Pli-Trace`)."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()
_TRACER = TracerProvider().get_tracer("pli")
_HEADER = "traceparent"
MAIL_HEADER = "X-Pli-Trace"


def current_traceparent() -> str | None:
    """The trace context of the work under way, as a `traceparent` header, or None outside of any."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get(_HEADER)


def current_trace_id() -> str | None:
    """The 32 hexadecimal digits of the trace under way, for logs and dead letters."""
    found = trace.get_current_span().get_span_context()
    return format(found.trace_id, "032x") if found.is_valid else None


@contextmanager
def continuing(traceparent: str | None, name: str = "work") -> Iterator[None]:
    """Work inside a span that continues `traceparent`; what cannot be read starts a new trace."""
    carrier = {_HEADER: traceparent} if traceparent else {}
    parent = _PROPAGATOR.extract(carrier, context=context.Context())
    with _TRACER.start_as_current_span(name, context=parent, record_exception=False):
        yield


@contextmanager
def new_trace(name: str = "work") -> Iterator[None]:
    """Work inside a trace of its own."""
    with continuing(None, name):
        yield
