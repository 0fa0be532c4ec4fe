//! What is wrong, as a colleague at that form would say it. A long one says the most and what there is.

texts! {
    login: "Escreva o login.", "Type the login.";
    login_long: "Escreva o login com até {} caracteres; há {}.", "Type a login of at most {} characters; there are {}.";
    login_hidden: "O login tem caracteres que não aparecem, como os que unem vários emojis em um. Apague-os, ou escreva-o de novo.",
        "The login has characters that nobody sees, such as those that join emoji into one. Delete them, or type it again.";
    login_reserved: "Logins que começam com “{}” são de usuários anonimizados, e “{}” fica no lugar de um nome oculto. Escolha outro.",
        "Logins that begin with “{}” are those of anonymised users, and “{}” stands for a hidden name. Choose another one.";
    login_exists: "Este login já existe. Escolha outro.", "This login is taken. Choose another one.";
    login_unknown: "Não há usuário ativo com este login.", "There is no active user of this login.";
    senha: "Escreva a senha.", "Type the password.";
    senha_now: "Escreva a senha atual.", "Type the present password.";
    senha_short: "Escreva uma senha de pelo menos {} caracteres; {}.", "Type a password of at least {} characters; {}.";
    senha_blank: "A senha só tem espaços. Escreva outra.", "The password has only blanks. Type another one.";
    there_is: "há um", "there is 1";
    there_are: "há {}", "there are {}";
    senha_long: "Escreva uma senha de até {} caracteres, dos quais os acentuados contam em dobro; há {}.",
        "Type a password of at most {} characters, of which those with accents count twice; there are {}.";
    senha_hidden: "A senha tem um caractere que não se pode usar. Escreva outra.",
        "The password has a character that cannot be used. Type another one.";
    senha_differs: "As duas senhas não são iguais. Escreva-as de novo.", "The two passwords are not the same. Type both again.";
    senha_same: "Esta já é a sua senha. Escolha outra.", "This is your present password. Choose another one.";
    senha_wrong: "A senha não confere.", "The password is wrong.";
    perfil: "Escolha um perfil.", "Choose a perfil.";
    perfil_unknown: "Este perfil não está entre os que você pode atribuir. Escolha outro.",
        "This perfil is not one that you can assign. Choose another one.";
    perfil_beyond: "Este perfil tem permissões que você não pode conceder. Escolha outro.",
        "This perfil has permissions that you cannot grant. Choose another one.";
    perfil_same: "Este é o perfil de agora. Escolha outro.", "That is the present perfil. Choose another one.";
    perfil_exists: "Já existe um perfil com este nome. Escolha outro nome.", "There is a perfil of this name. Choose another name.";
    nome: "Escreva o nome.", "Type the name.";
    nome_long: "Escreva o nome com até {} caracteres; há {}.", "Type a name of at most {} characters; there are {}.";
    nome_reserved: "“{}” fica no lugar de um nome oculto. Escolha outro.", "“{}” stands for a hidden name. Choose another one.";
    nome_hidden: "O nome tem caracteres que não aparecem, como os que unem vários emojis em um. Apague-os, ou escreva-o de novo.",
        "The name has characters that nobody sees, such as those that join emoji into one. Delete them, or type it again.";
    nivel: "Escolha um nível.", "Choose a nível.";
    nivel_unknown: "Este nível não está entre os que você administra. Escolha outro.",
        "This nível is not one that you administer. Choose another one.";
    nivel_root: "Só um administrador raiz cria perfis raiz. Escolha um nível.", "Only a root administrator creates root perfis. Choose a nível.";
    nivel_exists: "Já existe um nível com este nome. Escolha outro nome.", "There is a nível of this name. Choose another name.";
    superior: "Escolha abaixo de qual nível ele fica.", "Choose the nível that it is below.";
    superior_root: "Só um administrador raiz cria níveis no topo. Escolha um nível.", "Only a root administrator creates níveis at the top. Choose a nível.";
    superior_deep: "Abaixo deste não cabe mais um nível. Escolha outro, mais perto do topo.",
        "There is no room for a nível below this one. Choose one nearer to the top.";
    protocolo: "Escreva o protocolo.", "Type the protocolo.";
    protocolo_long: "Escreva o protocolo com até {} caracteres; há {}.", "Type a protocolo of at most {} characters; there are {}.";
    protocolo_hidden: "O protocolo tem caracteres que não aparecem, como os que unem vários emojis em um. Apague-os, ou escreva-o de novo.",
        "The protocolo has characters that nobody sees, such as those that join emoji into one. Delete them, or type it again.";
    protocolo_exists: "Este protocolo já é de outro atendimento.", "This protocolo is that of another atendimento.";
    day_is_full: "Os números de hoje acabaram. Escreva um protocolo.", "Today's numbers are used up. Type a protocolo.";
    status: "Escolha um status.", "Choose a status.";
    status_same: "O atendimento já está neste status. Escolha outro.", "The atendimento has this status already. Choose another one.";
    motivo: "Escolha um motivo: esta alteração exige um.", "Choose a motivo: this change needs one.";
    motivo_long: "Este motivo não existe: um motivo tem até {} caracteres, e há {}.", "There is no such motivo: one has at most {} characters, and there are {}.";
    motivo_unknown: "Este motivo não existe mais ou está inativo. Escolha outro.", "This motivo is gone or inactive. Choose another one.";
    motivo_unneeded: "Esta alteração não leva motivo.", "This change takes no motivo.";
    motivo_exists: "Já existe um motivo com este nome; talvez esteja inativo. Escolha outro nome ou ative-o.",
        "There is a motivo of this name; it may be inactive. Choose another name, or activate it.";
    comentario: "Escreva o comentário: o status continua o mesmo, e só o comentário é registrado.",
        "Type the comment: the status stays the same, and only the comment is recorded.";
    comentario_long: "Escreva o comentário com até {} caracteres; há {}.", "Type a comment of at most {} characters; there are {}.";
    comentario_hidden: "O comentário tem um caractere que não se pode guardar. Escreva-o de novo, sem colar.",
        "The comment has a character that cannot be kept. Type it again instead of pasting it.";
    day: "Data inválida. Escolha um dia do calendário.", "That is no day of the calendar. Choose one.";
    days_turned: "O fim vem antes do começo. Troque um dos dois.", "The end is before the beginning. Change one of the two.";
    unfit: "Isto não serve aqui. Escolha da lista.", "That will not do here. Choose from the list.";

    many: "{} campos precisam de correção:", "{} fields need to be corrected:";
    one: "Um campo precisa de correção:", "One field needs to be corrected:";
    retype: "Digite a senha de novo: por segurança, ela não fica guardada na página.", "Type the password again: it never comes back to the page.";

    no_page: "Não há página neste endereço.", "There is no page at this address.";
    no_nivel: "Não há este nível, ou ele não está abaixo do seu.", "There is no such nível, or it is not below yours.";
    no_perfil: "Não há este perfil, ou ele não está no seu nível nem abaixo.", "There is no such perfil, or it is not on your nível or below.";
    no_motivo: "Não há este motivo.", "There is no such motivo.";
    no_usuario: "Não há este usuário, ou ele não está no seu nível nem abaixo.", "There is no such user, or not on your nível or below.";
    no_permissao: "Não há esta permissão.", "There is no such permission.";
    no_atendimento: "Não há atendimento com este protocolo. Confira o número ou procure na lista.",
        "There is no atendimento with this protocolo. Check the number, or search the list.";
    not_understood: "O navegador enviou algo que este servidor não entende. Volte, abra a página de novo e repita.",
        "The browser sent something that this server does not understand. Go back, open the page again and repeat it.";
    revoked: "Sua sessão foi encerrada enquanto isto esperava, e nada foi feito. Entre de novo.",
        "Your session was ended while this was waiting, and nothing was done. Sign in again.";
    body_cut: "O formulário não chegou inteiro, e nada foi feito. Volte e envie de novo.",
        "The form did not arrive whole, and nothing was done. Go back and send it again.";
    body_large: "O formulário é grande demais, e nada foi feito. Volte e encurte os textos.",
        "The form is too large, and nothing was done. Go back and shorten the texts.";
    address: "O endereço está incompleto ou tem um valor que não serve. Comece pelo menu.",
        "The address is incomplete, or has a value that will not do. Begin with the menu.";
    throttled_for: "Muitas tentativas sem sucesso. Espere {} e tente de novo.", "There were too many failures. Wait {} and try again.";
    one_second: "um segundo", "a second";
    seconds: "{} segundos", "{} seconds";
    minutes: "{} minutos", "{} minutes";
    throttled: "Muitas tentativas sem sucesso. Espere um pouco e tente de novo.", "There were too many failures. Wait a while and try again.";
    not_allowed: "Seu perfil não tem a permissão que isto exige.",
        "Your perfil lacks the permission that this takes.";
    lacks: "Falta ao seu perfil a permissão {}.",
        "Your perfil lacks the permission {}.";
    lacks_release: "Seu perfil tem a permissão {}, mas ela não está liberada ao seu nível.",
        "Your perfil holds the permission {}, but it is not released to your nível.";
    lacks_both: "A permissão {} não está liberada ao seu nível nem concedida ao seu perfil.",
        "The permission {} is neither released to your nível nor granted to your perfil.";
    ask: "Peça a quem administra níveis e perfis: uma permissão é liberada ao nível e depois concedida ao perfil. Em seguida, abra a página de novo.",
        "Ask somebody who administers níveis and perfis: a permission is released to the nível, and then granted to the perfil. Then open the page again.";
    lacks_root: "Esta página é só de administradores raiz: de um perfil raiz que administra perfis e usuários.",
        "This page is for root administrators alone: of a root perfil that administers perfis and users.";
    not_released: "Primeiro a permissão precisa ser liberada ao nível do perfil.", "The permission has to be released to the nível of the perfil first.";
    root_only: "O topo da hierarquia e os perfis raiz são dos administradores raiz.",
        "The top of the hierarchy and root perfis are for root administrators.";
    own_nivel: "O seu nível recebe permissões de quem está acima.", "Your nível has its permissions from above.";
    beyond: "Há aí uma permissão que você não pode conceder. Peça a quem a tem.",
        "That has a permission that you cannot grant. Ask somebody who has it.";
    oneself: "Ninguém amplia as próprias permissões. Outro administrador pode fazê-lo.",
        "Nobody gives themselves permissions. Another administrator can do it.";
    last_root: "Este é o último administrador raiz. Antes, outro usuário ativo precisa ter um perfil raiz que administre perfis e usuários.",
        "This is the last root administrator. First another active user needs a root perfil that administers perfis and users.";
    anonymised: "Este usuário foi anonimizado e fica como está.", "This user was anonymised and stays as it is.";
    changed: "Isto foi alterado depois que você abriu a página, e nada foi feito.", "This was changed after you opened the page, and nothing was done.";
    key_reused: "Este formulário já foi enviado antes, com outros valores; desta vez nada foi feito. Confira e envie de novo.",
        "This form was sent before, with other values; this time nothing was done. Check it and send it again.";
    in_progress: "O mesmo pedido ainda está em andamento. Espere um pouco e veja como ficou.",
        "The same request is still being done. Wait a little, and look how it is.";
    failed: "O servidor falhou. Veja como ficou antes de tentar de novo; quem opera o servidor encontra os detalhes no log.",
        "The server failed. Look how it is before you try again; whoever runs the server finds the details in its log.";
    unavailable: "O servidor não conseguiu responder agora. Tente de novo daqui a pouco.",
        "The server could not answer just now. Try again in a little while.";
}
