-- wrk's script for Kannel's sendsms, for one thread: each request is another SMS, until enough were taken.
-- Arguments: the first part of the path (with user and password), the number of the first SMS, how many are to be taken.
local path, number, wanted
local taken = 0

function init(args)
  path, number, wanted = args[1], tonumber(args[2]), tonumber(args[3])
end

function request()
  local text = string.format("Hello+Anna,+your+code+is+%d.", number)
  local target = string.format("%s&to=%%2B491512%07d&text=%s", path, number % 10000000, text)
  number = number + 1
  return wrk.format("GET", target)
end

-- Kannel answers 202 to an SMS that it takes.
function response(status)
  if status == 202 then taken = taken + 1 end
  if taken == wanted then
    print("enough")
    io.flush()
    wrk.thread:stop()
  end
end

-- wrk counts what is above 399 as a wrong status.
function done(summary)
  local errors = summary.errors
  io.write(string.format("taken %d refused %d broken %d\n", summary.requests - errors.status, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
