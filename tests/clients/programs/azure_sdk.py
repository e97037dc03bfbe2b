"""OpenAI's Python library for Azure, told of the gateway by AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_KEY."""

import json

import openai

MESSAGES = [{"role": "user", "content": "Good morning"}]

client = openai.AzureOpenAI(max_retries=0, timeout=20)
answer = client.chat.completions.create(model="deployed", messages=MESSAGES)
stream = client.chat.completions.create(model="deployed", messages=MESSAGES, stream=True)
pieces = [chunk.choices[0].delta.content for chunk in stream if chunk.choices and chunk.choices[0].delta.content]
print(json.dumps({"chat": answer.choices[0].message.content, "pieces": pieces}))
