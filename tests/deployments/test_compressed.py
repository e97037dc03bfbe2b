"""Compressed bodies, at every example as it is shipped: served like others, and bombs refused."""

import base64
import gzip
import http.client
import json
import random
import unittest
import zlib

from demo import SECONDS
from gateway import VIRTUAL_KEY, Gateway, over_http2

EXAMPLES = {
    "envoy.yaml": ("envoy/envoy.yaml", "envoy/providers.yaml"),
    "dynamic": ("envoy/dynamic/envoy.yaml", "envoy/dynamic/llm_router.yaml", "envoy/providers.yaml"),
    "inline": ("envoy/secrets/inline.yaml",),
    "injected": ("envoy/secrets/injected.yaml", "envoy/secrets/keys/openai.yaml", "envoy/secrets/keys/anthropic.yaml"),
    "failover": ("envoy/failover/envoy.yaml",),
}
MODELS = {"failover": "smart"}
BLOCK = 1 << 17  # the largest of a frame's blocks, in bytes


def frame(*blocks):
    """A frame of Zstandard (RFC 8878, section 3.1.1) without checksum or size, with a window of 1 MiB."""
    return b"\x28\xb5\x2f\xfd" + b"\x00\x50" + b"".join(blocks)


def block(kind, size, content, last=False):
    return (int(last) | kind << 1 | size << 3).to_bytes(3, "little") + content


def zstd(data):
    """As it is: blocks that are not compressed."""
    pieces = [data[start:start + BLOCK] for start in range(0, len(data), BLOCK)]
    return frame(*(block(0, len(piece), piece, piece is pieces[-1]) for piece in pieces))


def zstd_bomb(front, size):
    """The front, and then as many blanks, of which each block is one byte repeated."""
    blanks = [block(1, BLOCK, b" ") for _ in range(size // BLOCK)]
    return frame(block(0, len(front), front), *blanks, block(0, 0, b"", last=True))


def gzip_bomb(front, size):
    """The front, and then as many blanks."""
    # A block of blanks repeats itself: it is compressed once, and put there again and again.
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    blanks = body.compress(b" " * (1 << 20)) + body.flush(zlib.Z_FULL_FLUSH)
    head = zlib.compressobj(9, zlib.DEFLATED, 31)
    return head.compress(front) + head.flush(zlib.Z_FULL_FLUSH) + blanks * (size >> 20)


class Compressed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateways = {}
        for name, files in EXAMPLES.items():
            cls.gateways[name] = Gateway(*files)
            cls.addClassCleanup(cls.gateways[name].close)

    def post(self, gateway, body, encoding):
        connection = http.client.HTTPConnection("127.0.0.1", gateway.ports["llm"], timeout=SECONDS)
        try:
            connection.request("POST", "/v1/chat/completions", body, {
                "content-type": "application/json", "content-encoding": encoding, "authorization": f"Bearer {VIRTUAL_KEY}"})
        except ConnectionError:
            pass  # it was refused before its end
        try:
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except ConnectionError:
            return 0, ""
        finally:
            connection.close()

    def ways(self, name):
        """Over HTTP/1.1 and over HTTP/2."""
        gateway = self.gateways[name]
        yield "HTTP/1.1", lambda body, encoding: self.post(gateway, body, encoding)
        yield "HTTP/2", lambda body, encoding: over_http2(
            gateway.ports["llm"], VIRTUAL_KEY, body, "-H", f"content-encoding: {encoding}")

    def test_gzip_and_zstd_are_served_as_if_they_were_plain(self):
        for name, gateway in self.gateways.items():
            # Text as dense as text is: what shrinks to less than a hundredth, Envoy refuses to decompress to its end.
            text = " ".join(f"{number:x}é" for number in range(200_000))
            content = {"messages": [{"role": "user", "content": text}], "model": MODELS.get(name, "gpt-6-sol")}
            plain = json.dumps(content).encode()
            for version, send in self.ways(name):
                for encoding, body in ("gzip", gzip.compress(plain)), ("zstd", zstd(plain)):
                    with self.subTest(name, version=version, encoding=encoding):
                        status, text = send(body, encoding)
                        self.assertEqual(status, 200, text)
                        received = gateway.provider.received[-1]
                        self.assertNotIn("content-encoding", received["headers"])
                        sent = json.loads(received["body"])
                        self.assertEqual(sent["messages"], content["messages"])

    def test_a_bomb_is_refused_and_takes_little_memory(self):
        front = b'{"messages":["", '
        bombs = {"gzip": gzip_bomb(front, 9_000_000_000), "zstd": zstd_bomb(front, 300_000_000_000)}
        for name, gateway in self.gateways.items():
            for version, send in self.ways(name):
                for encoding, bomb in bombs.items():
                    with self.subTest(name, version=version, encoding=encoding):
                        received = len(gateway.provider.received)
                        before = gateway.memory()
                        with gateway.most_memory() as most:
                            status, text = send(bomb, encoding)
                        # 400: it was cut. 0: the client was still sending when it was refused.
                        self.assertIn(status, (0, 400, 413), text)
                        self.assertEqual(len(gateway.provider.received), received)
                        self.assertLess(most[0], before + 160, "MiB")

    def test_what_is_too_large_when_it_is_decompressed_is_413(self):
        front = b'{"messages":["'
        salt = base64.b64encode(random.Random(1).randbytes(3000))
        blocks = [block(0, len(salt), salt), block(1, BLOCK, b" ")] * 160
        large = {"gzip": gzip.compress(front + (salt + b" " * BLOCK) * 160, 9),
                 "zstd": frame(block(0, len(front), front), *blocks, block(0, 0, b"", last=True))}
        for name in self.gateways:
            for encoding, body in large.items():
                with self.subTest(name, encoding=encoding):
                    self.assertLess(len(body), 1_000_000)
                    _, send = next(self.ways(name))
                    status, text = send(body, encoding)
                    self.assertEqual((status, json.loads(text)["error"]["code"]), (413, "request_too_large"))

    def test_what_becomes_more_than_a_hundred_times_as_much_is_refused(self):
        front = b'{"messages":["", '
        for encoding, bomb in ("gzip", gzip_bomb(front, 4_000_000)), ("zstd", zstd_bomb(front, 4_000_000)):
            self.assertLess(len(bomb), 10_000)
            for version, send in self.ways("envoy.yaml"):
                with self.subTest(encoding, version=version):
                    self.assertEqual(send(bomb, encoding)[0], 400)

    def test_what_is_broken_or_in_another_encoding_is_refused(self):
        gateway = self.gateways["envoy.yaml"]
        received = len(gateway.provider.received)
        whole = {"gzip": gzip.compress(b'{"model":"gpt-6-sol"}'), "zstd": zstd(b'{"model":"gpt-6-sol"}')}
        for encoding, body in whole.items():
            for broken in b"\x00" * 10, body[:-12], b"{}":
                with self.subTest(encoding, broken=broken):
                    status, text = self.post(gateway, broken, encoding)
                    self.assertEqual((status, json.loads(text)["error"]["code"]), (400, "invalid_json"))
                    self.assertIn("It was sent compressed, and may have been cut off or damaged.", text)
        for encoding in "br", "gzip, br":
            self.assertEqual(self.post(gateway, b"\x00", encoding)[0], 415)
        self.assertEqual(len(gateway.provider.received), received)
