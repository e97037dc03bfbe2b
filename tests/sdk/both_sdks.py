"""OpenAI's and Anthropic's Python clients against one gateway, with one key and one model."""

import anthropic
import openai

MESSAGES = [{"role": "user", "content": "Good morning"}]
MODEL = "both/claude-sonnet-4-6"
# The name by which each kind of client's provider knows it.
AT_ANTHROPIC, AT_BEDROCK = "claude-sonnet-4-6", "us.anthropic.claude-sonnet-4-6"


def chat(openais, _):
    answer = openais.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert (answer.model, answer.choices[0].message.content) == (AT_ANTHROPIC, "Good morning."), answer


def streamed_chat(openais, _):
    chunks = list(openais.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True))
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces) == "Good morning.", chunks


def message(_, anthropics):
    answer = anthropics.messages.create(model=MODEL, max_tokens=9, messages=MESSAGES)
    assert (answer.model, answer.content[0].text) == (AT_BEDROCK, "Good morning."), answer


def streamed_message(_, anthropics):
    with anthropics.messages.stream(model=MODEL, max_tokens=9, messages=MESSAGES) as stream:
        pieces = list(stream.text_stream)
        whole = stream.get_final_message()
    assert (whole.model, pieces) == (AT_BEDROCK, ["Good ", "morning."]), whole


def counted_tokens(_, anthropics):
    answer = anthropics.messages.count_tokens(model=MODEL, messages=MESSAGES)
    assert answer.input_tokens == 3, answer


def not_served(openais, _):
    try:
        openais.embeddings.create(model=MODEL, input="Good morning")
    except openai.BadRequestError as error:
        assert error.code == "endpoint_not_supported", error.body
        served = "It is served at: chat/completions, converse, converse-stream, invoke, invoke-with-response-stream, messages, messages/count_tokens."
        assert error.body["message"].endswith(served), error.body
        return
    raise AssertionError("it was answered")


CONVERSATIONS = [chat, streamed_chat, message, streamed_message, counted_tokens, not_served]

if __name__ == "__main__":
    clients = openai.OpenAI(max_retries=0, timeout=20), anthropic.Anthropic(max_retries=0, timeout=20)
    for conversation in CONVERSATIONS:
        conversation(*clients)
    print(f"ok: {len(CONVERSATIONS)} conversations")
