-- POST /register for wrk, closed loop: SEED=s [CONTACTS=email|sms|both] wrk -t1 -c64 -d10s -s register.lua http://127.0.0.1:8080
-- The same requests as bench-register's (registrations.cc), with "<SEED>-<thread>" as the seed: one that was used
-- registers nobody new. After wrk's own report the last line is JSON.

local names = {
  "Anna Weber", "Boris Petrov", "Carla Rossi", "Dmitri Orlov", "Elena Smirnova", "Frank Schulz", "Greta Nilsen", "Hugo Martin"
}
local domains = 10
local phones = 1000000000

-- In wrk's own state: each thread gets its number before its init().
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local seed, contacts, head, first_phone
local n = 0

function init(args)
  if not os.getenv("SEED") then error("set SEED to something that was not used before") end
  seed = os.getenv("SEED") .. "-" .. number
  contacts = os.getenv("CONTACTS") or "both"
  head = "POST /register HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port ..
    "\r\nContent-Type: application/json\r\nContent-Length: "
  local hash = 0
  for i = 1, #seed do hash = (hash * 31 + seed:byte(i)) % phones end
  first_phone = hash * 1000003 % phones
end

function request()
  local body = "{"
  if contacts ~= "sms" then body = body .. string.format('"email":"%s.%d@d%d.example.org",', seed, n, n % domains) end
  if contacts ~= "email" then body = body .. string.format('"phone":"+4915%09d",', (first_phone + n) % phones) end
  body = body .. '"name":"' .. names[n % #names + 1] .. '"}'
  n = n + 1
  return head .. #body .. "\r\n\r\n" .. body
end

-- wrk counts a status of 400 or more itself; a response() that looked for others would cost it some of its rate.
function done(summary, latency, requests)
  local errors = summary.errors
  local seconds = summary.duration / 1e6
  io.write(string.format(
    '{"tool":"wrk","requests":%d,"seconds":%.3f,"rate":%.1f,' ..
    '"latency_us":{"p50":%d,"p90":%d,"p99":%d,"p999":%d,"max":%d,"mean":%.1f},' ..
    '"statuses_from_400":%d,"errors":{"connect":%d,"read":%d,"write":%d,"timeout":%d}}\n',
    summary.requests, seconds, summary.requests / seconds,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9), latency.max, latency.mean,
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
