//! The first page.

texts! {
    title: "Painel", "Overview";
    nothing: "Seu perfil ainda não tem permissão para nada neste console.",
        "Your perfil has no permission for anything in this console yet.";
    besides: "Seu perfil tem {}, mas no console isso exige também {}.",
        "Your perfil has {}, but in the console that takes {} too.";
    lacks: "Não aparece aqui: {}. Falta ao seu perfil {}.", "Not shown: {}. Your perfil lacks {}.";
    root_only: "Não aparece aqui: {}. É só para administradores raiz.", "Not shown: {}. They are for root administrators alone.";
    waiting: "Contando os atendimentos… A página se atualiza em instantes.", "Counting the atendimentos… The page refreshes itself in a moment.";
    failed: "Não foi possível contar agora: o banco de dados não respondeu a tempo. Tente de novo daqui a pouco.",
        "Counting did not work just now: the database did not answer in time. Try again in a little while.";
    age_now: "Situação atual", "Counted just now";
    age_seconds: "Situação de {} segundos atrás", "As of {} seconds ago";
    age_minute: "Situação de 1 minuto atrás", "As of 1 minute ago";
    age_minutes: "Situação de {} minutos atrás", "As of {} minutes ago";
    renew: "Atualizar", "Refresh";
    by_status: "Atendimentos por status", "Atendimentos by status";
    total_none: "Nenhum atendimento", "No atendimento";
    total_one: "1 atendimento", "1 atendimento";
    total_many: "{} atendimentos", "{} atendimentos";
    by_status_empty: "Ainda não há atendimentos. Eles aparecem aqui quando são criados ou importados.",
        "There are no atendimentos yet. They appear here once they are created or imported.";
    by_hour: "Alterações por hora", "Changes by hour";
    changes_none: "Nenhuma alteração nas últimas 24 horas", "No change in the last 24 hours";
    changes_one: "1 alteração nas últimas 24 horas", "1 change in the last 24 hours";
    changes_many: "{} alterações nas últimas 24 horas", "{} changes in the last 24 hours";
    by_hour_empty: "Cada alteração de status, feita aqui ou pela API, é contada na hora em que ocorreu.",
        "Each change of status, made here or by the API, counts in its hour.";
    by_usuario: "Alterações por usuário", "Changes by user";
    by_usuario_lead: "Nas últimas 24 horas", "In the last 24 hours";
    import: "(importação)", "(import)";
    others: "(outros)", "(others)";
    by_usuario_empty: "Ninguém alterou um status ainda. Quem alterar aparece aqui.", "Nobody has changed a status yet. Whoever does appears here.";
    latest_empty: "Nenhuma alteração ainda. A primeira aparece aqui quando alguém mudar o status de um atendimento.",
        "No change yet. The first one appears here once somebody changes the status of an atendimento.";
    logins_empty: "Nenhum login foi recusado. Senhas erradas e logins que não existem contam aqui.",
        "No login was refused. Wrong passwords and logins that do not exist count here.";
    table: "Os mesmos números em tabela", "The same numbers as a table";
    status: "Status", "Status";
    hour: "Hora", "Hour";
    usuario: "Usuário", "User";
    number: "Quantos", "How many";
    why: "Por quê", "Why";
    logins: "Logins recusados", "Refused logins";
    logins_lead: "Desde que o servidor foi iniciado", "Since the server started";
    wrong_senha: "Senha errada", "Wrong password";
    unknown_login: "Login errado", "Wrong login";
    deactivated: "Inativo", "Inactive";
    throttled: "Em espera", "Made to wait";
    latest: "Últimos atendimentos alterados", "Latest atendimentos changed";
    protocolo: "Protocolo", "Protocolo";
    change: "Alteração", "Change";
    when: "Quando", "When";
    who: "Quem", "Who";
}
