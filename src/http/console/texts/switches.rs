//! Permissions as switches, of perfis and of níveis.

texts! {
    review: "Conferir", "Check";
    confirm: "Confirmar", "Confirm";
    adjust: "Corrigir", "Correct";
    nothing: "Nada mudou: as permissões já estavam assim.", "Nothing changed: the permissions were already set that way.";
    follows: "Passa a valer em até um segundo, inclusive para quem já está conectado.", "It counts within a second, also for those who are signed in.";
    turned_on: "ligar", "on";
    turned_off: "desligar", "off";
    not_released: "não liberada ao nível {}", "not released to the nível {}";
    not_counting: "não vale: não liberada ao nível {}", "does not count: not released to the nível {}";
    where_released: "Ver as liberações de {}", "See what is released to {}";
    own_perfil: "é o seu próprio perfil", "it is your own perfil";
    own_nivel: "vem de quem está acima", "comes from above";
    beyond: "você não pode conceder esta permissão", "you cannot grant this permission";
    many_not_released: "{} permissões em cinza não estão liberadas ao nível {}, e por isso não podem ser ligadas.",
        "The {} greyed permissions are not released to the nível {}, so they cannot be turned on.";
    many_beyond: "{} permissões em cinza estão além das que você pode conceder.", "You cannot grant the {} greyed permissions.";
    besides: "No console, exige também {}.", "In the console it needs {} too.";
    unseen: "Sem {}, cria atendimentos mas não vê a lista deles.",
        "Without {}, one creates atendimentos but does not see the list of them.";
    chosen_on: "sua escolha; agora está desligada", "your choice; it is off now";
    chosen_off: "sua escolha; agora está ligada", "your choice; it is on now";
    lose_none: "nenhum usuário a perde", "no user loses it";
    lose_one: "1 usuário perde a permissão", "1 user loses the permission";
    lose_many: "{} usuários perdem a permissão", "{} users lose the permission";
    lose_oneself: "Você mesmo perde esta permissão: é o seu perfil.", "You lose it yourself: it is your own perfil.";
    gain_none: "nenhum usuário recebe esta permissão por enquanto", "no user gains it yet";
    gain_one: "1 usuário ganha a permissão", "1 user gains the permission";
    gain_many: "{} usuários ganham a permissão", "{} users gain the permission";
}
