//! What was seen, counted.

use std::collections::BTreeMap;

use serde_json::Value;

use super::doubts::Doubts;
use super::findings::case_of;
use super::look::{Look, Shape, shape_of};
use super::observe::{LOGIN, Observer, Route, SUCESSO, is_success};
use super::recognise::Recognised;

/// Most kinds of differences and refusals that are counted apart.
const KINDS_MAX: usize = 200;

/// Counts the lines of a recording, and learns from them which of the answers that have the status code of a success are none.
#[derive(Default)]
pub struct Counter {
    tally: Tally,
    doubts: Doubts,
    /// The answers that may be successes or refusals.
    successes: BTreeMap<Look, Success>,
}

/// What is counted twice over until it is known which it is.
#[derive(Default)]
struct Success {
    count: Count,
    /// Our refusals of these requests.
    refusals: BTreeMap<String, u64>,
    /// The status code that we refuse with, if we do.
    ours: Option<u16>,
}

/// What a line brought.
pub struct Added {
    /// Whether it showed something of the two routes for the first time.
    pub is_new: bool,
    /// Whether it is a refusal with the status code of a success, as far as that is known.
    pub is_refusal: bool,
}

impl Counter {
    /// Counts a line of a recording; none for what is no line.
    pub fn add(&mut self, observer: &Observer, line: &Value) -> Option<Added> {
        let (route, differences) = (line["rota"].as_str()?, line["diferencas"].as_array()?);
        self.tally.exchanges += 1;
        if route == Route::Other.word() {
            let text = |name: &str| line[name].as_str().unwrap_or_default();
            let path = text("caminho").split('?').next().unwrap_or_default();
            bump(&mut self.tally.others, &format!("{} {path}", text("metodo")), 1);
            return Some(Added { is_new: false, is_refusal: false });
        }
        let case = case_of(line).unwrap_or("?");
        let (instead, _) = self.doubts.add(&observer.errors, case, line);
        let differences = differences.iter().filter_map(Value::as_str);
        if !is_success(case) {
            let count = self.tally.cases.entry((route.to_owned(), case.to_owned())).or_default();
            return Some(Added { is_new: count.add(differences), is_refusal: false });
        }
        let recorded = line["resposta"].as_str().unwrap_or_default();
        let look = Look::of(route, shape_of(line), recorded, instead.as_ref());
        let is_full = self.successes.len() >= KINDS_MAX && !self.successes.contains_key(&look);
        let look = if is_full { Look { shape: Shape::default(), ..look } } else { look };
        let success = self.successes.entry(look.clone()).or_default();
        let ours = |error: Recognised| {
            observer.dialect.error(error.name, error.answer_name().field, error.code, &error.said).code
        };
        success.ours = instead.map(ours);
        let refusal = line["recusa"].as_str();
        let is_new = refusal.is_some_and(|refusal| bump(&mut success.refusals, refusal, 1));
        let is_new = success.count.add(differences) | is_new;
        Some(Added { is_new, is_refusal: self.is_refusal(&look) })
    }

    fn is_refusal(&self, look: &Look) -> bool {
        let all = self.successes.iter().filter(|(other, _)| other.route == look.route);
        self.doubts.is_refusal(look, all.map(|(other, success)| (other, success.count.seen)))
    }

    /// What was counted, as far as it is known now.
    pub fn tally(&self) -> Tally {
        let mut tally = self.tally.clone();
        for (look, success) in &self.successes {
            let is_refusal = self.is_refusal(look);
            let of_route = if look.route == Route::Login.word() { LOGIN } else { SUCESSO };
            let case = if is_refusal { look.instead.unwrap_or("?") } else { of_route };
            let count = tally.cases.entry((look.route.clone(), case.to_owned())).or_default();
            count.seen += success.count.seen;
            if is_refusal {
                bump(&mut count.differences, "body: a refusal in words of its own", success.count.seen);
                if let Some(ours) = success.ours.filter(|ours| *ours != look.shape.0) {
                    let difference = format!("status {}, ours {ours}", look.shape.0);
                    bump(&mut count.differences, &difference, success.count.seen);
                }
                continue;
            }
            for (difference, times) in &success.count.differences {
                bump(&mut count.differences, difference, *times);
            }
            let refused: u64 = success.refusals.values().sum();
            if refused > 0 {
                bump(&mut count.differences, "ours refuses the request", refused);
            }
            for (refusal, times) in &success.refusals {
                bump(&mut tally.refusals, refusal, *times);
            }
        }
        tally
    }
}

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub exchanges: u64,
    pub cases: BTreeMap<(String, String), Count>,
    /// Requests of other routes, by method and path.
    pub others: BTreeMap<String, u64>,
    /// Requests that were accepted and that our server would refuse, by its message.
    pub refusals: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Default)]
pub struct Count {
    pub seen: u64,
    /// By what would differ.
    pub differences: BTreeMap<String, u64>,
}

impl Count {
    /// Counts an answer that differs in `differences`. Whether that is the first such.
    fn add<'a>(&mut self, differences: impl Iterator<Item = &'a str>) -> bool {
        self.seen += 1;
        let is_first = self.seen == 1;
        differences.fold(is_first, |is_new, difference| bump(&mut self.differences, difference, 1) | is_new)
    }
}

impl Tally {
    /// What differs in every answer of more than one case.
    pub fn everywhere(&self) -> Vec<&str> {
        let Some(first) = self.cases.values().next().filter(|_| self.cases.len() > 1) else { return Vec::new() };
        let is_always = |difference: &str| {
            self.cases.values().all(|count| count.differences.get(difference).is_some_and(|times| *times == count.seen))
        };
        first.differences.keys().map(String::as_str).filter(|difference| is_always(difference)).collect()
    }

    /// The cases as rows: route, case, how often, and what differs beside what differs everywhere; status codes and bodies first.
    pub fn rows(&self) -> Vec<[String; 4]> {
        let everywhere = self.everywhere();
        let rank =
            |difference: &str| ["status ", "body"].iter().position(|begin| difference.starts_with(begin)).unwrap_or(2);
        let row = |((route, case), count): (&(String, String), &Count)| {
            let own = count.differences.iter().filter(|(difference, _)| !everywhere.contains(&difference.as_str()));
            let mut own: Vec<_> = own.collect();
            own.sort_by_key(|(difference, _)| rank(difference));
            let differences = own.into_iter().map(|(difference, times)| format!("{difference} ({times})"));
            let differences = differences.collect::<Vec<_>>().join("; ");
            let differences = if differences.is_empty() { "none".to_owned() } else { differences };
            [route.clone(), case.clone(), count.seen.to_string(), differences]
        };
        self.cases.iter().map(row).collect()
    }
}

/// Counts `kind` so many `times`; whether it is the first.
fn bump(counts: &mut BTreeMap<String, u64>, kind: &str, times: u64) -> bool {
    let kind = if counts.contains_key(kind) || counts.len() < KINDS_MAX { kind } else { "(others)" };
    let count = counts.entry(kind.to_owned()).or_default();
    *count += times;
    *count == times
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dialect::Dialect;

    const REFUSAL: &str = "comentario – valor inválido";
    const MADE: &str = r#"{"ok":true,"n":1}"#;
    const REFUSED: &str = r#"{"ok":false,"aviso":"Comentário?"}"#;

    /// A change to `status`: what it is taken for, status code, answer, and what ours refuses it for.
    fn line(status: &str, (case, code): (&str, u16), answer: &str, refusal: Option<&str>) -> Value {
        json!({
            "rota": "status", "caso": case, "codigo": code, "resposta": answer, "recusa": refusal,
            "diferencas": ["body: x"], "cabecalhosDaResposta": [], "corpo": {"protocolo": "2022", "status": status},
        })
    }

    /// What is counted of `lines`: the cases, how often each was seen, and the refusals of what was accepted; and whether each line
    /// was taken for a refusal at once.
    fn counted(lines: &[Value]) -> (Vec<(String, u64)>, u64, Vec<bool>) {
        let (mut counter, observer) = (Counter::default(), Observer::new(Dialect::contract().into()));
        let at_once = lines.iter().map(|line| counter.add(&observer, line).unwrap().is_refusal).collect();
        let tally = counter.tally();
        assert_eq!(tally.exchanges, lines.len() as u64);
        let seen = tally.cases.iter().map(|((_, case), count)| (case.clone(), count.seen)).collect();
        (seen, tally.refusals.values().sum(), at_once)
    }

    #[test]
    fn a_refusal_with_the_code_of_a_success_is_no_change_that_was_accepted() {
        let success = ("sucesso", 200);
        let (made, refused) =
            (line("Aberto", success, MADE, None), line("Finalizado", success, REFUSED, Some(REFUSAL)));
        let accepted = line("Finalizado", success, MADE, Some(REFUSAL));
        let odd = line("Finalizado", success, r#"{"aviso":"Comentário?"}"#, Some(REFUSAL));
        let same = line("Aberto", success, r#"{"ok":false,"aviso":"Nada mudou"}"#, None);
        let by_code = |name: &str| line("Aberto", (name, 422), "{}", None);
        let seen =
            |cases: &[(&str, u64)]| cases.iter().map(|(case, seen)| ((*case).to_owned(), *seen)).collect::<Vec<_>>();
        for (lines, cases, refusals, last) in [
            (vec![made.clone(), refused.clone(), refused.clone()], seen(&[("invalid", 2), ("sucesso", 1)]), 0, true),
            // What is known later holds for what came before.
            (vec![odd.clone(), made.clone()], seen(&[("invalid", 1), ("sucesso", 1)]), 0, false),
            (vec![odd.clone()], seen(&[("sucesso", 1)]), 1, false),
            (vec![refused.clone()], seen(&[("invalid", 1)]), 0, true),
            (vec![made.clone(), accepted.clone()], seen(&[("sucesso", 2)]), 1, false),
            (vec![made.clone(), same], seen(&[("same_status", 1), ("sucesso", 1)]), 0, true),
            (vec![made.clone(), made.clone()], seen(&[("sucesso", 2)]), 0, false),
            (
                vec![by_code("unknown_motivo"), made.clone(), odd],
                seen(&[("sucesso", 2), ("unknown_motivo", 1)]),
                1,
                false,
            ),
            // What it says of itself counts more.
            (
                vec![by_code("unknown_motivo"), made.clone(), refused.clone()],
                seen(&[("invalid", 1), ("sucesso", 1), ("unknown_motivo", 1)]),
                0,
                true,
            ),
            (
                vec![by_code("token_missing"), made, refused],
                seen(&[("invalid", 1), ("sucesso", 1), ("token_missing", 1)]),
                0,
                true,
            ),
        ] {
            let (found, accepted, at_once) = counted(&lines);
            assert_eq!((found, accepted, at_once.last()), (cases, refusals, Some(&last)), "{lines:?}");
        }
    }

    #[test]
    fn a_refusal_that_differs_in_its_words_alone_is_no_success() {
        let success = ("sucesso", 200);
        let of = |answer: &str, refusal| {
            let mut line = line("Cancelado", success, answer, refusal);
            line["corpo"]["protocolo"] = "<protocolo>".into();
            line
        };
        let (made, other) = (r#"{"status":"ok","message":"Status alterado"}"#, r#"{"ok":true,"m":"<texto>"}"#);
        for (made, refused) in [
            (made, r#"{"status":"ok","message":"Motivo é obrigatório"}"#),
            (made, r#"{"status":"ok","message":"Atendimento não encontrado no sistema"}"#),
            (other, r#"{"ok":false,"m":"<texto>"}"#),
            ("OK", "ERRO"),
        ] {
            // Whether we know why or not, whichever comes more often or first.
            for refusal in [None, Some(REFUSAL)] {
                let case = if refusal.is_some() { "invalid" } else { "?" };
                for [often, once] in [[made, refused], [refused, made]] {
                    let lines = [often, often, often, once, often]
                        .map(|answer| of(answer, refusal.filter(|_| answer == refused)));
                    let (found, accepted, _) = counted(&lines);
                    let (makes, refuses) = if often == made { (4, 1) } else { (1, 4) };
                    let mut cases = vec![(case.to_owned(), refuses), ("sucesso".to_owned(), makes)];
                    cases.sort();
                    assert_eq!((found, accepted), (cases, 0), "{refused}");
                }
            }
        }
    }

    #[test]
    fn a_login_without_a_token_is_none() {
        let of = |answer: &str, refusal: Option<&str>| {
            let mut line = line("Aberto", ("login", 200), answer, refusal);
            line["rota"] = "login".into();
            line
        };
        let lines = [
            of(r#"{"token":"<token>"}"#, None),
            of(r#"{"mensagem":"<texto>"}"#, None),
            of(r#"{"mensagem":"<texto>"}"#, Some("Este campo é obrigatório senha")),
            of("<47 bytes>", None),
        ];
        let (found, accepted, _) = counted(&lines);
        assert_eq!((found, accepted), (vec![("?".to_owned(), 2), ("login".to_owned(), 2)], 0));
    }

    #[test]
    fn it_is_said_where_ours_refuses_with_another_code() {
        let (mut counter, observer) = (Counter::default(), Observer::new(Dialect::contract().into()));
        for line in
            [line("Aberto", ("sucesso", 200), MADE, None), line("Aberto", ("sucesso", 200), REFUSED, Some(REFUSAL))]
        {
            counter.add(&observer, &line);
        }
        let rows = counter.tally().rows();
        let differences = "status 200, ours 400 (1); body: a refusal in words of its own (1)";
        assert!(rows.contains(&["status", "invalid", "1", differences].map(str::to_owned)), "{rows:?}");
    }

    #[test]
    fn a_change_that_was_accepted_and_ours_refuses_differs() {
        for (refused, answer) in [(1, MADE), (3, MADE), (2, "")] {
            let (mut counter, observer) = (Counter::default(), Observer::new(Dialect::contract().into()));
            let alike = |refusal| {
                let mut line = line("Finalizado", ("sucesso", 200), answer, refusal);
                line["diferencas"] = json!([]);
                line
            };
            counter.add(&observer, &alike(None));
            (0..refused).for_each(|_| _ = counter.add(&observer, &alike(Some(REFUSAL))));
            let (seen, differences) = ((refused + 1).to_string(), format!("ours refuses the request ({refused})"));
            assert_eq!(counter.tally().rows(), [["status", "sucesso", &seen, &differences].map(str::to_owned)]);
        }
    }
}
