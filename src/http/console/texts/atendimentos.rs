//! Atendimentos.

texts! {
    title: "Atendimentos", "Atendimentos";
    lead: "Cada um tem o seu protocolo. Abra um para ver o histórico e alterar o status.",
        "An atendimento is a ticket of the helpdesk, known by its protocolo. Open one to see its history and to change its status.";
    search: "Procurar", "Search";
    protocolo: "Protocolo", "Protocolo";
    protocolo_begins: "Protocolo começa com", "Beginning of the protocolo";
    status: "Status", "Status";
    any: "Qualquer", "Any";
    motivo_of_latest: "Motivo da última alteração", "Motivo of the last change";
    latest_by: "Última alteração por (login)", "Last change by (login)";
    from: "Alterado desde", "Changed since";
    to: "Alterado até", "Changed until";
    clear: "Limpar", "Clear";
    motivo: "Motivo", "Motivo";
    changed_at: "Última alteração", "Last change";
    none: "Nenhum atendimento nesta busca.", "No atendimento matches this search.";
    none_yet: "Ainda não há atendimentos.", "There are no atendimentos yet.";
    none_here: "Nenhum neste trecho; a busca continua na página seguinte.", "None in this stretch; the search goes on with the next page.";
    latest_only: "O motivo e o login são os da última alteração ou do último comentário: o que veio antes está no histórico de cada atendimento.",
        "The motivo and the login are those of the last change or comment: what came before is in each atendimento's history.";
    searched_to: "Esta página foi procurada até o protocolo {}. Abaixo dele pode haver mais: continue na página seguinte.",
        "For this page the search went down to the protocolo {}. There may be more below it: go on with the next page.";
    new: "Novo atendimento", "New atendimento";
    new_hint: "Em branco, o servidor numera: o dia e seis dígitos.", "If empty, the server numbers it: the day and six digits.";
    new_status_hint: "Cancelado e Improcedente exigem motivo: altere o status depois de criar.", "Cancelado and Improcedente need a motivo: change the status once it is created.";
    create: "Criar atendimento", "Create atendimento";
    created: "Atendimento {} criado.", "Atendimento {} created.";
    unusual: "O protocolo {} não se parece com os do Citrus, como 20221104000001, e não muda depois. Confira; nada foi criado ainda.",
        "The protocolo {} does not look like one of Citrus, such as 20221104000001, and cannot be changed later. Check it; nothing has been created yet.";
    create_unusual: "Criar mesmo assim", "Create it all the same";
    record: "Atendimento {}", "Atendimento {}";
    history: "Histórico", "History";
    history_hidden: "Seu perfil não permite ver o histórico.", "Your perfil does not let you see the history.";
    stays: "Continua {}", "Stays {}";
    registered: "Registrado como {}", "Registered as {}";
    registered_at: "Registro", "Registered";
    by_command: "por um comando no servidor", "by a command on the server";
    by_import: "Por importação", "By an import";
    by_nobody_known: "Não se sabe por quem: por importação, ou antes de haver auditoria", "Nobody knows by whom: by an import, or before there was an audit trail";
    older: "Alterações anteriores", "Earlier changes";
    latest: "Alterações mais recentes", "Latest changes";
    public: "Visível ao cliente", "Visible to the customer";
    internal: "Interno", "Internal";
    comment: "Comentário", "Comment";
    by: "por", "by";
    import: "importação", "import";
    change: "Alterar status", "Change the status";
    target: "Novo status", "New status";
    needs_motivo: "exige motivo", "needs a motivo";
    same: "Continua {}", "Stay {}";
    same_hint: "só para comentar", "only to comment";
    same_needs_motivo: "só para comentar; exige motivo", "only to comment; needs a motivo";
    choose: "Escolha…", "Choose…";
    no_motivos: "Não há motivo ativo. Na página Motivos, quem os administra ativa ou cria um.", "There is no active motivo. On the page Motivos, somebody who administers them activates or creates one.";
    to_motivos: "Abrir a página Motivos", "Open the page Motivos";
    comment_hint: "Até 20.000 caracteres; opcional quando o status muda.", "Up to 20,000 characters; optional where the status changes.";
    who_sees: "Quem vê o comentário", "Who sees the comment";
    check: "Conferir", "Check";
    check_title: "Confirmar a alteração?", "Confirm the change?";
    check_lead: "O servidor conferiu e aceita esta alteração. Nada foi gravado ainda.",
        "Checked by the server: the change would be accepted. Nothing has been recorded yet.";
    confirm: "Alterar agora", "Change now";
    correct: "Corrigir", "Correct";
    no_motivo: "nenhum", "none";
    no_comment: "nenhum", "none";
    commented: "Comentário registrado; o status continua {}.", "Comment recorded; the status is still {}.";
    changed: "Status alterado para {}.", "Status changed to {}.";
    changed_meanwhile: "Este atendimento foi alterado depois que você abriu a página: agora está “{}”. Nada foi feito; veja o histórico, confira o formulário e envie de novo.",
        "This atendimento was changed after you opened the page: it is “{}” now. Nothing was done; look at the history, check the form and send it again.";
}
