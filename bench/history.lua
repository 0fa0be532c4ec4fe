-- Reads of the history of one atendimento after the other. PROTOCOLOS: over how many they are spread. TOKENS: separated
-- by commas; the first one is used.
local protocolos = tonumber(os.getenv("PROTOCOLOS"))
local first = 20221104000001
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init()
  math.randomseed(os.time() + number)
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKENS"):match("[^,]+")
end

function request()
  return wrk.format("GET", string.format("/api/atendimentos/%d/historico", first + math.random(0, protocolos - 1)))
end
