"""LangChain's AzureChatOpenAI, told of the gateway by AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_KEY."""

import json

from langchain_openai import AzureChatOpenAI

chat = AzureChatOpenAI(azure_deployment="deployed", max_retries=0, timeout=20)
answer = chat.invoke("Good morning")
pieces = [chunk.content for chunk in chat.stream("Good morning") if chunk.content]
print(json.dumps({"answer": answer.content, "pieces": pieces}))
