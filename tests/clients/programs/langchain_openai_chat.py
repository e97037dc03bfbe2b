"""LangChain's ChatOpenAI, told of the gateway by OPENAI_API_BASE and OPENAI_API_KEY."""

import json

from langchain_openai import ChatOpenAI, OpenAIEmbeddings

chat = ChatOpenAI(model="gpt", max_retries=0, timeout=20)
answer = chat.invoke("Good morning")
pieces = [chunk.content for chunk in chat.stream("Good morning") if chunk.content]
embeddings = OpenAIEmbeddings(model="embed", check_embedding_ctx_length=False, max_retries=0)
print(json.dumps({
    "answer": answer.content, "tokens": answer.usage_metadata["total_tokens"], "pieces": pieces,
    "embedding": embeddings.embed_query("Good morning")}))
