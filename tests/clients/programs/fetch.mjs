// Node.js with nothing but its fetch: a completion, one that streams, and a refusal.

const [gateway, key] = process.argv.slice(2);

const ask = (model, more) => fetch(`${gateway}/v1/chat/completions`, {
  method: "POST",
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  body: JSON.stringify({ messages: [{ role: "user", content: "Good morning" }], model, ...more }),
});

const whole = await (await ask("gpt")).json();
let text = "";
for await (const bytes of (await ask("gpt", { stream: true })).body.pipeThrough(new TextDecoderStream())) text += bytes;
const events = text.split("\n\n").filter(Boolean).map((event) => event.replace("data: ", ""));
const pieces = events.filter((event) => event !== "[DONE]").map((event) => JSON.parse(event).choices[0].delta.content);
const refused = await ask("of-nobody");
console.log(JSON.stringify({
  answer: whole.choices[0].message.content,
  pieces: pieces.filter(Boolean),
  last: events.at(-1),
  refusal: [refused.status, (await refused.json()).error.code],
}));
