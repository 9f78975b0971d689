-- For wrk: a shop's mix of searches; see docs/performance.md.
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local words = { "奶粉", "手机壳", "帐篷", "milk", "phone case", "tent", "猫粮", "dress" }
local at = 0
request = function()
  at = at + 1
  local query = words[at % #words + 1] .. " " .. words[(at * 7) % #words + 1]
  local body = string.format(
    '{"placement":"search","context":{"query":"%s"},"slots":8,"consent":true,"pseudonym":"u%d"}',
    query, at % 1000)
  return wrk.format(nil, nil, nil, body)
end
