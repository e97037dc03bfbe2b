"""OpenAI's Python client for Azure against the gateway named by AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_KEY."""

import os

import openai

MESSAGES = [{"role": "user", "content": "Good morning"}]


def chat(client):
    answer = client.chat.completions.create(model="sonnet", messages=MESSAGES)
    assert answer.choices[0].message.content == "Good morning."
    assert answer.model == "us.anthropic.claude-sonnet-4-6", answer.model


def chat_with_a_deployment_of_azures_own(client):
    answer = client.chat.completions.create(model="deployed", messages=MESSAGES)
    assert answer.choices[0].message.content == "Good morning."


def streamed_chat(client):
    stream = client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True)
    pieces = [chunk.choices[0].delta.content or "" for chunk in stream]
    assert len(pieces) == 3 and "".join(pieces) == "Good morning.", pieces


def embedding(client):
    answer = client.embeddings.create(model="embed-3", input="Good morning", encoding_format="float")
    assert answer.data[0].embedding == [0.25, 0.5]
    assert answer.model == "text-embedding-3-small", answer.model


def transcription(client):
    sound = ("morning.mp3", bytes(range(256)) * 2_000, "audio/mpeg")
    answer = client.audio.transcriptions.create(model="gpt-4o", file=sound)
    assert answer.text == "Good morning.", answer


def unknown_model(client):
    error = refused(client, "of-nobody", openai.NotFoundError)
    assert (error.code, error.param) == ("model_not_found", "model"), error.body


def another_model_in_the_body(client):
    # The path's counts.
    named = client.chat.completions.create(model="gpt-4o", messages=MESSAGES).model
    for model in "gpt-4o-mini", "", None:
        answer = client.chat.completions.create(model="gpt-4o", messages=MESSAGES, extra_body={"model": model})
        assert answer.model == named, answer.model


def wrong_key(client):
    error = refused(client.with_options(api_key="vk-of-nobody"), "gpt-4o", openai.AuthenticationError)
    assert error.code == "invalid_api_key", error.body


def refused(client, model, expected, **options):
    try:
        client.chat.completions.create(model=model, messages=MESSAGES, **options)
    except expected as error:
        return error
    raise AssertionError(f"{model} was answered")


CONVERSATIONS = [
    chat,
    chat_with_a_deployment_of_azures_own,
    streamed_chat,
    embedding,
    transcription,
    unknown_model,
    another_model_in_the_body,
    wrong_key,
]

if __name__ == "__main__":
    client = openai.AzureOpenAI(api_version="2024-10-21", max_retries=0, timeout=20)
    assert client.api_key == os.environ["AZURE_OPENAI_API_KEY"]
    for conversation in CONVERSATIONS:
        conversation(client)
    print(f"ok: {len(CONVERSATIONS)} conversations")
