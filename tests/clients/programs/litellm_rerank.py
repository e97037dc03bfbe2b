"""LiteLLM's rerank as a client, told of the gateway as Cohere's library is."""

import json
import os

import litellm

ranked = litellm.rerank(
    model="cohere/rank", query="Good morning", documents=["evening", "morning"],
    api_base=os.environ["LITELLM_PROXY_API_BASE"].removesuffix("/v1") + "/v2/rerank", api_key=os.environ["LITELLM_PROXY_API_KEY"])
print(json.dumps({"order": [one["index"] for one in ranked.results]}))
