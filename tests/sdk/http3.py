"""A client of HTTP/3, for tests in other languages.

`http3.py certificate DIRECTORY` writes a certificate and its key. `http3.py requests` makes the requests that it is given
on standard input, a JSON object in each line, on one connection to each port, and prints the answers likewise.
"""

import asyncio
import base64
import contextlib
import datetime
import functools
import json
import pathlib
import ssl
import sys

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StopSendingReceived, StreamReset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "gateway.example"


def write_certificate(directory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (directory / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (directory / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


class Client(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)
        self.answers = {}
        self.stopped = set()
        self.is_closed = False

    def quic_event_received(self, event):
        for answered in self.http.handle_event(event):
            answer = self.answers.get(answered.stream_id)
            if answer is None:
                continue
            if isinstance(answered, HeadersReceived) and answer["status"] is None:
                answer["headers"] = [(name.decode(), value) for name, value in answered.headers]
                answer["status"] = int(dict(answer["headers"])[":status"])
            elif isinstance(answered, DataReceived):
                answer["body"] += answered.data
            if answered.stream_ended:
                self.finish(answered.stream_id)
        if isinstance(event, StopSendingReceived):
            self.stopped.add(event.stream_id)
        elif isinstance(event, StreamReset):
            self.finish(event.stream_id)
        elif isinstance(event, ConnectionTerminated):
            self.is_closed = True
            for stream in list(self.answers):
                self.finish(stream)

    def finish(self, stream):
        answer = self.answers.pop(stream, None)
        if answer is not None:
            answer["done"].set_result(answer)

    async def request(self, request):
        stream = self._quic.get_next_available_stream_id()
        done = asyncio.get_running_loop().create_future()
        self.answers[stream] = {"status": None, "headers": [], "body": b"", "done": done}
        headers = [(name.encode(), base64.b64decode(value)) for name, value in request["headers"]]
        pieces = [base64.b64decode(piece) for piece in request["pieces"]]
        self.http.send_headers(stream, headers, end_stream=not pieces)
        for number, piece in enumerate(pieces, 1):
            # An answer that does not need the rest of the request.
            if stream in self.stopped or stream not in self.answers:
                break
            self.http.send_data(stream, piece, end_stream=number == len(pieces))
            self.transmit()
            await asyncio.sleep(0)
        self.transmit()
        return await done


async def answer(client, request, reconnect):
    answered = await client.request(request)
    if answered["status"] is None and client.is_closed:
        # Some other request may have ended the connection.
        answered = await (await reconnect()).request(request)
    told = {
        "id": request["id"],
        "status": answered["status"],
        "headers": [(name, base64.b64encode(value).decode()) for name, value in answered["headers"]],
        "body": base64.b64encode(answered["body"]).decode(),
    }
    print(json.dumps(told), flush=True)


async def serve():
    configuration = QuicConfiguration(is_client=True, alpn_protocols=["h3"], server_name=HOST)
    configuration.verify_mode = ssl.CERT_NONE
    async with contextlib.AsyncExitStack() as connections:

        async def open_to(port):
            opened = connect("127.0.0.1", port, configuration=configuration, create_protocol=Client)
            return await connections.enter_async_context(opened)

        clients, under_way = {}, set()
        async for line in lines():
            port = line["port"]
            if port not in clients or clients[port].is_closed:
                clients[port] = await open_to(port)
            task = asyncio.create_task(answer(clients[port], line, functools.partial(open_to, port)))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)


async def lines():
    reader = asyncio.StreamReader(limit=1 << 26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


if sys.argv[1] == "certificate":
    write_certificate(pathlib.Path(sys.argv[2]))
else:
    asyncio.run(serve())
