//! Motivos.

texts! {
    title: "Motivos", "Motivos";
    lead: "O motivo diz por que um atendimento foi cancelado, dado por improcedente ou reaberto depois de finalizado: nessas alterações é preciso escolher um dos ativos. Um motivo nunca é apagado; o que não se usa mais é desativado.",
        "A motivo says why an atendimento was cancelled, ruled unfounded, or reopened after it was finished: those changes need one of the active ones. No motivo is ever deleted; one that is no longer of use is deactivated.";
    new: "Novo motivo", "New motivo";
    nome: "Nome", "Name";
    nome_hint: "De 1 a 255 caracteres. Não diferencia maiúsculas de minúsculas.", "1 to 255 characters. Upper and lower case count as the same.";
    create: "Criar motivo", "Create motivo";
    created: "Motivo “{}” criado.", "Motivo “{}” created.";
    none: "Ainda não há motivos. Crie o primeiro em “Novo motivo”.", "There are no motivos yet. Create the first one under “New motivo”.";
    status: "Situação", "State";
    action: "Ação", "Action";
    activate: "Ativar", "Activate";
    deactivate: "Desativar", "Deactivate";
    activate_title: "Ativar o motivo “{}”?", "Activate the motivo “{}”?";
    deactivate_title: "Desativar o motivo “{}”?", "Deactivate the motivo “{}”?";
    activate_follows: "Poderá ser escolhido de novo em alterações de status.", "It can be chosen again in status changes.";
    deactivate_follows: "Não poderá mais ser escolhido, e alterações que o enviarem serão recusadas. O que foi registrado com ele fica.",
        "It can no longer be chosen, and changes that name it are refused. What was recorded with it stays.";
    activated: "Motivo “{}” ativado.", "Motivo “{}” activated.";
    deactivated: "Motivo “{}” desativado.", "Motivo “{}” deactivated.";
}
