//! The audit trail.

texts! {
    title: "Auditoria", "Audit trail";
    lead: "O que administradores alteraram, da entrada mais nova à mais antiga.", "What administrators changed, the newest first.";
    changes: "Quem mudou o status de um atendimento está no Histórico dele.", "The history of each atendimento says who changed its status.";
    to_atendimentos: "Procurar o atendimento", "Search for the atendimento";
    filter: "Filtrar", "Filter";
    usuario: "Usuário", "User";
    usuario_hint: "Login de quem fez a alteração ou foi alterado; também o usuário do sistema que executou um comando.",
        "Login of who made the change or whom it is about; also the user of the operating system who ran a command.";
    unknown_usuario: "Este usuário não está entre os que você vê. Confira o login.", "This user is not one that you see. Check the login.";
    acao: "Ação", "Action";
    any: "Todas", "All";
    all_of: "{}: todas", "{}: all";
    desde: "Desde o dia", "From the day";
    ate: "Até o dia", "To the day";
    apply: "Filtrar", "Filter";
    clear: "Limpar o filtro", "Clear the filter";
    none_here: "Nenhuma entrada neste trecho; a busca continua em “Entradas mais antigas”.", "No entry in this stretch; the search goes on with “Older entries”.";
    searched_to: "Esta página foi procurada até {}. Antes disso pode haver mais: continue em “Entradas mais antigas”.",
        "For this page the search went back to {}. There may be more before that: go on with “Older entries”.";
    export: "Exportar CSV", "Export CSV";
    export_hint: "Com este filtro; as 50.000 entradas mais novas, no máximo. Se houver mais, a última linha avisa.",
        "With this filter; the newest 50,000 entries at most. If there are more, the last line says so.";
    cut_off: "Só as {} entradas mais novas. Há outras, até {}: exporte também até este dia.",
        "Only the newest {} entries. There are more, up to {}: export up to that day, too.";
    csv_id: "id", "id";
    csv_when: "quando (Brasília)", "when (Brasília)";
    csv_by: "por onde", "by";
    csv_who: "quem", "who";
    csv_place: "de onde", "from where";
    csv_action: "o quê", "what";
    csv_object: "objeto", "object";
    csv_changed: "o que mudou", "what changed";
    csv_from: "antes", "before";
    csv_to: "depois", "after";
    csv_before: "antes (JSON)", "before (JSON)";
    csv_after: "depois (JSON)", "after (JSON)";
    csv_code: "código", "code";
    csv_by_command: "comando", "command";
    csv_by_console: "console", "console";
    csv_by_api: "API", "API";
    csv_cut_off: "Exportação cortada", "Export cut off";
    when: "Quando", "When";
    who: "Quem", "Who";
    what: "O quê", "What";
    object: "Objeto", "Object";
    change: "Antes e depois", "Before and after";
    by_command: "por comando, em {}", "by command, on {}";
    by_console: "no console, de {}", "in the console, from {}";
    by_http: "por API, de {}", "by API, from {}";
    none: "Nenhuma entrada com este filtro.", "No entry passes this filter.";
    older: "Entradas mais antigas", "Older entries";
    newest: "Entradas mais novas", "Newest entries";
    was: "antes:", "before:";
    is: "depois:", "after:";
    added: "adicionada:", "added:";
    removed: "removida:", "taken away:";
    yes: "sim", "yes";
    no: "não", "no";
    nothing: "nada", "nothing";
    m_permissoes: "Permissões", "Permissions";
    m_ativo: "Ativo", "Active";
    m_perfil: "Perfil", "Perfil";
    m_nivel: "Nível", "Nível";
    m_superior: "Nível acima", "Nível above";
    m_root: "Raiz", "Root";
    m_status: "Status", "Status";
}
