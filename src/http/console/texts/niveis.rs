//! Níveis and what is released to them.

texts! {
    title: "Níveis", "Níveis";
    lead: "A hierarquia. Um administrador que está acima libera as permissões de cada nível, e só então os perfis dele podem tê-las.",
        "A nível is a level of the hierarchy. An administrator above releases permissions to each, and only then can its perfis hold them.";
    new: "Novo nível", "New nível";
    nome: "Nome", "Name";
    nome_hint: "De 1 a 255 caracteres. Não diferencia maiúsculas de minúsculas.", "1 to 255 characters. Upper and lower case count as the same.";
    superior: "Abaixo de", "Below";
    choose: "Escolha…", "Choose…";
    top: "Nenhum: no topo", "None: at the top";
    create: "Criar nível", "Create nível";
    created: "Nível “{}” criado. Nada foi liberado para ele ainda.", "Nível “{}” created. Nothing is released to it yet.";
    none: "Ainda não há níveis. Crie o primeiro em “Novo nível”.", "There are no níveis yet. Create the first one under “New nível”.";
    below: "abaixo de {}", "below {}";
    at_top: "no topo", "at the top";
    released: "Liberadas", "Released";
    perfis: "Perfis", "Perfis";
    action: "Ação", "Action";
    edit: "Liberações", "Releases";
    edit_title: "Permissões liberadas ao nível “{}”", "Permissions released to the nível “{}”";
    edit_lead: "O que está ligado pode ser concedido aos perfis deste nível. Cada nível é liberado separadamente, mesmo que o de cima não tenha a permissão.",
        "What is on can be granted to the perfis of this nível. Each nível is released separately, even where the one above lacks the permission.";
    own: "É o seu nível: ele recebe permissões de quem está acima.", "It is your own nível: it has its permissions from above.";
    confirm_title: "Alterar o que está liberado a “{}”?", "Change what is released to “{}”?";
    saved: "Liberações de “{}” alteradas. Os perfis dele recebem permissões na página Perfis.",
        "Releases of “{}” changed. Its perfis are given permissions on the page Perfis.";
    changed: "Alguém alterou este nível enquanto isso, e nada foi feito. Abaixo está como ele é agora, com as suas escolhas marcadas; confira e envie de novo.",
        "Somebody changed this nível meanwhile, and nothing was done. Below is how it is now, with your choices marked; check it and send it again.";
    of_perfis: "Perfis: {}", "Perfis: {}";
    keeping: "Continua liberada a: {}", "Still released to: {}";
}
