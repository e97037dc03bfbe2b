"""Amazon's library for Bedrock, told of the gateway by AWS_ENDPOINT_URL_BEDROCK_RUNTIME and AWS_BEARER_TOKEN_BEDROCK."""

import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

client = boto3.client("bedrock-runtime", config=Config(retries={"total_max_attempts": 1}))
ASKED = {"modelId": "sonnet-at-amazon", "messages": [{"role": "user", "content": [{"text": "Good morning"}]}]}
CLAUDE = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "Good morning"}]})

answer = client.converse(**ASKED)
stream = [event for event in client.converse_stream(**ASKED)["stream"]]
invoked = json.loads(client.invoke_model(modelId="sonnet-at-amazon:bedrock", body=CLAUDE)["body"].read())
chunks = client.invoke_model_with_response_stream(modelId="bedrock/us.anthropic.claude-sonnet-5-5-v1:0", body=CLAUDE)["body"]
deltas = [json.loads(event["chunk"]["bytes"]) for event in chunks]
try:
    client.converse(**{**ASKED, "modelId": "nope"})
    refusal = None
except ClientError as error:
    refusal = error.response["Error"]
print(json.dumps({
    "answer": answer["output"]["message"]["content"][0]["text"], "tokens": answer["usage"]["totalTokens"],
    "pieces": [event["contentBlockDelta"]["delta"]["text"] for event in stream if "contentBlockDelta" in event],
    "invoked": invoked["content"][0]["text"], "deltas": [delta["delta"]["text"] for delta in deltas if "delta" in delta],
    "refusal": refusal}))
