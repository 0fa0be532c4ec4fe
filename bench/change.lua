-- Status changes with a comment, of many users and with many motivos. PROTOCOLOS: how many atendimentos they are
-- spread over. TOKENS, MOTIVOS: separated by commas.
local protocolos = tonumber(os.getenv("PROTOCOLOS"))
local first = 20221104000001
local statuses = { "Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado" }
local heads, tails = {}, {}
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local function list(name)
  local items = {}
  for item in os.getenv(name):gmatch("[^,]+") do
    table.insert(items, item)
  end
  return items
end

-- All but the protocolo is made beforehand, so that the generator costs little beside what it measures.
function init()
  math.randomseed(os.time() + number)
  local tokens, motivos = list("TOKENS"), list("MOTIVOS")
  for i = 1, 1000 do
    local headers = { ["Authorization"] = "Bearer " .. tokens[i % #tokens + 1], ["Content-Type"] = "application/json" }
    local body = string.format(
      '{"protocolo": "%d", "status": "%s", "motivoStatus": "%s", '
        .. '"comentario": "Cliente avisado por telefone, sem retorno.", "visivelCliente": "True"}',
      first, statuses[math.random(#statuses)], motivos[math.random(#motivos)])
    heads[i], tails[i] = wrk.format("POST", "/api/atendimentos/status", headers, body):match("^(.*)" .. first .. "(.*)$")
  end
end

function request()
  local i = math.random(#heads)
  return heads[i] .. string.format("%d", first + math.random(0, protocolos - 1)) .. tails[i]
end
