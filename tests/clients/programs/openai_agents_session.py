"""OpenAI's Agents SDK with a session that the API keeps, as a conversation."""

import asyncio
import json

from agents import Agent, OpenAIConversationsSession, Runner


async def converse():
    agent = Agent(name="Host", instructions="Greet.", model="gpt")
    session = OpenAIConversationsSession()
    answers = [(await Runner.run(agent, text, session=session)).final_output for text in ("Greet me", "Once more")]
    return {"answers": answers, "items": len(await session.get_items())}


print(json.dumps(asyncio.run(converse())))
