-- Status changes with a comment. PROTOCOLOS: how many atendimentos they are spread over.
local token = os.getenv("TOKEN")
local protocolos = tonumber(os.getenv("PROTOCOLOS"))
local first = 20221104000001
local statuses = { "Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado" }
local requests, at = {}, 0

-- Made beforehand, so that the generator costs little beside what it measures.
function init()
  math.randomseed(os.time())
  local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
  for i = 1, 20000 do
    local body = string.format(
      '{"protocolo": "%d", "status": "%s", "motivoStatus": "Duplicado", '
        .. '"comentario": "Cliente avisado por telefone, sem retorno.", "visivelCliente": "True"}',
      first + math.random(0, protocolos - 1), statuses[math.random(1, 5)])
    requests[i] = wrk.format("POST", "/api/atendimentos/status", headers, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
