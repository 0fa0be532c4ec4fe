//! The first page.

texts! {
    title: "Painel", "Overview";
    nothing: "Seu perfil ainda não tem permissão para nada neste console. Peça a um administrador.",
        "Your perfil has no permission for anything in this console yet. Ask an administrator.";
    waiting: "Contando os atendimentos… A página se atualiza em instantes.", "Counting the atendimentos… The page renews itself in a moment.";
    failed: "Não foi possível contar agora: o banco de dados não respondeu a tempo. Tente de novo daqui a pouco.",
        "Counting did not work just now: the database did not answer in time. Try again in a little while.";
    age: "Situação de {} s atrás", "As of {} s ago";
    renew: "Atualizar", "Renew";
    by_status: "Atendimentos por status", "Atendimentos by status";
    by_status_lead: "{} atendimentos", "{} atendimentos";
    by_hour: "Alterações por hora", "Changes by hour";
    by_hour_lead: "{} nas últimas 24 horas", "{} in the last 24 hours";
    by_usuario: "Alterações por usuário", "Changes by user";
    by_usuario_lead: "Nas últimas 24 horas", "In the last 24 hours";
    import: "(importação)", "(import)";
    others: "(outros)", "(others)";
    none: "Nenhuma ainda.", "None yet.";
    table: "Os mesmos números em tabela", "The same numbers as a table";
    status: "Status", "Status";
    hour: "Hora", "Hour";
    usuario: "Usuário", "User";
    number: "Quantos", "How many";
    why: "Por quê", "Why";
    logins: "Logins recusados", "Refused logins";
    logins_lead: "Desde que este servidor começou", "Since this server began";
    wrong_senha: "Senha errada", "Wrong senha";
    unknown_login: "Desconhecido", "Unknown";
    deactivated: "Inativo", "Deactivated";
    throttled: "Contido", "Throttled";
    latest: "Últimas alterações", "Latest changes";
    protocolo: "Protocolo", "Protocolo";
    change: "Alteração", "Change";
    when: "Quando", "When";
    who: "Quem", "Who";
}
