//! Atendimentos.

texts! {
    title: "Atendimentos", "Atendimentos";
    search: "Procurar", "Search";
    protocolo: "Protocolo", "Protocolo";
    protocolo_hint: "O começo basta.", "Its beginning will do.";
    status: "Status", "Status";
    any: "Qualquer", "Any";
    from: "Alterado desde", "Changed since";
    to: "Alterado até", "Changed until";
    clear: "Limpar", "Clear";
    motivo: "Motivo", "Motivo";
    changed_at: "Última alteração", "Last change";
    none: "Nenhum atendimento nesta busca.", "No atendimento matches this search.";
    none_yet: "Ainda não há atendimentos.", "There are no atendimentos yet.";
    none_here: "Nenhum neste trecho; a busca continua na página seguinte.", "None in this stretch; the search goes on with the next page.";
    new: "Novo atendimento", "New atendimento";
    new_hint: "Em branco, o servidor numera: o dia e seis dígitos.", "If empty, the server numbers it: the day and six digits.";
    create: "Criar atendimento", "Create atendimento";
    created: "Atendimento {} criado.", "Atendimento {} created.";
    unusual: " O protocolo não se parece com os do Citrus, como 20221104000001.",
        " The protocolo does not look like one of Citrus, such as 20221104000001.";
    record: "Atendimento {}", "Atendimento {}";
    history: "Histórico", "History";
    history_hidden: "Seu perfil não permite ver o histórico.", "Your perfil does not let you see the history.";
    history_empty: "Nenhuma alteração ainda.", "No change yet.";
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
    current: "atual", "present";
    choose: "Escolha…", "Choose…";
    no_motivos: "Não há motivos ativos: um administrador precisa criar o primeiro.", "There are no active motivos: an administrator has to create the first one.";
    comment_hint: "Opcional, até 20.000 caracteres.", "Optional, up to 20,000 characters.";
    who_sees: "Quem vê o comentário", "Who sees the comment";
    check: "Conferir", "Check";
    check_title: "Confirmar a alteração?", "Confirm the change?";
    check_lead: "Conferido pelo servidor: a alteração seria aceita. Nada foi gravado ainda.",
        "Checked by the server: the change would be accepted. Nothing has been recorded yet.";
    confirm: "Alterar agora", "Change now";
    correct: "Corrigir", "Correct";
    no_motivo: "nenhum", "none";
    no_comment: "nenhum", "none";
    changed: "Status alterado para {}.", "Status changed to {}.";
    changed_meanwhile: "Este atendimento foi alterado depois que você abriu a página: agora está “{}”. Nada foi feito; veja o histórico, confira o formulário e envie de novo.",
        "This atendimento was changed after you opened the page: it is “{}” now. Nothing was done; look at the history, check the form and send it again.";
}
