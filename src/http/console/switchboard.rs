//! Permissions as switches in a form: what is shown, and what somebody wants.

use futures_util::future::BoxFuture;

use super::form::{CONFIRMED, SEEN, Typed};
use super::phrases::{counted, filled};
use super::session::{Admits, SignedIn};
use super::texts::names;
use super::texts::switches::Texts;
use super::view::View;
use crate::domain::access::Permissao;
use crate::http::answer::catalogue::ApiError;
use crate::service::provisioning::{Effect, Obstacle, Provisioning, Stamp, Switch};

/// The field of the permissions that are to be on.
const PERMISSAO: &str = "permissao";
/// That the form is wanted again, to be adjusted.
const ADJUST: &str = "ajustar";

/// A switch, as it is shown.
pub struct Shown {
    pub nome: &'static str,
    pub title: &'static str,
    pub is_on: bool,
    pub is_locked: bool,
    /// Why it is as it is; empty where nothing is to be said.
    pub hint: String,
    /// Where that is said instead, if it is said once for many.
    pub reason: Option<&'static str>,
    /// Whether a link leads from it to where the permission is released.
    pub is_unreleased: bool,
}

/// Why many switches are as they are, said once above them.
pub struct Reason {
    /// What the switches name it by.
    pub id: &'static str,
    pub text: String,
    pub is_unreleased: bool,
}

/// From how many switches on a reason is said once.
const MANY: usize = 3;
/// What says on the page that the perfil or the nível is one's own.
const OWN: &str = "proprio";

/// All of them.
pub struct Switchboard {
    pub reasons: Vec<Reason>,
    pub switches: Vec<Shown>,
    /// What is on now.
    pub seen: String,
    /// Whether somebody else has turned one since the form that was sent was shown.
    pub has_changed: bool,
}

/// What came of a form.
pub enum Outcome {
    /// It is to be shown again, with what was chosen.
    Adjust,
    /// Nothing: somebody else has turned a switch since it was shown.
    Changed,
    /// Nothing: no switch is to be turned.
    Nothing,
    /// What follows is to be told first; again where something else did when somebody confirmed it.
    Ask {
        effects: Vec<Effect>,
        is_again: bool,
    },
    Turned,
    Refused(ApiError),
}

/// What somebody wants: what was on when they looked, and what is to be on.
pub struct Wanted {
    pub seen: Vec<Permissao>,
    pub wanted: Vec<Permissao>,
    /// Whether a switch is sent that cannot be turned, or is not seen, by now.
    has_unoffered: bool,
}

impl Wanted {
    /// What `typed` says. A switch that is locked is not sent, and stays as it is.
    pub fn of(typed: &Typed, switches: &[Switch]) -> Self {
        let is_typed = |permissao: Permissao| typed.all(PERMISSAO).any(|nome| nome == permissao.nome());
        let is_offered =
            |nome: &str| switches.iter().any(|switch| !switch.is_locked && switch.permissao.nome() == nome);
        let wanted = |switch: &&Switch| if switch.is_locked { switch.is_on } else { is_typed(switch.permissao) };
        Self {
            seen: listed(typed.get(SEEN)),
            wanted: switches.iter().filter(wanted).map(|switch| switch.permissao).collect(),
            has_unoffered: typed.all(PERMISSAO).any(|nome| !is_offered(nome)),
        }
    }

    /// The permissions that are to be turned, and whether on.
    pub fn turned(&self) -> impl Iterator<Item = (Permissao, bool)> {
        let off = self.seen.iter().filter(|permissao| !self.wanted.contains(permissao)).map(|off| (*off, false));
        let on = self.wanted.iter().filter(|permissao| !self.seen.contains(permissao)).map(|on| (*on, true));
        off.chain(on)
    }

    /// Does what the form `typed` asks `who` for, while the switches are these. `switched` turns them, or only tries to: what
    /// that does, or `None` where it is not as the form says.
    pub async fn outcome<'a, P: Admits>(
        &self,
        who: &SignedIn<P>,
        typed: &Typed,
        switches: &[Switch],
        switched: impl Fn(Provisioning) -> BoxFuture<'a, Result<Option<Vec<Effect>>, ApiError>>,
    ) -> Outcome {
        if typed.get(ADJUST) == "sim" {
            return Outcome::Adjust;
        } else if !self.is_as_seen(switches) {
            return Outcome::Changed;
        } else if self.turned().next().is_none() {
            return Outcome::Nothing;
        }
        let confirmed = typed.get(CONFIRMED);
        if !confirmed.is_empty() {
            match switched(who.provisioning().while_follows(Stamp::from(confirmed))).await {
                Ok(Some(_)) => return Outcome::Turned,
                Ok(None) => {}
                Err(error) => return Outcome::Refused(error),
            }
        }
        match switched(who.provisioning().trying()).await {
            Ok(Some(effects)) => Outcome::Ask { effects, is_again: !confirmed.is_empty() },
            Ok(None) => Outcome::Changed,
            Err(error) => Outcome::Refused(error),
        }
    }

    /// Whether the `switches` are by now as the form `typed` has confirmed: it may have been sent twice.
    pub fn is_done(typed: &Typed, switches: &[Switch]) -> bool {
        let Self { wanted, has_unoffered, .. } = Self::of(typed, switches);
        let is_so = |switch: &Switch| wanted.contains(&switch.permissao) == switch.is_on;
        !typed.get(CONFIRMED).is_empty() && !has_unoffered && switches.iter().all(is_so)
    }

    /// Whether it was as it is now.
    fn is_as_seen(&self, switches: &[Switch]) -> bool {
        !self.has_unoffered && switches.iter().all(|switch| self.seen.contains(&switch.permissao) == switch.is_on)
    }
}

impl Switchboard {
    /// Whether none can be turned.
    pub fn is_locked(&self) -> bool {
        self.switches.iter().all(|switch| switch.is_locked)
    }

    /// The `switches` of what is on `nivel`, with the choices of somebody who sent the form before.
    pub fn new(view: &View, switches: &[Switch], typed: &Typed, nivel: &str) -> Self {
        let wanted = (!typed.is_empty()).then(|| Wanted::of(typed, switches));
        let shown = |switch: &Switch| {
            let choice = wanted.as_ref().and_then(|wanted| {
                let turned = wanted.turned().find(|(permissao, _)| *permissao == switch.permissao)?;
                Some(turned.1).filter(|is_on| *is_on != switch.is_on && !switch.is_locked)
            });
            Shown {
                nome: switch.permissao.nome(),
                title: names::permissao(switch.permissao, view.language()),
                is_on: choice.unwrap_or(switch.is_on),
                is_locked: switch.is_locked,
                hint: hint(&view.texts().switches, switch, choice, nivel),
                reason: None,
                is_unreleased: switch.obstacle == Some(Obstacle::NotReleased),
            }
        };
        let mut shown: Vec<Shown> = switches.iter().map(shown).collect();
        say_what_is_needed_besides(&mut shown, switches, view);
        let reasons = said_once(&mut shown, switches, &view.texts().switches, nivel);
        let on: Vec<_> = switches.iter().filter(|switch| switch.is_on).map(|switch| switch.permissao.nome()).collect();
        Self {
            reasons,
            switches: shown,
            seen: on.join(","),
            has_changed: wanted.as_ref().is_some_and(|wanted| !wanted.is_as_seen(switches)),
        }
    }
}

/// What is of little use in the console without another permission.
pub const NEED_BESIDES: [(Permissao, Permissao); 3] = [
    (Permissao::AlterarStatus, Permissao::ConsultarAtendimentos),
    (Permissao::ConsultarHistorico, Permissao::ConsultarAtendimentos),
    (Permissao::AdministrarPermissoes, Permissao::AdministrarNiveis),
];

/// Says beside a permission what it needs besides, while that can be seen to be off.
fn say_what_is_needed_besides(shown: &mut [Shown], switches: &[Switch], view: &View) {
    let texts = &view.texts().switches;
    let needs = NEED_BESIDES.map(|(permissao, needed)| (permissao, needed, texts.besides));
    let unseen = (Permissao::CriarAtendimento, Permissao::ConsultarAtendimentos, texts.unseen);
    for (permissao, needed, text) in needs.into_iter().chain([unseen]) {
        if !switches.iter().any(|switch| switch.permissao == needed && !switch.is_on) {
            continue;
        }
        let said = filled(text, &[&names::named(needed, view.language())]);
        for shown in shown.iter_mut().filter(|shown| shown.nome == permissao.nome()) {
            let and = if shown.hint.is_empty() { "" } else { " · " };
            shown.hint += &format!("{and}{said}");
        }
    }
}

/// Takes from `shown` what many of the `switches` say alike; what is said of one's own perfil or nível stands above anyway.
fn said_once(shown: &mut [Shown], switches: &[Switch], texts: &Texts, nivel: &str) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (obstacle, id, text) in [
        (Obstacle::OwnPerfil, OWN, ""),
        (Obstacle::OwnNivel, OWN, ""),
        (Obstacle::NotReleased, "nao-liberadas", texts.many_not_released),
        (Obstacle::Beyond, "alem", texts.many_beyond),
    ] {
        let is_meant = |switch: &Switch| switch.is_locked && switch.obstacle == Some(obstacle);
        let count = switches.iter().filter(|switch| is_meant(switch)).count();
        if id != OWN && count < MANY {
            continue;
        }
        for (shown, _) in shown.iter_mut().zip(switches).filter(|(_, switch)| is_meant(switch)) {
            (shown.hint, shown.reason) = (String::new(), Some(id));
        }
        if id != OWN {
            let text = filled(text, &[&count.to_string(), nivel]);
            reasons.push(Reason { id, text, is_unreleased: obstacle == Obstacle::NotReleased });
        }
    }
    reasons
}

fn hint(texts: &Texts, switch: &Switch, choice: Option<bool>, nivel: &str) -> String {
    match (choice, switch.obstacle) {
        (Some(true), _) => texts.chosen_on.to_owned(),
        (Some(false), _) => texts.chosen_off.to_owned(),
        (None, Some(Obstacle::NotReleased)) => {
            filled(if switch.is_on { texts.not_counting } else { texts.not_released }, &[nivel])
        }
        (None, Some(Obstacle::OwnPerfil)) if switch.is_on => String::new(),
        (None, Some(Obstacle::OwnPerfil)) => texts.own_perfil.to_owned(),
        (None, Some(Obstacle::OwnNivel)) => texts.own_nivel.to_owned(),
        (None, Some(Obstacle::Beyond)) => texts.beyond.to_owned(),
        (None, None) => String::new(),
    }
}

/// What turning a switch does, in words.
pub struct Told {
    pub title: &'static str,
    pub nome: &'static str,
    pub is_on: bool,
    pub usuarios: String,
    /// That the person loses it; empty otherwise.
    pub oneself: &'static str,
    pub perfis: String,
    pub keeping: String,
}

impl Told {
    pub fn of(view: &View, effect: &Effect) -> Self {
        let texts = &view.texts().switches;
        let texts_of_count = if effect.is_on {
            [texts.gain_none, texts.gain_one, texts.gain_many]
        } else {
            [texts.lose_none, texts.lose_one, texts.lose_many]
        };
        Self {
            title: names::permissao(effect.permissao, view.language()),
            nome: effect.permissao.nome(),
            is_on: effect.is_on,
            usuarios: counted(effect.usuarios, texts_of_count, view.language()),
            oneself: if effect.is_own && !effect.is_on { texts.lose_oneself } else { "" },
            perfis: effect.perfis.join(", "),
            keeping: effect.keeping.join(", "),
        }
    }
}

fn listed(names: &str) -> Vec<Permissao> {
    names.split(',').filter_map(Permissao::named).collect()
}
