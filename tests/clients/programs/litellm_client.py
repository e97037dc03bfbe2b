"""LiteLLM as a client, told of the gateway by LITELLM_PROXY_API_BASE and LITELLM_PROXY_API_KEY."""

import json

import litellm

MESSAGES = [{"role": "user", "content": "Good morning"}]
ASKED = {"model": "litellm_proxy/gpt", "messages": MESSAGES, "num_retries": 0, "timeout": 20}

answer = litellm.completion(**ASKED)
pieces = [chunk.choices[0].delta.content for chunk in litellm.completion(**ASKED, stream=True)]
embedding = litellm.embedding(model="litellm_proxy/embed", input=["Good morning"])
print(json.dumps({
    "answer": answer.choices[0].message.content, "pieces": [piece for piece in pieces if piece],
    "embedding": embedding.data[0]["embedding"]}))
