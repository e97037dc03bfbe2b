"""What Gemini's own API answers, as far as the clients here ask."""

import json

from openai_api import PIECES, TEXT
from provider import Answer

USAGE = {"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8, "cachedContentTokenCount": 2}


def said(text, usage=None):
    content = {"role": "model", "parts": [{"text": text}]}
    answer = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}], "modelVersion": "gemini-3-flash"}
    return {**answer, "usageMetadata": usage} if usage else answer


def generate(request):
    return Answer(said(TEXT, USAGE))


def stream(request):
    last = len(PIECES) - 1
    told = (said(piece, USAGE if index == last else None) for index, piece in enumerate(PIECES))
    return Answer((f"data: {json.dumps(one)}\r\n\r\n".encode() for one in told), "text/event-stream")


def count(request):
    return Answer({"totalTokens": 5})


def embed(request):
    # The real one refuses a request in which the models differ.
    assert all(one["model"] == "models/gemini-embedding-001" for one in request.json["requests"]), request.json
    return Answer({"embeddings": [{"values": [0.25, 0.5]} for _ in request.json["requests"]]})


MODEL = r"/v1beta/models/gemini-3-flash"
GEMINI = [
    ("POST", MODEL + ":generateContent", generate),
    ("POST", MODEL + r":streamGenerateContent\?alt=sse", stream),
    ("POST", MODEL + ":countTokens", count),
    ("POST", "/v1beta/models/gemini-embedding-001:batchEmbedContents", embed),
]
