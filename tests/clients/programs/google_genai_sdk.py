"""Google's library for Gemini, told of the gateway by GOOGLE_GEMINI_BASE_URL and GEMINI_API_KEY."""

import json

from google import genai
from google.genai import errors

client = genai.Client()
answer = client.models.generate_content(model="flash", contents="Good morning")
pieces = [chunk.text for chunk in client.models.generate_content_stream(model="flash", contents="Good morning")]
counted = client.models.count_tokens(model="flash", contents="Good morning")
embedded = client.models.embed_content(model="gemini-embed", contents="Good morning")
try:
    client.models.generate_content(model="nope", contents="Good morning")
    refusal = None
except errors.ClientError as error:
    refusal = [error.code, error.status, error.message]
print(json.dumps({
    "answer": answer.text, "tokens": answer.usage_metadata.total_token_count, "pieces": pieces, "counted": counted.total_tokens,
    "embeddings": [one.values for one in embedded.embeddings], "refusal": refusal}))
