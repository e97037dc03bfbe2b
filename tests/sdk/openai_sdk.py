"""OpenAI's Python client against the gateway named by OPENAI_BASE_URL and OPENAI_API_KEY."""

import os

import openai
import websockets

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


def transcription(client):
    sound = ("morning.mp3", bytes(range(256)) * 2_000, "audio/mpeg")
    answer = client.audio.transcriptions.create(model="groq/whisper", file=sound, language="en")
    assert answer.text == "Good morning.", answer


def realtime(client):
    with client.realtime.connect(model="groq/voice") as connection:
        connection.session.update(session={"type": "realtime", "instructions": "Be brief."})
        # The provider says back what it hears.
        event = connection.recv()
        assert event.type == "session.update", event


def realtime_of_an_unknown_model(client):
    try:
        with client.realtime.connect(model="of-nobody"):
            raise AssertionError("of-nobody was answered")
    except websockets.InvalidStatus as error:
        assert error.response.status_code == 404
        assert b'"model_not_found"' in error.response.body


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
    chat,
    streamed_chat,
    embedding,
    transcription,
    realtime,
    realtime_of_an_unknown_model,
    models,
    unknown_model,
    wrong_provider,
    wrong_key,
]

if __name__ == "__main__":
    client = openai.OpenAI(
        base_url=os.environ["OPENAI_BASE_URL"],
        websocket_base_url=os.environ["OPENAI_BASE_URL"].replace("http:", "ws:"),
        api_key=os.environ["OPENAI_API_KEY"],
        max_retries=0,
        timeout=20,
    )
    for conversation in CONVERSATIONS:
        conversation(client)
    print(f"ok: {len(CONVERSATIONS)} conversations")
