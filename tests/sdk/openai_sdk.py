"""OpenAI's Python client against the gateway named by OPENAI_BASE_URL and OPENAI_API_KEY."""

import os

import openai

MESSAGES = [{"role": "user", "content": "Good morning"}]


def chat(client):
    answer = client.chat.completions.create(model="sonnet", messages=MESSAGES)
    assert answer.choices[0].message.content == "Good morning."
    assert answer.model == "us.anthropic.claude-sonnet-4-6", answer.model


def streamed_chat(client):
    stream = client.chat.completions.create(
        model="groq/llama-9", messages=MESSAGES, stream=True
    )
    pieces = [chunk.choices[0].delta.content or "" for chunk in stream]
    assert len(pieces) == 3 and "".join(pieces) == "Good morning.", pieces


def embedding(client):
    answer = client.embeddings.create(model="embed-3", input="Good morning", encoding_format="float")
    assert answer.data[0].embedding == [0.25, 0.5]
    assert answer.model == "text-embedding-3-small", answer.model


def models(client):
    ids = [model.id for model in client.models.list()]
    assert ids == sorted(ids) and "gpt-4o" in ids, ids
    assert client.models.retrieve("zai/glm-5").id == "zai/glm-5"


def unknown_model(client):
    error = refused(client, "of-nobody", openai.NotFoundError)
    assert (error.code, error.param) == ("model_not_found", "model"), error.body
    assert error.type == "invalid_request_error"


def wrong_provider(client):
    error = refused(client, "gpt-4o:groq", openai.BadRequestError)
    assert error.code == "provider_not_found_for_model", error.body


def wrong_key(client):
    error = refused(client.with_options(api_key="vk-of-nobody"), "gpt-4o", openai.AuthenticationError)
    assert error.code == "invalid_api_key", error.body


def refused(client, model, expected):
    try:
        client.chat.completions.create(model=model, messages=MESSAGES)
    except expected as error:
        return error
    raise AssertionError(f"{model} was answered")


CONVERSATIONS = [
    chat, streamed_chat, embedding, models, unknown_model, wrong_provider, wrong_key,
]

if __name__ == "__main__":
    client = openai.OpenAI(
        base_url=os.environ["OPENAI_BASE_URL"],
        api_key=os.environ["OPENAI_API_KEY"],
        max_retries=0,
        timeout=20,
    )
    for conversation in CONVERSATIONS:
        conversation(client)
    print(f"ok: {len(CONVERSATIONS)} conversations")
