"""A collector of OpenTelemetry's spans (OTLP over gRPC)."""

import concurrent.futures

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2


class Collector:
    def __init__(self):
        self.spans = []
        method = grpc.unary_unary_rpc_method_handler(
            self.export, trace_service_pb2.ExportTraceServiceRequest.FromString,
            trace_service_pb2.ExportTraceServiceResponse.SerializeToString)
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        self.server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
            "opentelemetry.proto.collector.trace.v1.TraceService", {"Export": method})])
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def export(self, request, _context):
        for of_a_resource in request.resource_spans:
            # These types are older than the name `scope_spans`; the field is the same.
            for of_a_scope in of_a_resource.instrumentation_library_spans:
                self.spans += of_a_scope.spans
        return trace_service_pb2.ExportTraceServiceResponse()

    def told(self):
        """The spans: each one's name, and its attributes."""
        return [(span.name, {one.key: one.value.string_value for one in span.attributes}) for span in list(self.spans)]

    def close(self):
        self.server.stop(None).wait()
