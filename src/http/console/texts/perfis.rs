//! Perfis and their switches.

texts! {
    title: "Perfis", "Perfis";
    lead: "Um perfil reúne permissões e pertence a um nível. Cada usuário tem um.",
        "A perfil is a role: it holds permissions and belongs to a nível. Each user has one.";
    new: "Novo perfil", "New perfil";
    nome: "Nome", "Name";
    nome_hint: "De 1 a 255 caracteres. Não diferencia maiúsculas de minúsculas.", "1 to 255 characters. Upper and lower case count as the same.";
    nivel: "Nível", "Nível";
    nivel_hint: "Só valem as permissões liberadas ao nível.", "Only permissions that are released to the nível count.";
    choose: "Escolha…", "Choose…";
    root: "raiz", "root";
    root_choice: "Raiz (não depende de liberações)", "Root (needs no releases)";
    create: "Criar perfil", "Create perfil";
    created: "Perfil “{}” criado. Escolha as permissões.", "Perfil “{}” created. Choose its permissions.";
    none: "Ainda não há perfis. Crie o primeiro em “Novo perfil”.", "There are no perfis yet. Create the first one under “New perfil”.";
    permissoes: "Permissões", "Permissions";
    usuarios: "Usuários ativos", "Active users";
    action: "Ação", "Action";
    edit: "Permissões", "Permissions";
    edit_title: "Permissões do perfil “{}”", "Permissions of the perfil “{}”";
    on_nivel: "Nível: {}", "Nível: {}";
    on_root: "Perfil raiz: não depende de liberações.", "Root perfil: it needs no releases.";
    users_none: "Nenhum usuário ativo tem este perfil.", "No active user has this perfil.";
    users_one: "1 usuário ativo tem este perfil.", "1 active user has this perfil.";
    users_many: "{} usuários ativos têm este perfil.", "{} active users have this perfil.";
    own: "É o seu perfil: você pode tirar permissões dele, e só outro administrador acrescenta.",
        "It is your own perfil: you can take permissions from it, and only another administrator adds some.";
    confirm_title: "Alterar as permissões de “{}”?", "Change the permissions of “{}”?";
    saved: "Permissões de “{}” alteradas.", "Permissions of “{}” changed.";
    changed: "Alguém alterou este perfil enquanto isso, e nada foi feito. Abaixo está como ele é agora, com as suas escolhas marcadas; confira e envie de novo.",
        "Somebody changed this perfil meanwhile, and nothing was done. Below is how it is now, with your choices marked; check it and send it again.";
}
