-- Stands in for every provider of the demo: answers in the shape of the endpoint, and says in the answer which host
-- was asked for which model, and with which credential.

local function credential(headers)
  for _, name in ipairs({ "authorization", "x-api-key", "api-key" }) do
    local value = headers:get(name)
    if value then
      -- Enough to tell whose key it is, not enough to use it.
      return name .. ": " .. value:sub(1, -7) .. "******"
    end
  end
  return "no credential"
end

local shapes = {
  ["/chat/completions$"] = [[{"id":"chatcmpl-demo","object":"chat.completion","created":0,"model":"%s","choices":[]]
    .. [[{"index":0,"message":{"role":"assistant","content":"%s"},"finish_reason":"stop"}],]]
    .. [["usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}]],
  ["/messages$"] = [[{"id":"msg_demo","type":"message","role":"assistant","model":"%s",]]
    .. [["content":[{"type":"text","text":"%s"}],"stop_reason":"end_turn","stop_sequence":null,]]
    .. [["usage":{"input_tokens":1,"output_tokens":1}}]],
  ["/embeddings$"] = [[{"object":"list","model":"%s","demo":"%s",]]
    .. [["data":[{"object":"embedding","index":0,"embedding":[0.25,0.5]}],]]
    .. [["usage":{"prompt_tokens":1,"total_tokens":1}}]],
}
local any_shape = [[{"model":"%s","demo":"%s"}]]

function envoy_on_request(request)
  local body = request:body()
  local text = body and body:getBytes(0, body:length()) or ""
  -- Only now: what was taken before the body was waited for cannot be used any more.
  local headers = request:headers()
  local path = headers:get(":path"):match("^[^?]*")
  -- Good enough for a demo: the last member of that name, taken as JSON wrote it.
  local model = text:match('.*"model"%s*:%s*"([^"]*)"') or ""

  local shape = any_shape
  for pattern, known in pairs(shapes) do
    if path:find(pattern) then
      shape = known
    end
  end
  local seen = headers:get(":authority") .. path .. " was asked for " .. model .. " with " .. credential(headers)
  request:respond(
    { [":status"] = "200", ["content-type"] = "application/json" },
    shape:format(model, seen)
  )
end
