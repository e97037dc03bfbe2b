"""Llama Stack's Python library, told of the gateway by LLAMA_STACK_CLIENT_BASE_URL and LLAMA_STACK_CLIENT_API_KEY."""

import json

import llama_stack_client

MESSAGES = [{"role": "user", "content": "Good morning"}]

client = llama_stack_client.LlamaStackClient(max_retries=0, timeout=20)
answer = client.chat.completions.create(model="gpt", messages=MESSAGES)
stream = client.chat.completions.create(model="gpt", messages=MESSAGES, stream=True)
pieces = [chunk.choices[0].delta.content for chunk in stream if chunk.choices and chunk.choices[0].delta.content]
embedding = client.embeddings.create(model="embed", input="Good morning")
print(json.dumps({
    "answer": answer.choices[0].message.content, "pieces": pieces, "embedding": embedding.data[0].embedding}))
