"""OpenAI's Python library with videos, of a provider that is not the first of the team's `resources`."""

import json

import openai

client = openai.OpenAI(max_retries=0, timeout=20, default_headers={"x-llm-provider": "studio"})
video = client.videos.create_and_poll(model="film", prompt="A morning", poll_interval_ms=10)
content = client.videos.download_content(video.id).read()
print(json.dumps({"video": video.status, "content": content.decode()}))
