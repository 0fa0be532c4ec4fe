//! Signing in.

texts! {
    title: "Entrar", "Sign in";
    lead: "Console do servidor de atendimentos", "Console of the atendimentos server";
    login: "Login", "Login";
    senha: "Senha", "Password";
    submit: "Entrar", "Sign in";
    ended: "A sessão terminou. Entre de novo.", "Your session has ended. Sign in again.";
    done_before: "Isto já está feito: o mesmo formulário chegou duas vezes.", "This is done already: the same form came twice.";
    kept: "O que você digitou está guardado: quando a mesma pessoa entrar, volta ao formulário sem ser enviado.",
        "What you typed is kept: once the same person has signed in, it stands in the form again and is not sent.";
    no_usuario: "Este servidor ainda não tem usuários. O log dele mostra o comando que cria o primeiro administrador; depois, entre aqui.",
        "This server has no users yet. Its log has the command that makes the first administrator; then sign in here.";
    signed_out: "Você saiu.", "You have signed out.";
    no_cookie: "O navegador não devolveu o cookie desta página. Tente de novo; se continuar, abra o console por https ou por localhost e permita cookies.",
        "The browser did not send this page's cookie back. Try again; if that does not help, open the console by https or on localhost, and allow cookies.";
    other_session_title: "Página de uma sessão anterior", "Page of an earlier session";
    other_session: "Você entrou de novo, em outra aba, depois de abrir esta página. Nada foi feito ainda.",
        "You signed in again, in another tab, after you opened this page. Nothing was done yet.";
    other_session_kept: "O que você digitou está guardado aqui: envie de novo.",
        "What you typed is kept here: send it again.";
    foreign_title: "Formulário recusado", "Form refused";
    foreign: "O formulário não veio de uma página deste console, ou a página é de outra sessão. Nada foi feito. Abra a página de novo.",
        "The form did not come from a page of this console, or the page is of another session. Nothing was done. Open the page again.";
    no_form: "O que chegou não é um formulário deste console, e nada foi feito. Abra a página de novo.",
        "What came is no form of this console, and nothing was done. Open the page again.";
    hop: "Abrindo o console…", "Opening the console…";
    go_on: "Continuar", "Continue";
}
