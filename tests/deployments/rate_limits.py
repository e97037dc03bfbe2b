"""A rate limit service that speaks Envoy's gRPC protocol, reads the shipped limits, and counts as envoyproxy/ratelimit does."""

import concurrent.futures
import threading
import time

import grpc
import yaml
from envoy.service.ratelimit.v3 import rls_pb2, rls_pb2_grpc

from demo import TOP
from gateway import everywhere

SHIPPED = TOP / "envoy/limits/ratelimit/llm.yaml"
SECONDS_OF = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class RateLimits(rls_pb2_grpc.RateLimitServiceServicer):
    """Fixed windows: a count for each limit, its descriptor and the window that the clock is in. `limits` replaces what the
    file allows, by `(key, team)`."""

    def __init__(self, limits=None):
        self.configuration = yaml.safe_load(SHIPPED.read_text())
        for entry in self.configuration["descriptors"]:
            own = (limits or {}).get((entry["key"], entry.get("value")))
            if own is not None:
                entry["rate_limit"]["requests_per_unit"] = own
        self.timeout = "5s"
        self.clock, self.lock = time.time, threading.Lock()
        self.counts, self.asked = {}, []
        self.start()

    def start(self, port=0):
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
        rls_pb2_grpc.add_RateLimitServiceServicer_to_server(self, self.server)
        self.port = self.server.add_insecure_port(f"127.0.0.1:{port}")
        self.server.start()

    def lead(self, document):
        """Has a gateway of the example ask this service, and wait for it as long as a busy machine may need."""
        for part in everywhere(document):
            if "failure_mode_deny" in part:
                part["timeout"] = self.timeout
            if part.get("name") == "ratelimit" and "load_assignment" in part:
                part.update(type="STATIC", connect_timeout="5s")
                del part["cluster_type"]
                address = next(inner["socket_address"] for inner in everywhere(part) if "socket_address" in inner)
                address.update(address="127.0.0.1", port_value=self.port)

    def close(self):
        self.server.stop(None).wait()

    def limit(self, entries):
        """The rate limit of a descriptor, if there is one: an entry with the value goes before one without."""
        level, found = self.configuration["descriptors"], None
        for entry in entries:
            named = [one for one in level if one["key"] == entry.key and one.get("value") in (entry.value, None)]
            if not named:
                return None
            found = max(named, key=lambda one: "value" in one)
            level = found.get("descriptors", [])
        return found.get("rate_limit") if found else None

    def ShouldRateLimit(self, request, context):
        answer = rls_pb2.RateLimitResponse(overall_code=rls_pb2.RateLimitResponse.OK)
        with self.lock:
            self.asked.append([(one.entries[0].key, one.entries[0].value, self.hits(request, one)) for one in request.descriptors])
            for descriptor in request.descriptors:
                status = answer.statuses.add(code=rls_pb2.RateLimitResponse.OK)
                limit = self.limit(descriptor.entries) if request.domain == self.configuration["domain"] else None
                if limit is None:
                    continue
                unit = SECONDS_OF[limit["unit"]]
                now = self.clock()
                key = (*((entry.key, entry.value) for entry in descriptor.entries), int(now // unit))
                self.counts[key] = self.counts.get(key, 0) + self.hits(request, descriptor)
                status.current_limit.requests_per_unit = limit["requests_per_unit"]
                status.current_limit.unit = rls_pb2.RateLimitResponse.RateLimit.Unit.Value(limit["unit"].upper())
                status.limit_remaining = max(0, limit["requests_per_unit"] - self.counts[key])
                status.duration_until_reset.seconds = unit - int(now) % unit
                if self.counts[key] > limit["requests_per_unit"]:
                    status.code = answer.overall_code = rls_pb2.RateLimitResponse.OVER_LIMIT
        return answer

    @staticmethod
    def hits(request, descriptor):
        """How much a descriptor is counted: zero only where it says so itself."""
        return descriptor.hits_addend.value if descriptor.HasField("hits_addend") else max(1, request.hits_addend)

    def used(self, key, team):
        """What a team has used of a limit, in all windows."""
        with self.lock:
            return sum(count for (entry, _window), count in self.counts.items() if entry == (key, team))
