//! What permissions and actions of the audit trail are called.

use crate::domain::access::Permissao;
use crate::domain::audit::Action;
use crate::http::answer::problem::Language;

/// The title of a permission: that of Citrus, or what it says in English.
pub fn permissao(permissao: Permissao, language: Language) -> &'static str {
    let english = match permissao {
        Permissao::AlterarStatus => "Change the status of atendimentos by API",
        Permissao::ConsultarStatus => "Read the status of atendimentos by API",
        Permissao::ConsultarHistorico => "Read the history of atendimentos by API",
        Permissao::ConsultarTransicoes => "Read the transitions of atendimentos by API",
        Permissao::ConsultarMotivos => "Read motivos by API",
        Permissao::CriarAtendimento => "Create atendimentos by API",
        Permissao::ConsultarAtendimentos => "Read the list of atendimentos",
        Permissao::AdministrarNiveis => "Administer níveis",
        Permissao::AdministrarPermissoes => "Release permissions to níveis",
        Permissao::AdministrarPerfis => "Administer perfis",
        Permissao::AdministrarUsuarios => "Administer users",
        Permissao::AdministrarMotivos => "Administer motivos",
        Permissao::ConsultarAuditoria => "Read the audit trail",
    };
    language.choose([permissao.title(), english])
}

/// What was done, in words.
pub fn action(action: Action, language: Language) -> &'static str {
    language.choose(match action {
        Action::CreateNivel => ["Nível criado", "Nível created"],
        Action::MoveNivel => ["Nível movido", "Nível moved"],
        Action::DeleteNivel => ["Nível removido", "Nível removed"],
        Action::Release => ["Permissão liberada", "Permission released"],
        Action::Withdraw => ["Permissão recolhida", "Permission withdrawn"],
        Action::CreatePerfil => ["Perfil criado", "Perfil created"],
        Action::MovePerfil => ["Perfil movido", "Perfil moved"],
        Action::DeletePerfil => ["Perfil removido", "Perfil removed"],
        Action::Grant => ["Permissão concedida", "Permission granted"],
        Action::Revoke => ["Permissão revogada", "Permission revoked"],
        Action::CreateUsuario => ["Usuário criado", "User created"],
        Action::SetSenha => ["Senha trocada", "Senha set"],
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
