"""OpenAI's Python library, told of the gateway by OPENAI_BASE_URL and OPENAI_API_KEY."""

import json

import openai

MESSAGES = [{"role": "user", "content": "Good morning"}]

client = openai.OpenAI(max_retries=0, timeout=20)
answer = client.chat.completions.create(model="gpt", messages=MESSAGES)
stream = client.chat.completions.create(
    model="gpt", messages=MESSAGES, stream=True, stream_options={"include_usage": True})
chunks = list(stream)
embedding = client.embeddings.create(model="embed", input="Good morning", encoding_format="float")
response = client.responses.create(model="gpt", input="Good morning")
with client.responses.stream(model="gpt", input="Good morning") as events:
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    streamed = events.get_final_response()
try:
    client.chat.completions.create(model="of-nobody", messages=MESSAGES)
    refusal = None
except openai.NotFoundError as error:
    refusal = error.code
print(json.dumps({
    "chat": answer.choices[0].message.content,
    "pieces": [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content],
    "tokens": chunks[-1].usage.total_tokens,
    "embedding": embedding.data[0].embedding,
    "response": response.output_text,
    "deltas": deltas,
    "streamed": streamed.output_text,
    "refusal": refusal,
    "models": [model.id for model in client.models.list()],
}))
