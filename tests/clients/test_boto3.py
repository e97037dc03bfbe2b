"""Amazon's Python library for Bedrock."""

from client import Client
from openai_api import PIECES, TEXT


class Boto3(Client):
    name = "boto3"
    title = "boto3, Bedrock"
    # It sends the key over TLS alone.
    settings = {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "{https}", "AWS_BEARER_TOKEN_BEDROCK": "{key}", "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_CA_BUNDLE": "{certificate}"}
    told_by = ("`AWS_ENDPOINT_URL_BEDROCK_RUNTIME={gateway}`, with TLS, `AWS_BEARER_TOKEN_BEDROCK={key}`, "
               "`AWS_DEFAULT_REGION=us-east-1`, whatever the region is")

    def test_answers_and_streams(self):
        told = self.run_program("boto3_sdk.py")
        refusal = {"Code": "ResourceNotFoundException",
                   "Message": "The model `nope` does not exist or you do not have access to it."}
        self.assertEqual(told, {
            "answer": TEXT, "tokens": 8, "pieces": PIECES, "invoked": TEXT, "deltas": PIECES, "refusal": refusal})
        model = "/model/us.anthropic.claude-sonnet-5-5-v1%3A0/"
        self.received("bedrock", *(("POST", model + endpoint, None) for endpoint in (
            "converse", "converse-stream", "invoke", "invoke-with-response-stream")))
        self.assertEqual(self.counted(), [(5, 3, 2)] * 4)
