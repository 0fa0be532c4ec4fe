//! The server.

texts! {
    title: "Servidor", "Server";
    lead: "Como está o servidor que serve esta página.", "The state of the server behind this page.";
    health: "Saúde", "Health";
    ready: "Pronto", "Ready";
    not_ready: "Não está pronto", "Not ready";
    leaving: "Prestes a parar", "About to stop";
    ready_hint: "O banco de dados está acessível, migrado e gravável.", "The database is reachable, migrated and writable.";
    not_ready_hint: "O banco de dados não está acessível, migrado ou gravável; o log do servidor diz o que falta.",
        "The database is not reachable, migrated or writable; the server's log says what is missing.";
    leaving_hint: "Ainda atende, e não aparece como pronto.", "It still serves, and does not appear as ready.";
    version: "Versão", "Version";
    database: "Banco de dados", "Database";
    host: "Host em uso", "Host in use";
    no_answer: "não responde", "does not answer";
    migrations: "Migrações", "Migrations";
    migrations_done: "aplicadas: {}; nenhuma pendente", "applied: {}; none pending";
    migrations_pending: "aplicadas: {}; pendentes: {}", "applied: {}; pending: {}";
    queue: "Alterações na fila", "Changes in the queue";
    queue_of: "{} de {}", "{} of {}";
    connections: "Conexões com o banco", "Connections to the database";
    connections_of: "{} – abertas: {}; livres: {}; no máximo: {}", "{} – open: {}; idle: {}; at most: {}";
    pool_changes: "alterações", "changes";
    pool_administration: "administração", "administration";
    pool_requests: "requisições", "requests";
    clock: "Relógio do servidor", "Clock of the server";
    sessions: "Sessões no console", "Console sessions";
    sessions_none: "Nenhuma sessão aberta.", "No session is open.";
    sessions_one: "1 sessão aberta", "1 session is open";
    sessions_many: "{} sessões abertas", "{} sessions are open";
    sessions_most: "Mostradas as {} usadas por último.", "The {} used last are shown.";
    login: "Login", "Login";
    since: "Entrou", "Signed in";
    seen: "Última página", "Last active";
    settings: "Configurações em vigor", "Settings in force";
    settings_hint: "Como “citrus-status config check” as mostra: segredos aparecem como ***.", "As “citrus-status config check” shows them: secrets appear as ***.";
    setting: "Configuração", "Setting";
    value: "Valor", "Value";
    origin: "De onde vem", "From";
    from_flag: "opção da linha de comando", "flag";
    from_environment: "ambiente", "environment";
    from_dotenv: "arquivo .env", ".env file";
    from_default: "padrão", "default";
    empty: "(vazio)", "(empty)";
}
