-- The router's job as far as Lua in Envoy goes. There is no SHA-256 and no JSON parser: keys stand here in the clear, and
-- the first `"model"` that is followed by a string is taken for the model, wherever in the body it stands.

local credentials = { ["Bearer VIRTUAL_KEY"] = "Bearer CREDENTIAL" }
local models = { ["ASKED"] = { name = "SENT", cluster = "upstream" } }

-- Where the model's name begins and ends. A plain search, and a pattern only where it hit: a pattern alone would be tried
-- at every byte.
local function find_model(body)
  local from = 1
  while true do
    local _, name_end = body:find('"model"', from, true)
    if not name_end then return nil end
    local first, last = body:match('^%s*:%s*"()[^"\\]*()"', name_end + 1)
    if first then return first, last - 1 end
    from = name_end + 1
  end
end

function envoy_on_request(handle)
  local credential = credentials[handle:headers():get("authorization")]
  if not credential then return handle:respond({ [":status"] = "401" }, "unknown key") end

  local buffer = handle:body()
  if not buffer then return handle:respond({ [":status"] = "400" }, "no body") end
  local body = buffer:getBytes(0, buffer:length())
  local first, last = find_model(body)
  local model = first and models[body:sub(first, last)]
  if not model then return handle:respond({ [":status"] = "404" }, "unknown model") end

  local length = buffer:setBytes(body:sub(1, first - 1) .. model.name .. body:sub(last + 1))
  local headers = handle:headers()
  headers:replace("content-length", length)
  headers:replace("authorization", credential)
  headers:replace("x-llm-cluster", model.cluster)
  handle:clearRouteCache()
end
