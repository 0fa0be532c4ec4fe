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
    find: "Procurar", "Search";
    find_by_name: "Procurar por nome", "Search by name";
    show_all: "Mostrar todos", "Show all";
    none_named: "Nenhum nome contém “{}”.", "No name contains “{}”.";
    hidden: "“(oculto)” fica no lugar de um nome que a hierarquia não mostra a você: ele não está no seu nível nem abaixo.",
        "“(oculto)” stands for a name that the hierarchy does not show you: it is neither on your nível nor below.";
    hidden_title: "Nome que a hierarquia não mostra a você", "A name that the hierarchy does not show you";
    more: "Página seguinte", "Next page";
    first: "Primeira página", "First page";
}
