"""Stand-ins for providers: each is a server of its own that answers as the provider's API does, and keeps what it was sent."""

import dataclasses
import json
import re

from standin import Handler, close, serve


@dataclasses.dataclass
class Received:
    """A request as a provider got it."""

    method: str
    path: str
    headers: list
    body: bytes

    def header(self, name):
        """The value of a field that is there once."""
        values = [value for one, value in self.headers if one.lower() == name]
        if len(values) != 1:
            raise AssertionError(f"{name} is there {len(values)} times in {self.method} {self.path}")
        return values[0]

    def has(self, name):
        return any(one.lower() == name for one, _ in self.headers)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        """All of it, to be searched for what must not be there."""
        fields = "".join(f"{name}: {value}\n" for name, value in self.headers)
        return f"{self.method} {self.path}\n{fields}\n".encode("latin-1") + self.body


@dataclasses.dataclass
class Answer:
    """What a provider says: a whole body, or the pieces of a stream, each of which goes out on its own."""

    body: object
    content_type: str = "application/json"
    status: int = 200

    @property
    def pieces(self):
        return None if isinstance(self.body, (bytes, dict)) else self.body

    @property
    def whole(self):
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def events(messages, named=True):
    """Server-sent events: with their type as their name, or without, as OpenAI's chat completions have them."""
    for message in messages:
        name = f"event: {message['type']}\n" if named else ""
        yield f"{name}data: {json.dumps(message)}\n\n".encode()


class Provider:
    """A provider: its endpoints are pairs of method and path, as a regular expression, with a function that answers."""

    def __init__(self, name, endpoints):
        self.name, self.received, outer = name, [], self

        class Answering(Handler):
            def answer(self):
                received = Received(self.command, self.path, list(self.headers.items()), self.body())
                outer.received.append(received)
                try:
                    answer = outer.answer(received, endpoints)
                except (ValueError, KeyError, TypeError) as error:
                    answer = Answer({"error": {"message": f"{error!r}"}}, status=400)
                self.send_response(answer.status)
                self.send_header("content-type", answer.content_type)
                self.send_header("x-request-id", "req_1")
                if answer.pieces is None:
                    self.send_header("content-length", str(len(answer.whole)))
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(answer.whole)
                    return
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for piece in answer.pieces:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")

            do_GET = do_POST = do_DELETE = do_HEAD = answer

        self.server = serve(Answering)
        self.port = self.server.server_address[1]

    @staticmethod
    def answer(received, endpoints):
        for method, path, function in endpoints:
            if received.method == method and (match := re.fullmatch(path, received.path)):
                return function(received, *match.groups())
        return Answer({"error": {"message": f"This provider has no {received.method} {received.path}."}}, status=404)

    def close(self):
        close(self.server)
