//! The pages of errors.

texts! {
    forbidden: "Sem permissão", "Not permitted";
    not_found: "Não encontrado", "Not found";
    conflict: "Isto não pode ser feito", "This cannot be done";
    unavailable: "Indisponível no momento", "Unavailable at the moment";
    failed: "O servidor falhou", "The server failed";
    not_understood: "Não foi possível atender", "The request could not be answered";
    home: "Ir para o início", "Go to the start";
}
