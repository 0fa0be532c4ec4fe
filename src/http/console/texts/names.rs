//! What permissions and actions of the audit trail are called.

use crate::domain::access::Permissao;
use crate::domain::audit::Action;
use crate::http::answer::problem::Language;

/// The title of a permission. Citrus's own speaks of the API, and the console obeys most of them just as well.
pub fn permissao(permissao: Permissao, language: Language) -> &'static str {
    language.choose(match permissao {
        Permissao::AlterarStatus => ["Alterar status de atendimento", "Change the status of atendimentos"],
        Permissao::ConsultarStatus => {
            ["Consultar status de atendimento (só na API)", "Read the status of atendimentos (API only)"]
        }
        Permissao::ConsultarHistorico => ["Consultar histórico de atendimento", "Read the history of atendimentos"],
        Permissao::ConsultarTransicoes => {
            ["Consultar transições de atendimento (só na API)", "Read the transitions of atendimentos (API only)"]
        }
        Permissao::ConsultarMotivos => ["Consultar motivos (só na API)", "Read motivos (API only)"],
        Permissao::CriarAtendimento => ["Criar atendimento", "Create atendimentos"],
        Permissao::ConsultarAtendimentos => ["Consultar atendimentos", "Read atendimentos"],
        Permissao::AdministrarNiveis => ["Administrar níveis", "Administer níveis"],
        Permissao::AdministrarPermissoes => ["Liberar permissões a níveis", "Release permissions to níveis"],
        Permissao::AdministrarPerfis => ["Administrar perfis", "Administer perfis"],
        Permissao::AdministrarUsuarios => ["Administrar usuários", "Administer users"],
        Permissao::AdministrarMotivos => ["Administrar motivos", "Administer motivos"],
        Permissao::ConsultarAuditoria => ["Consultar auditoria", "Read the audit trail"],
    })
}

/// The same with the name by which it is granted.
pub fn named(which: Permissao, language: Language) -> String {
    format!("“{}” ({which})", permissao(which, language))
}

/// What was done, in words.
pub fn action(action: Action, language: Language) -> &'static str {
    language.choose(match action {
        Action::CreateNivel => ["Nível criado", "Nível created"],
        Action::MoveNivel => ["Nível movido", "Nível moved"],
        Action::DeleteNivel => ["Nível removido", "Nível removed"],
        Action::Release => ["Permissão liberada", "Permission released"],
        Action::Withdraw => ["Permissão retirada", "Permission withdrawn"],
        Action::CreatePerfil => ["Perfil criado", "Perfil created"],
        Action::MovePerfil => ["Perfil movido", "Perfil moved"],
        Action::DeletePerfil => ["Perfil removido", "Perfil removed"],
        Action::Grant => ["Permissão concedida", "Permission granted"],
        Action::Revoke => ["Permissão revogada", "Permission revoked"],
        Action::CreateUsuario => ["Usuário criado", "User created"],
        Action::SetSenha => ["Senha trocada", "Password set"],
        Action::ActivateUsuario => ["Usuário ativado", "User activated"],
        Action::DeactivateUsuario => ["Usuário desativado", "User deactivated"],
        Action::SetPerfil => ["Perfil do usuário mudado", "User moved to a perfil"],
        Action::RevokeTokens => ["Tokens e sessões revogados", "Tokens and sessions revoked"],
        Action::AnonymiseUsuario => ["Usuário anonimizado", "User anonymised"],
        Action::CreateMotivo => ["Motivo criado", "Motivo created"],
        Action::ActivateMotivo => ["Motivo ativado", "Motivo activated"],
        Action::DeactivateMotivo => ["Motivo desativado", "Motivo deactivated"],
        Action::CreateAtendimento => ["Atendimento criado", "Atendimento created"],
        Action::ImportAtendimentos => ["Atendimentos importados", "Atendimentos imported"],
        Action::ExportAtendimento => ["Atendimento exportado", "Atendimento exported"],
        Action::AnonymiseAtendimento => ["Atendimento anonimizado", "Atendimento anonymised"],
        Action::PurgeComments => ["Comentários expurgados", "Comments purged"],
        Action::CreateBackup => ["Backup criado", "Backup created"],
        Action::RestoreBackup => ["Backup restaurado", "Backup restored"],
    })
}

/// The same by the name in the database; `None` for one that only a later release knows.
pub fn action_named(name: &str, language: Language) -> Option<&'static str> {
    Action::ALL.iter().find(|known| known.name() == name).map(|known| action(*known, language))
}

/// What a group of actions is about.
pub fn group(name: &str, language: Language) -> String {
    let words = match name {
        "nivel" => ["Níveis", "Níveis"],
        "permissao" => ["Liberações", "Releases"],
        "perfil" => ["Perfis", "Perfis"],
        "usuario" => ["Usuários", "Users"],
        "motivo" => ["Motivos", "Motivos"],
        "atendimento" => ["Atendimentos", "Atendimentos"],
        "comentario" => ["Comentários", "Comments"],
        "backup" => ["Backups", "Backups"],
        other => return other.to_owned(),
    };
    language.choose(words).to_owned()
}
