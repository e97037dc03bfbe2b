"""Cohere's library, told of the gateway by CO_API_URL and CO_API_KEY."""

import json

import cohere

ranked = cohere.ClientV2().rerank(model="rank", query="Good morning", documents=["evening", "morning"])
print(json.dumps({"order": [one.index for one in ranked.results]}))
