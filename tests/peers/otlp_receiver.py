#!/usr/bin/env python3
"""An OTLP/HTTP receiver for tests: decodes what it is sent with OpenTelemetry's own protobuf definitions, strictly.

Prints its port on one line when it is ready; ends when its standard input closes.

Each span becomes one JSON line in --record, written before it is answered:
  {"service": service.name, "resource": {…}, "trace_id": hex, "span_id": hex, "parent_id": hex or "", "name": …, "kind": "SPAN_KIND_…",
   "remote": bool, "begin_ns": …, "end_ns": …, "attributes": {…}, "events": [names], "error": bool, "headers": {of the request}}
A request that is none by the protocol is answered 400 and becomes {"bad": why}.

Lines on its standard input say how it answers from then on:
  answer STATUS [RETRY_AFTER]   with that status; only 200 takes the spans
  hang                          not at all
"""

import argparse
import base64
import http.server
import json
import re
import sys
import threading

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span, SpanFlags, Status

ID_BYTES = {"traceId": 16, "spanId": 8, "parentSpanId": 8}


class Behaviour:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.status, self.retry_after, self.hangs = 200, "", False
        self.over = threading.Event()

    def obey(self, line: str) -> None:
        word, *rest = line.split()
        with self.lock:
            self.hangs = word == "hang"
            if word == "answer":
                self.status, self.retry_after = int(rest[0]), rest[1] if len(rest) > 1 else ""


def ids_as_base64(request: dict) -> None:
    """OTLP/JSON has ids in hexadecimal where protobuf's own JSON has base64; all else is as there."""
    for resource_spans in request.get("resourceSpans", []):
        for scope_spans in resource_spans.get("scopeSpans", []):
            for span in scope_spans.get("spans", []):
                for key in ID_BYTES.keys() & span.keys():
                    if not re.fullmatch(f"[0-9a-f]{{{2 * ID_BYTES[key]}}}", span[key]) or set(span[key]) == {"0"}:
                        raise ValueError(f"{key} is no id: {span[key]!r}")
                    span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()


def decode(body: bytes) -> ExportTraceServiceRequest:
    request = json.loads(body)
    ids_as_base64(request)
    # Unknown fields, wrong types and numbers out of range are errors.
    return json_format.ParseDict(request, ExportTraceServiceRequest(), ignore_unknown_fields=False)


def plain(attributes) -> dict:
    values = {}
    for attribute in attributes:
        if attribute.key in values:
            raise ValueError(f"attribute {attribute.key} stands there twice")
        values[attribute.key] = getattr(attribute.value, attribute.value.WhichOneof("value"))
    return values


def described(span: Span, resource: dict, headers: dict) -> dict:
    if not span.name or not span.trace_id or not span.span_id:
        raise ValueError("a span without name or id")
    if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
        raise ValueError(f"{span.name} ends before it begins")
    if span.kind not in Span.SpanKind.values() or span.kind == Span.SPAN_KIND_UNSPECIFIED:
        raise ValueError(f"{span.name} is of no kind: {span.kind}")
    return {
        "service": resource["service.name"],
        "resource": resource,
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_id": span.parent_span_id.hex(),
        "name": span.name,
        "kind": Span.SpanKind.Name(span.kind),
        "remote": bool(span.flags & SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK),
        "begin_ns": span.start_time_unix_nano,
        "end_ns": span.end_time_unix_nano,
        "attributes": plain(span.attributes),
        "events": [event.name for event in span.events],
        "error": span.status.code == Status.STATUS_CODE_ERROR,
        "headers": headers,
    }


def make_handler(behaviour: Behaviour, record) -> type:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with behaviour.lock:
                status, retry_after, hangs = behaviour.status, behaviour.retry_after, behaviour.hangs
            if hangs:
                behaviour.over.wait()
                return
            if status == 200:
                status = self.take(body)
            answer = json_format.MessageToJson(ExportTraceServiceResponse()).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            if retry_after:
                self.send_header("Retry-After", retry_after)
            self.end_headers()
            self.wfile.write(answer)

        def take(self, body: bytes) -> int:
            try:
                if self.path != "/v1/traces" or self.headers["Content-Type"] != "application/json":
                    raise ValueError(f"{self.path} as {self.headers['Content-Type']}")
                lines = [
                    described(span, plain(resource_spans.resource.attributes), {k.lower(): v for k, v in self.headers.items()})
                    for resource_spans in decode(body).resource_spans
                    for scope_spans in resource_spans.scope_spans
                    for span in scope_spans.spans
                ]
            except (ValueError, KeyError, TypeError, json_format.ParseError) as error:
                lines = [{"bad": f"{type(error).__name__}: {error}: {body[:2000]!r}"}]
            with behaviour.lock:
                record.writelines(json.dumps(line) + "\n" for line in lines)
                record.flush()
            return 400 if "bad" in lines[0] else 200

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", required=True)
    options = parser.parse_args()
    behaviour = Behaviour()
    with open(options.record, "a", encoding="utf-8") as record:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), make_handler(behaviour, record))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_port, flush=True)
        for line in sys.stdin:
            behaviour.obey(line)
        behaviour.over.set()
        server.shutdown()


if __name__ == "__main__":
    main()
