//! What is on every page.

texts! {
    skip: "Pular para o conteúdo", "Skip to the content";
    menu: "Menu", "Menu";
    signed_in_as: "Conectado como {}", "Signed in as {}";
    sign_out: "Sair", "Sign out";
    other_language: "English", "Português";
    times: "Horários no fuso de Brasília (UTC−3)", "All times are in Brasília time (UTC−3)";
    active: "ativo", "active";
    inactive: "inativo", "inactive";
    back: "Voltar", "Back";
    checked_again: "A sessão tinha terminado e nada foi feito. O que você digitou está aqui: confira e envie de novo.",
        "Your session had ended, and nothing was done. What you typed is here: check it and send it again.";
    follows_changed: "O que se segue mudou enquanto isso, e nada foi feito. Leia de novo e confirme.",
        "What follows has changed meanwhile, and nothing was done. Read it again and confirm.";
    not_done: "Não foi feito", "Not done";
    more: "Página seguinte", "Next page";
    first: "Primeira página", "First page";
}
