//! A recording as a page: one file, without scripts, that loads nothing.

use std::collections::BTreeMap;
use std::fmt::Write;

use quick_xml::escape::escape;
use serde_json::Value;

use super::tally::Tally;

const HEAD: &str = "<!doctype html>\n<html lang=\"pt-BR\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
    <title>Espelho do Citrus</title><style>\
    :root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}\
    table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #8886}\
    pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8882;padding:.6rem;border-radius:.3rem}\
    </style></head><body>\n";

/// The first recorded exchange of each case.
#[derive(Default)]
pub struct Examples(BTreeMap<(String, String), String>);

impl Examples {
    /// Keeps `line`, if it is the first of its case.
    pub fn add(&mut self, line: &Value) {
        let text = |member: &str| line[member].as_str().unwrap_or("?").to_owned();
        if line["rota"] == "outra" {
            return;
        }
        self.0.entry((text("rota"), text("caso"))).or_insert_with(|| {
            let request = format!("{} {}\n{}", text("metodo"), text("caminho"), line["corpo"]);
            let answer = line["resposta"].as_str().map_or_else(|| line["resposta"].to_string(), str::to_owned);
            format!("{request}\n\n{}\n{answer}", line["codigo"])
        });
    }
}

pub fn write(tally: &Tally, examples: &Examples) -> String {
    let mut page = HEAD.to_owned();
    let mut add = |text: std::fmt::Arguments<'_>| page.write_fmt(text).expect("a String takes all");
    add(format_args!(
        "<h1>Espelho do Citrus</h1>\n<p>{} trocas. Senhas e tokens foram trocados por marcas antes de gravar.</p>\n",
        tally.exchanges
    ));
    let everywhere = tally.everywhere();
    if !everywhere.is_empty() {
        add(format_args!("<p>Em todas as respostas: {}</p>\n", escape(everywhere.join("; "))));
    }
    add(format_args!("<table><thead><tr><th>Rota<th>Caso<th>Vezes<th>Onde o citrus-status difere</thead><tbody>\n"));
    for [route, case, seen, differences] in tally.rows() {
        let differences = if differences == "none" { "em nada".to_owned() } else { differences };
        let (place, name) = (escape(format!("{route}-{case}")), escape(&case));
        // A refusal that was taken for a success stands among those.
        let link = match examples.0.contains_key(&(route.clone(), case.clone())) {
            true => format!("<a href=\"#{place}\">{name}</a>"),
            false => name.to_string(),
        };
        add(format_args!("<tr><td>{}<td>{link}<td>{seen}<td>{}\n", escape(&route), escape(&differences)));
    }
    add(format_args!("</tbody></table>\n"));
    if !tally.others.is_empty() {
        add(format_args!("<h2>Outras rotas, que não foram comparadas</h2>\n<ul>\n"));
        for (other, times) in &tally.others {
            add(format_args!("<li>{times} × {}\n", escape(other)));
        }
        add(format_args!("</ul>\n"));
    }
    if !tally.refusals.is_empty() {
        add(format_args!("<h2>Requisições que o citrus-status recusaria</h2>\n<ul>\n"));
        for (refusal, times) in &tally.refusals {
            add(format_args!("<li>{times} × {}\n", escape(refusal)));
        }
        add(format_args!("</ul>\n"));
    }
    for ((route, case), text) in &examples.0 {
        let (route, case) = (escape(route), escape(case));
        add(format_args!("<h2 id=\"{route}-{case}\">{route}: {case}</h2>\n<pre>{}</pre>\n", escape(text)));
    }
    add(format_args!("</body></html>\n"));
    page
}
