"""OpenAI's Python library where what it asks for has no model in it: what was stored, by its id."""

import json

import openai

client = openai.OpenAI(max_retries=0, timeout=20)
started = client.responses.create(model="gpt", input="Good morning", background=True)
response = started
while response.status in ("queued", "in_progress"):
    response = client.responses.retrieve(started.id)
conversation = client.conversations.create(metadata={"topic": "greetings"})
answer = client.responses.create(model="gpt", input="Good morning", conversation=conversation.id)
items = client.conversations.items.list(conversation.id)
print(json.dumps({
    "started": started.status, "response": [response.status, response.output_text], "conversation": conversation.id,
    "answer": answer.output_text, "items": [item.id for item in items]}))
