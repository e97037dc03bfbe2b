"""Anthropic's Python library, told of the gateway by ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY."""

import json

import anthropic

ASKED = {"model": "claude-ours", "max_tokens": 9, "messages": [{"role": "user", "content": "Good morning"}]}

client = anthropic.Anthropic(max_retries=0, timeout=20)
answer = client.messages.create(**ASKED)
with client.messages.stream(**ASKED) as stream:
    pieces = list(stream.text_stream)
    tokens = stream.get_final_message().usage
del ASKED["max_tokens"]
counted = client.messages.count_tokens(**ASKED)
try:
    client.messages.create(**{**ASKED, "model": "of-nobody"}, max_tokens=9)
    refusal = None
except anthropic.NotFoundError as error:
    refusal = error.body["error"]["type"]
print(json.dumps({
    "answer": answer.content[0].text, "pieces": pieces, "tokens": [tokens.input_tokens, tokens.output_tokens],
    "counted": counted.input_tokens, "refusal": refusal}))
