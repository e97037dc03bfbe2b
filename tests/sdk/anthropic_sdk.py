"""Anthropic's Python client against the gateway named by ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY."""

import anthropic

MESSAGES = [{"role": "user", "content": "Good morning"}]
MODEL = "claude-sonnet-4.6:anthropic"


def message(client):
    answer = client.messages.create(model=MODEL, max_tokens=9, messages=MESSAGES)
    assert answer.content[0].text == "Good morning."
    assert answer.model == "claude-sonnet-4-6", answer.model
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (2, 3)


def streamed_message(client):
    with client.messages.stream(model=MODEL, max_tokens=9, messages=MESSAGES) as stream:
        pieces = list(stream.text_stream)
        whole = stream.get_final_message()
    assert pieces == ["Good ", "morning."], pieces
    assert (whole.model, whole.usage.output_tokens) == ("claude-sonnet-4-6", 3), whole


def counted_tokens(client):
    answer = client.messages.count_tokens(model=MODEL, messages=MESSAGES)
    assert answer.input_tokens == 3, answer


def bearer_token(client):
    bearer = anthropic.Anthropic(auth_token=client.api_key, api_key=None, max_retries=0, timeout=20)
    message(bearer)


def unknown_model(client):
    error = refused(client, "of-nobody", anthropic.NotFoundError)
    assert error.body["error"]["type"] == "not_found_error", error.body
    assert error.body["request_id"], error.body
    assert "`of-nobody`" in error.body["error"]["message"], error.body


def wrong_key(client):
    error = refused(client.with_options(api_key="vk-of-nobody"), MODEL, anthropic.AuthenticationError)
    assert error.body["error"]["type"] == "authentication_error", error.body


def refused_upstream(client):
    """The client does not try again: the answer tells it that a retry cannot mend this."""
    headers = {"x-answer": '{"status": 401, "headers": [], "body": ""}'}
    error = refused(client.with_options(max_retries=2), MODEL, anthropic.InternalServerError, headers)
    assert error.status_code == 502 and error.body["error"]["type"] == "api_error", error.body
    assert error.request.headers["x-stainless-retry-count"] == "0"


def refused(client, model, expected, headers=None):
    try:
        client.messages.create(model=model, max_tokens=9, messages=MESSAGES, extra_headers=headers)
    except expected as error:
        return error
    raise AssertionError(f"{model} was answered")


CONVERSATIONS = [
    message,
    streamed_message,
    counted_tokens,
    bearer_token,
    unknown_model,
    wrong_key,
    refused_upstream,
]

if __name__ == "__main__":
    client = anthropic.Anthropic(max_retries=0, timeout=20)
    for conversation in CONVERSATIONS:
        conversation(client)
    print(f"ok: {len(CONVERSATIONS)} conversations")
