"""What all stand-ins for providers are made of, and the Envoys in front of them."""

import http.server
import subprocess
import sys
import threading

from demo import SECONDS


class Server(http.server.ThreadingHTTPServer):
    """Says nothing of an Envoy that has gone away."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    """Reads bodies as HTTP/1.1 has them, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def body(self):
        if "transfer-encoding" not in self.headers:
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def log_message(self, *_):
        pass


def serve(handler, address="127.0.0.1", port=0):
    """A server that answers by this handler, until it is closed."""
    server = Server((address, port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def close(server):
    server.shutdown()
    server.server_close()


def end(process):
    """Ends an Envoy, and waits for it."""
    process.terminate()
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def everywhere(value):
    """Every object in a document."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from everywhere(inner)
