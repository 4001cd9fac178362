-- What wrk sends: of a hundred requests 70 make a job that runs at once, 15 one that runs in ten minutes, 15 ask for a page of the
-- list. With LISTS set: pages of long lists only. Prints one line of JSON at its end.
local key, target, lists = os.getenv("API_KEY"), os.getenv("TARGET"), os.getenv("LISTS")
local headers = { ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json" }
local counter = 0

local function job(delay)
   return wrk.format("POST", "/api/jobs", headers, '{"config":{"url":"' .. target .. '"},"schedule":{"delay":"' .. delay .. '"}}')
end

local now, later, page, pages

function init()
   math.randomseed(os.time())
   now, later, page = job("0s"), job("10m"), wrk.format("GET", "/api/jobs?limit=20", headers)
   if lists then
      pages = {}
      for path in lists:gmatch("%S+") do pages[#pages + 1] = wrk.format("GET", path, headers) end
   end
end

function request()
   if pages then return pages[math.random(#pages)] end
   local draw = math.random(100)
   if draw <= 70 then return now elseif draw <= 85 then return later else return page end
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      'RESULT {"requests":%d,"seconds":%.3f,"p50_ms":%.2f,"p95_ms":%.2f,"p99_ms":%.2f,"max_ms":%.2f,"bad":%d,"broken":%d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
      latency:percentile(99) / 1e3, latency.max / 1e3, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
