//! The pages of errors.

texts! {
    forbidden: "Sem permissão", "Not permitted";
    not_found: "Não encontrado", "Not found";
    conflict: "Isto não pode ser feito", "This cannot be done";
    unavailable: "Indisponível no momento", "Unavailable at the moment";
    failed: "O servidor falhou", "The server failed";
    not_understood: "Não foi possível atender", "The request could not be answered";
    typed_kept: "O que você digitou está guardado nesta página: espere um pouco e envie de novo.",
        "What you typed is kept on this page: wait a little and send it again.";
    typed_kept_refused: "Nada foi feito. O que você digitou está guardado nesta página: quando isto estiver resolvido, envie de novo.",
        "Nothing was done. What you typed is kept on this page: once that is settled, send it again.";
    senha_lost: "Será preciso digitar a senha de novo.", "The password has to be typed again.";
    send_again: "Enviar de novo", "Send again";
    home: "Ir para o início", "Go to the start";
}
