-- Status changes with a comment. PROTOCOLOS: how many atendimentos they are spread over.
local token = os.getenv("TOKEN")
local protocolos = tonumber(os.getenv("PROTOCOLOS"))
local first = 20221104000001
local statuses = { "Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado" }
local heads, tails = {}, {}

-- All but the protocolo is made beforehand, so that the generator costs little beside what it measures.
function init()
  math.randomseed(os.time())
  local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
  for i, status in ipairs(statuses) do
    local body = string.format(
      '{"protocolo": "%d", "status": "%s", "motivoStatus": "Duplicado", '
        .. '"comentario": "Cliente avisado por telefone, sem retorno.", "visivelCliente": "True"}', first, status)
    heads[i], tails[i] = wrk.format("POST", "/api/atendimentos/status", headers, body):match("^(.*)" .. first .. "(.*)$")
  end
end

function request()
  local i = math.random(1, 5)
  return heads[i] .. string.format("%d", first + math.random(0, protocolos - 1)) .. tails[i]
end
