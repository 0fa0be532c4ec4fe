//! One's own senha.

texts! {
    title: "Minha senha", "My password";
    follows: "A senha atual deixa de valer, e os seus tokens e as suas outras sessões terminam em um segundo. Neste navegador você continua conectado.",
        "Your present password no longer counts, and your tokens and your other sessions end within a second. In this browser you stay signed in.";
    present: "Senha atual", "Present password";
    set: "Trocar a senha", "Set the new password";
    done: "Sua senha foi trocada. Os seus tokens e as suas outras sessões terminaram; aqui você continua conectado.",
        "Your password was set. Your tokens and your other sessions have ended; here you are still signed in.";
    done_sign_in: "Sua senha foi trocada. Entre com a senha nova.", "Your password was set. Sign in with the new one.";
}
