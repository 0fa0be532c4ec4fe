//! Users.

texts! {
    title: "Usuários", "Users";
    lead: "Quem entra no console e quem chama a API. O perfil decide o que cada um pode.",
        "Who signs in to the console, and who calls the API. The perfil decides what each may do.";
    new: "Novo usuário", "New user";
    login: "Login", "Login";
    login_hint: "De 1 a 255 caracteres. Não diferencia maiúsculas de minúsculas.", "1 to 255 characters. Upper and lower case count as the same.";
    perfil: "Perfil", "Perfil";
    perfil_hint: "Só os perfis cujas permissões você pode conceder.", "Only perfis whose permissions you can grant.";
    choose: "Escolha…", "Choose…";
    senha: "Senha", "Password";
    senha_hint: "De 8 a 1.024 caracteres.", "8 to 1,024 characters.";
    senha_repeat: "Repita a senha", "Repeat the password";
    create: "Criar usuário", "Create user";
    created: "Usuário “{}” criado; já pode entrar.", "User “{}” created; they can sign in now.";
    no_perfil: "Não há perfil que você possa atribuir. Crie um perfil antes.", "There is no perfil that you can assign. Create a perfil first.";
    search: "Procurar por login", "Search by login";
    none: "Ainda não há usuários.", "There are no users yet.";
    none_here: "Nenhum neste trecho; a procura continua na página seguinte.", "None in this stretch; the search goes on with the next page.";
    goes_on: "Procurou-se só num trecho; a procura continua na página seguinte.", "Only a stretch was searched; the search goes on with the next page.";
    none_found: "Nenhum login contém “{}”.", "No login contains “{}”.";
    status: "Situação", "State";
    action: "Ação", "Action";
    manage: "Administrar", "Manage";
    you: "você", "you";
    nivel: "Nível", "Nível";
    root: "raiz", "root";
    anonymised: "Este usuário foi anonimizado e fica como está.", "This user was anonymised and stays as it is.";

    set_senha: "Trocar a senha", "Set a new password";
    set_senha_title: "Trocar a senha de “{}”?", "Set a new password for “{}”?";
    set_senha_follows: "A senha atual deixa de valer, os tokens e as sessões de {} deixam de valer em um segundo, e o bloqueio por tentativas é zerado.",
        "The present password no longer counts, the tokens and sessions of {} end within a second, and failed logins are forgotten.";
    senha_set: "Senha de “{}” trocada.", "New password set for “{}”.";
    senha_new: "Senha nova", "New password";
    senha_again: "Repita a senha nova", "Repeat the new password";

    move_to: "Mudar de perfil", "Move to another perfil";
    move_title: "Mudar “{}” de perfil", "Move “{}” to another perfil";
    move_now: "Perfil atual: {}", "Current perfil: {}";
    review: "Conferir", "Check";
    move_confirm_title: "Mudar “{}” de “{}” para “{}”?", "Move “{}” from “{}” to “{}”?";
    move_follows: "Passa a valer em até um segundo; os tokens e as sessões continuam, com as permissões do outro perfil.",
        "It counts within a second; tokens and sessions go on, with the permissions of the other perfil.";
    move_to_root: "É um perfil raiz: está acima de todos os níveis, e o que tem vale sem liberação.",
        "That is a root perfil: it is above all níveis, and what it holds counts without a release.";
    moves: "Mudar de perfil", "Move";
    moved: "“{}” agora é do perfil “{}”.", "“{}” now has the perfil “{}”.";
    gains: "Ganha", "Gains";
    loses: "Perde", "Loses";
    keeps_all: "As permissões são as mesmas nos dois perfis.", "Both perfis have the same permissions.";

    deactivate: "Desativar", "Deactivate";
    deactivate_title: "Desativar “{}”?", "Deactivate “{}”?";
    deactivate_follows: "{} não entra mais, e os tokens e as sessões deixam de valer em um segundo. O histórico fica.",
        "{} can no longer sign in, and the tokens and sessions end within a second. The history stays.";
    deactivated: "“{}” desativado.", "“{}” deactivated.";
    activate: "Ativar", "Activate";
    activate_title: "Ativar “{}”?", "Activate “{}”?";
    activate_follows: "{} entra de novo com a senha que tinha. Tokens anteriores não voltam a valer, e o bloqueio por tentativas é zerado.",
        "{} can sign in again with the password of before. Tokens of before do not come back, and failed logins are forgotten.";
    activated: "“{}” ativado.", "“{}” activated.";

    revoke: "Revogar tokens e sessões", "Revoke tokens and sessions";
    revoke_title: "Revogar os tokens e as sessões de “{}”?", "Revoke the tokens and sessions of “{}”?";
    revoke_follows: "Os tokens e as sessões de {} deixam de valer em um segundo. {} pode entrar de novo com a mesma senha.",
        "The tokens and sessions of {} end within a second. {} can sign in again with the same password.";
    revoked: "Tokens e sessões de “{}” revogados.", "Tokens and sessions of “{}” revoked.";

    oneself: "É você: a sua sessão termina junto, e é preciso entrar de novo.", "That is you: your session ends too, and you have to sign in again.";
    oneself_deactivate: "É você: a sua sessão termina, e só outro administrador pode reativar você.",
        "That is you: your session ends, and only another administrator can activate you again.";
    deactivated_oneself: "Você desativou o seu próprio usuário. Só outro administrador pode reativá-lo.",
        "You deactivated your own user. Only another administrator can activate it again.";
    changed: "Alguém alterou este usuário enquanto isso, e nada foi feito. Abaixo está como ele é agora; confira e confirme de novo.",
        "Somebody changed this user meanwhile, and nothing was done. Below is how it is now; check it and confirm again.";
}
