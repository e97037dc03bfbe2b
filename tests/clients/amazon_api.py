"""What Bedrock's own API answers, as far as the clients here ask; its streams are Amazon's binary ones."""

import base64
import json
import struct
import zlib

from openai_api import PIECES, TEXT
from provider import Answer

USAGE = {"inputTokens": 3, "outputTokens": 3, "totalTokens": 8, "cacheReadInputTokens": 2, "cacheWriteInputTokens": 0}
CLAUDE = {"input_tokens": 3, "output_tokens": 3, "cache_read_input_tokens": 2, "cache_creation_input_tokens": 0}
EVENT_STREAM = "application/vnd.amazon.eventstream"


def message(kind, payload):
    """A message of the stream (smithy.io, "Amazon Event Stream Specification")."""
    fields = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
                       for name, value in fields.items())
    body = json.dumps(payload, separators=(",", ":")).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    told = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return told + struct.pack(">I", zlib.crc32(told))


def converse(request):
    content = {"message": {"role": "assistant", "content": [{"text": TEXT}]}}
    return Answer({"output": content, "stopReason": "end_turn", "usage": USAGE, "metrics": {"latencyMs": 1}})


def converse_stream(request):
    def told():
        yield message("messageStart", {"role": "assistant"})
        for piece in PIECES:
            yield message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}})
        yield message("messageStop", {"stopReason": "end_turn"})
        yield message("metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}})

    return Answer(told(), EVENT_STREAM)


def invoke(request):
    return Answer({"type": "message", "content": [{"type": "text", "text": TEXT}], "usage": CLAUDE})


def invoke_stream(request):
    def told():
        for piece in PIECES:
            delta = {"type": "content_block_delta", "delta": {"text": piece}}
            yield message("chunk", {"bytes": base64.b64encode(json.dumps(delta).encode()).decode()})
        usage = {"type": "message_delta", "usage": CLAUDE}
        yield message("chunk", {"bytes": base64.b64encode(json.dumps(usage).encode()).decode()})

    return Answer(told(), EVENT_STREAM)


MODEL = r"/model/us\.anthropic\.claude-sonnet-5-5-v1%3A0"
BEDROCK = [
    ("POST", MODEL + "/converse", converse),
    ("POST", MODEL + "/converse-stream", converse_stream),
    ("POST", MODEL + "/invoke", invoke),
    ("POST", MODEL + "/invoke-with-response-stream", invoke_stream),
]
