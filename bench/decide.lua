-- For wrk: the bodies of a file, one a line, from a given line on; see bench/serving.py.
--   wrk -t1 -c8 -d5 -s bench/decide.lua URL -- bodies.jsonl FIRST MEAN_DELAY_MS
-- Without a file: a shop's mix of searches. With a delay, each connection waits that long on
-- average after an answer, by chance (exponential), as people do.
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local words = { "奶粉", "手机壳", "帐篷", "milk", "phone case", "tent", "猫粮", "dress" }
local bodies, at, mean = {}, 0, 0

function init(args)
  if args[1] then
    for line in io.lines(args[1]) do bodies[#bodies + 1] = line end
  end
  at = tonumber(args[2] or 0)
  mean = tonumber(args[3] or 0)
  math.randomseed(at + 1)
  if mean > 0 then
    delay = function() return -math.log(1 - math.random()) * mean end
  end
end

function request()
  at = at + 1
  if #bodies > 0 then
    return wrk.format(nil, nil, nil, bodies[(at - 1) % #bodies + 1])
  end
  local query = words[at % #words + 1] .. " " .. words[(at * 7) % #words + 1]
  local body = string.format(
    '{"placement":"search","context":{"query":"%s"},"slots":8,"consent":true,"pseudonym":"u%d"}',
    query, at % 1000)
  return wrk.format(nil, nil, nil, body)
end

function done(summary, latency, requests)
  local failed = 0
  for _, count in pairs(summary.errors) do failed = failed + count end
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"failed":%d,"p50_ms":%f,"p99_ms":%f,"max_ms":%f}\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3))
end
