//! What people export, as text: one row a case, by what `--dry-run` shows of it.

use encoding_rs::WINDOWS_1252;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Outcome, run_with};

/// A file and what comes of it.
struct Case {
    name: &'static str,
    file: Vec<u8>,
    flags: &'static [&'static str],
    /// The rows as understood, `protocolo=status`; `None`: the file is refused.
    rows: Option<&'static [&'static str]>,
    /// What standard error says, all of it.
    said: &'static [&'static str],
}

fn taken(name: &'static str, file: impl Into<Vec<u8>>, rows: &'static [&'static str]) -> Case {
    Case { name, file: file.into(), flags: &[], rows: Some(rows), said: &[] }
}

fn refused(name: &'static str, file: impl Into<Vec<u8>>, said: &'static [&'static str]) -> Case {
    Case { name, file: file.into(), flags: &[], rows: None, said }
}

impl Case {
    fn with(self, flags: &'static [&'static str]) -> Self {
        Self { flags, ..self }
    }

    fn says(self, said: &'static [&'static str]) -> Self {
        Self { said, ..self }
    }

    fn check(&self, database: &Database) {
        let args = [&["atendimento", "importar", "-", "--dry-run"], self.flags].concat();
        let outcome = run_with(database, &[], &args, &self.file);
        let name = self.name;
        assert_eq!(self.rows.is_some(), outcome.code == 0, "{name}: {outcome:?}");
        assert_eq!(self.rows.unwrap_or_default(), understood(&outcome), "{name}: {outcome:?}");
        for part in self.said {
            assert!(outcome.stderr.contains(part), "{name}: {part:?} is not in {outcome:?}");
        }
        let quiet = outcome.stderr.lines().all(|line| line.starts_with("note: created the database "));
        assert!(!self.said.is_empty() || quiet, "{name}: {outcome:?}");
        assert!(!outcome.stderr.contains("--atualizar"), "{name}: {outcome:?}");
    }
}

/// The rows that a dry run shows.
pub fn understood(outcome: &Outcome) -> Vec<String> {
    let mut rows = outcome.stdout.lines().skip(2).collect::<Vec<_>>();
    rows.pop();
    let pair = |row: &str| row.split_once("  ").map(|(protocolo, status)| format!("{protocolo}={}", status.trim()));
    rows.into_iter().filter_map(pair).collect()
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

fn windows_1252(text: &str) -> Vec<u8> {
    WINDOWS_1252.encode(text).0.into_owned()
}

const ONE: &[&str] = &["20221104000001=Aberto"];
const TWO: &[&str] = &["1=Aberto", "2=Em atendimento"];
const AS_TEXT: &str = "format the column as text";

fn forms() -> Vec<Case> {
    let table = "protocolo\tstatus\n1\tAberto\n2\tEm atendimento\n";
    vec![
        taken("commas", "protocolo,status\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("semicolons", "protocolo;status\n1;Aberto\n2;Em atendimento\n", TWO),
        taken("tabs", table, TWO),
        taken("the header's delimiter counts", "protocolo;status\n\"1\";Aberto\n2;\"Em atendimento\"\n", TWO),
        taken("sep=", "sep=;\r\nprotocolo;status\r\n1;Aberto\r\n2;Em atendimento\r\n", TWO),
        taken("sep= in quotes and capitals", "\"SEP=|\"\nprotocolo|status\n1|Aberto\n2|Em atendimento\n", TWO),
        taken("sep= and a tab", "sep=\t\nprotocolo\tstatus\n1\tAberto\n2\tEm atendimento\n", TWO),
        taken("CRLF", "protocolo,status\r\n1,Aberto\r\n2,Em atendimento\r\n", TWO),
        taken("CR", "protocolo,status\r1,Aberto\r2,Em atendimento\r", TWO),
        taken("ends mixed", "protocolo,status\r\n1,Aberto\r2,Em atendimento\n", TWO),
        taken("no last line end", "protocolo,status\n1,Aberto\n2,Em atendimento", TWO),
        taken("a header further down", "\r\n;;\r\n  \r\nprotocolo;status\r\n1;Aberto\r\n2;Em atendimento\r\n", TWO),
        taken("a UTF-8 mark", "\u{feff}protocolo,status\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("a mark inside quotes", "\"\u{feff}protocolo\",\"status\"\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("a mark before quotes", "\u{feff}\"protocolo\",\"status\"\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("UTF-16LE, marked", utf16(&format!("\u{feff}{table}"), u16::to_le_bytes), TWO).says(&["read as UTF-16LE"]),
        taken("UTF-16BE, marked", utf16(&format!("\u{feff}{table}"), u16::to_be_bytes), TWO).says(&["read as UTF-16BE"]),
        taken("UTF-16LE", utf16(table, u16::to_le_bytes), TWO).says(&["read as UTF-16LE"]),
        taken("UTF-16BE", utf16(table, u16::to_be_bytes), TWO).says(&["read as UTF-16BE"]),
        taken("Windows-1252", windows_1252("protocolo;status;situação\n1;Aberto;x\n2;Em atendimento;não\n"), TWO)
            .says(&["read as Windows-1252", "'situação'"]),
        taken("Windows-1252 further down", windows_1252("protocolo;status\né1;Aberto\n"), &["é1=Aberto"])
            .says(&["read as Windows-1252"]),
        refused("UTF-8 that breaks", b"protocolo,status\n\xc3\xa9,Aberto\n\xe9,Aberto\n", &["line 3: not UTF-8"]),
        refused("UTF-8 after a broken byte in an ignored column", b"protocolo,obs,status\n1,cut\xc3,Aberto\nS\xc3\xa3o,x,Aberto\n", &["line 3: UTF-8", "Windows-1252"]),
        refused("UTF-8 beside a broken byte", b"protocolo,obs,status\nS\xc3\xa3o,cut\xc3,Aberto\n", &["line 2: UTF-8", "Windows-1252"]),
        taken("Ctrl-Z at the end", "protocolo,status\r\n1,Aberto\r\n2,Em atendimento\r\n\u{1a}", TWO),
        taken("Ctrl-Z without a line end", "protocolo,status\n1,Aberto\n2,Em atendimento\u{1a}", TWO),
        taken("NULs at the end", ["protocolo,status\n1,Aberto\n2,Em atendimento\n".as_bytes(), &[0; 70_000]].concat(), TWO),
        taken("NUL after a JSON array", "[{\"protocolo\": 1, \"status\": \"Aberto\"}]\n\0", &["1=Aberto"]),
        refused("objects with commas after", "{\"protocolo\": 1, \"status\": \"Aberto\"},\n{\"protocolo\": 2, \"status\": \"Aberto\"}\n", &["line 1: not a JSON object", "on one line", "`[…]`"]),
        refused("an object over lines", "{\n  \"protocolo\": 1,\n  \"status\": \"Aberto\"\n}\n", &["line 1: not a JSON object", "on one line", "`[…]`"]),
        refused("an array inside an object", "{\"total\": 1, \"atendimentos\": [{\"protocolo\": 1, \"status\": \"Aberto\"}]}", &["line 1: ", "'atendimentos' holds an array", "save the array alone"]),
        refused("UTF-16 that breaks", utf16("\u{feff}protocolo,status\n", u16::to_le_bytes).into_iter().chain(*b"\0\xd8,\0A\0\n\0").collect::<Vec<_>>(), &["line 2: not UTF-16"]),
        taken("NDJSON", "{\"protocolo\": 1, \"status\": \"Aberto\"}\n\n{\"status\": \"Em atendimento\", \"protocolo\": \"2\"}", TWO),
        taken("a JSON array", "[{\"protocolo\": 1, \"status\": \"Aberto\"},{\"protocolo\": \"2\", \"status\": \"Em atendimento\"}]", TWO),
        taken("a JSON array over lines", "\u{feff}\n [\n  {\n    \"protocolo\": \"1\",\n    \"status\": \"Aberto\"\n  },\n  {\"protocolo\": 2, \"status\": \"Em atendimento\", \"x\": [{\"y\": \"]}\\\"\"}]}\n]\n", TWO)
            .says(&["'x'"]),
        taken("an empty JSON array", "[ ]", &[]).says(&["note: the file has no rows\n"]),
        taken("a JSON array in UTF-16", utf16("[{\"protocolo\": \"é\", \"status\": \"Aberto\"}]", u16::to_le_bytes), &["é=Aberto"])
            .says(&["read as UTF-16LE"]),
        refused("an element that is none", "[{\"protocolo\": 1, \"status\": \"Aberto\"}, 7, null]", &["element 2: ", "element 3: "]),
        refused("a JSON array that is cut off", "[{\"protocolo\": 1, \"status\": \"Aberto\"},\n", &["line 2: ", "the JSON array"]),
        refused("a JSON array without commas", "[{\"protocolo\": 1, \"status\": \"Aberto\"}{}]", &["line 1: ", "the JSON array"]),
        refused("more after the JSON array", "[]\n[]", &["line 2: ", "the JSON array"]),
        refused("a web page", "\n<html><table><tr><td>protocolo</td></tr></table></html>", &["HTML"]),
        refused("gzip", b"\x1f\x8b\x08\0\0\0", &["unpack it first"]),
        refused("PDF", b"%PDF-1.7\n", &["expected the CSV header"]),
    ]
}

fn columns() -> Vec<Case> {
    vec![
        taken("any case and order", "STATUS;Protocolo\nAberto;1\nEm atendimento;2\n", TWO),
        taken("accents", "Prótocolo,STÁTUS\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("accents composed", "Pro\u{301}tocolo,Sta\u{301}tus\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("blanks around", " Protocolo ,\u{a0}\"status\"\u{a0}\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("line breaks inside", "\"Protocolo\n\",\"\r\nStatus\"\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("others are ignored", "id,protocolo,cliente,status\n7,1,Ana,Aberto\n8,2,,Em atendimento\n", TWO)
            .says(&["columns ignored: 'id', 'cliente'"]),
        taken("other members too", "{\"ID\":1,\"Protocolo\":\"1\",\"STATUS\":\"Aberto\"}\n{\"id\":2,\"ID\":3,\"protocolo\":2,\"status\":\"Em atendimento\"}", TWO)
            .says(&["columns ignored: 'ID'\n", "columns ignored: 'id'\n"]),
        taken("line breaks in an ignored column", "protocolo,obs,status\n1,\"a\nb, \"\"c\"\"\r\n\",Aberto\n2,,Em atendimento\n", TWO)
            .says(&["'obs'"]),
        taken("other names", "numero;Situação Atual;status\n1;Aberto;x\n2;Em atendimento;y\n", TWO)
            .with(&["--coluna-protocolo", "Número", "--coluna-status", "SITUACAO ATUAL"])
            .says(&["columns ignored: 'status'"]),
        taken("the degree sign", "N\u{b0} protocolo;status\n1;Aberto\n2;Em atendimento\n", TWO)
            .with(&["--coluna-protocolo", "N\u{ba} protocolo"]),
        refused("a title above", "Atendimentos\nprotocolo,status\n1,Aberto\n", &["line 1: ", "found: 'Atendimentos'", "delete the rows above the header"]),
        taken("other names of members", "[{\"Nº\": 1, \"situação\": \"Aberto\"}]", &["1=Aberto"])
            .with(&["--coluna-protocolo", "nº", "--coluna-status", "SITUACAO"]),
        taken("empty rows and cells", "protocolo,status,,\n\n1,Aberto,,,,\n,,,\n\u{a0},\u{200b}\n2,Em atendimento\n , \n", TWO),
        refused("no such column", "protocolo;situação\n1;Aberto\n", &["line 1: expected the CSV header `protocolo,status`", "found: 'protocolo', 'situação'", "--coluna-status"]),
        refused("not that column either", "protocolo;situação\n1;Aberto\n", &["`protocolo,estado`", "found: 'protocolo', 'situação'"])
            .with(&["--coluna-status", "estado"]),
        refused("a column twice", "protocolo,Status,STATUS\n1,Aberto,Cancelado\n", &["line 1: the column 'Status' appears twice", "'STATUS'"]),
        refused("one column for both", "protocolo,status\n1,Aberto\n", &["the same column"]).with(&["--coluna-status", "Protocolo"]),
        refused("a member twice", "{\"protocolo\":1,\"Protocolo\":2,\"status\":\"Aberto\"}", &["line 1: the column 'protocolo' appears twice", "'Protocolo'"]),
        refused("a cell too many", "protocolo,status\n1,Aberto,oops\n", &["line 2: fields: 3, expected 2", "'oops'"]),
        refused("a cell too few", "protocolo,x,status\n1,x\n", &["line 2: fields: 2, expected 3"]),
        refused("a status that is none", "protocolo,status\n1,Resolvido\n", &["line 2: unknown status 'Resolvido'; one of: Aberto"]),
        refused("no status", "protocolo,status\n1,\n", &["line 2: status is missing"]),
        refused("a quote without its end", "protocolo,status\n\"1,Aberto\n2,Aberto\n", &["line 2: a quote without its end", "can't be: 1;"]),
        refused("a quote that ends too early", "protocolo,status\n\"1,Aberto\n\"2,Aberto\n", &["line 2: ", "line 3: a quote without its end"]),
        refused("a row number counts all lines", "protocolo,x,status\n1,\"\n\n\",Aberto\n2,,Feito\n", &["line 5: unknown status 'Feito'"]),
    ]
}

fn protocolos() -> Vec<Case> {
    let one = |name, cell: &str| taken(name, format!("protocolo;status\n{cell};Aberto\n"), ONE);
    let cut = |name, cell: &str, said| refused(name, format!("protocolo;status\n{cell};Aberto\n{cell};Aberto\n"), said);
    vec![
        one("a formula", "=\"20221104000001\""),
        one("a quoted formula", "\"=\"\"20221104000001\"\"\""),
        one("a formula of a number", "=20221104000001"),
        one("an apostrophe", "'20221104000001"),
        one("a typographic apostrophe", "’20221104000001"),
        one("apostrophes around", "'20221104000001'"),
        one("decimals", "20221104000001.0"),
        one("more decimals", "20221104000001.00"),
        one("a decimal comma", "20221104000001,0"),
        one("no-break spaces", "\u{a0}20221104\u{a0}000001\u{a0}"),
        one("narrow no-break spaces", "20\u{202f}221\u{202f}104\u{202f}000\u{202f}001"),
        one("zero-width spaces", "\u{200b}2022\u{feff}1104000001\u{2060}"),
        one("thin spaces", "20\u{2009}221\u{2009}104\u{2009}000\u{2009}001"),
        one("typographic quotes", "“20221104000001”"),
        one("a mark of variation", "20221104000001\u{fe0f}"),
        one("fullwidth digits", "２０２２１１０４０００００１"),
        one("Arabic digits", "٢٠٢٢١١٠٤٠٠٠٠٠١"),
        one("marks of direction", "\u{202d}20221104000001\u{202c}"),
        one("all at once", "\u{a0}'20221104000001,0\u{200b} "),
        taken(
            "text",
            "protocolo;status\nABC-1;Aberto\n0012;Aberto\n1.5;Aberto\nD'or;Aberto\n",
            &["ABC-1=Aberto", "0012=Aberto", "1.5=Aberto", "D'or=Aberto"],
        ),
        taken(
            "quotes that are part of a text",
            "protocolo;status\n\"\"\"A\"\"-\"\"B\"\"\";Aberto\n'A' ou 'B';Aberto\n=\"A\"\"1\";Aberto\n",
            &["\"A\"-\"B\"=Aberto", "'A' ou 'B'=Aberto", "A\"1=Aberto"],
        ),
        taken(
            "an E between digits",
            "protocolo;status\n12E3;Aberto\n4120e75;Aberto\n",
            &["12E3=Aberto", "4120e75=Aberto"],
        ),
        taken("an E between digits of JSON", "{\"protocolo\": \"1E5\", \"status\": \"Aberto\"}\n", &["1E5=Aberto"]),
        taken(
            "long digits as text",
            "protocolo,status\n20221104000001234567,Aberto\n",
            &["20221104000001234567=Aberto"],
        ),
        taken(
            "a status with odd spaces",
            "protocolo,status\n1,\u{a0}em\u{a0} ATENDIMENTO\u{200b}\n2,\"=\"\"Aberto\"\"\"\n",
            &["1=Em atendimento", "2=Aberto"],
        ),
        cut("a decimal comma, scientific", "2,02211E+13", &["line 2: ", "line 3: ", "'2,02211E+13'", AS_TEXT]),
        cut("scientific", "2.02211E+13", &["line 2: ", "'2.02211E+13'", AS_TEXT]),
        cut("scientific in small letters", "2.02211e13", &["'2.02211e13'", AS_TEXT]),
        cut("scientific without decimals", "2E+13", &["'2E+13'", AS_TEXT]),
        cut("scientific with all digits", "2.0221104000001E+13", &["'2.0221104000001E+13'", AS_TEXT]),
        cut("scientific as a formula", "=\"2,02211E+13\"", &["'=\"2,02211E+13\"'", AS_TEXT]),
        cut("thousands", "20.221.104.000.001", &["'20.221.104.000.001'", AS_TEXT]),
        cut("thousands and spaces", "20 221 104 000 001", &["'20 221 104 000 001'", AS_TEXT]),
        cut("thousands and decimals", "20.221.104.000.001,00", &["'20.221.104.000.001,00'", AS_TEXT]),
        cut("a decimal beyond 15 digits", "20221104000001234.0", &["'20221104000001234.0'", "15 digits", AS_TEXT]),
        cut("a narrow column", "########", &["'########'"]),
        cut("an error", "#N/D", &["'#N/D'"]),
        cut("an error of LibreOffice", "Erro:502", &["'Erro:502'", "an error"]),
        cut("a program's word for nothing", "NaN", &["'NaN'", "for nothing"]),
        cut("a database's word for nothing", "\\N", &["'\\N'", "for nothing"]),
        cut("a month", "nov/22", &["'nov/22' is a date", AS_TEXT]),
        cut("a time", "10:30:00", &["'10:30:00' is a date", AS_TEXT]),
        cut("blanks between digits", "20221104 000001", &["'20221104 000001'", "blanks", AS_TEXT]),
        cut("Indian thousands", "2,02,21,10,40,00,001", &["'2,02,21,10,40,00,001'", AS_TEXT]),
        cut("scientific, as people write it", "2.02211×10^13", &["'2.02211×10^13'", "cut short", AS_TEXT]),
        cut("scientific, with a star", "2.02211*10^13", &["'2.02211*10^13'", "cut short", AS_TEXT]),
        cut("scientific, with a blank", "2,02211 E+13", &["'2,02211 E+13'", "cut short", AS_TEXT]),
        cut("scientific, with decimals", "2,02211E+13,0", &["'2,02211E+13,0'", "cut short", AS_TEXT]),
        cut("an escaped line break", "20221104000001_x000D_", &["_x000D_"]),
        cut("a percentage", "20221104000001%", &["'20221104000001%'", AS_TEXT]),
        cut("a sign", "+20221104000001", &["'+20221104000001'", AS_TEXT]),
        cut("a fraction", "2022110400000.1", &["'2022110400000.1'", AS_TEXT]),
        cut("a line separator", "20221104\u{2028}000001", &["line break"]),
        cut("a concatenation", "=\"2022\"&\"1104\"", &["is a formula"]),
        cut("a formula's text", "=A1&B1", &["'=A1&B1'"]),
        cut("a mark of lost letters", "2022\u{fffd}", &["damaged"]),
        refused("a line break", "protocolo,status\n\"1\n2\",Aberto\n", &["line 2: ", "line break"]),
        taken(
            "JSON numbers",
            "[{\"protocolo\": 20221104000001, \"status\": \"Aberto\"}, {\"protocolo\": 20221104000002.0, \"status\": \"Aberto\"}, {\"protocolo\": 2.0221104000003E13, \"status\": \"Aberto\"}, {\"protocolo\": 20221104000001234567, \"status\": \"Aberto\"}]",
            &["20221104000001=Aberto", "20221104000002=Aberto", "20221104000003=Aberto", "20221104000001234567=Aberto"],
        ),
        refused(
            "JSON numbers cut short",
            "{\"protocolo\": 2.02211E+13, \"status\": \"Aberto\"}\n{\"protocolo\": \"2,02211E+13\", \"status\": \"Aberto\"}\n",
            &["line 1: ", "'2.02211E+13'", "line 2: ", "'2,02211E+13'", AS_TEXT],
        ),
        refused(
            "JSON numbers that are none",
            "{\"protocolo\": 1.5, \"status\": \"Aberto\"}\n{\"protocolo\": -1, \"status\": \"Aberto\"}\n",
            &["line 1: ", "'1.5'", "line 2: ", "'-1'"],
        ),
    ]
}

async fn texts_of_every_form(database: &Database) {
    forms().iter().for_each(|case| case.check(database));
}

async fn columns_by_name(database: &Database) {
    columns().iter().for_each(|case| case.check(database));
}

async fn protocolos_are_whole_or_refused(database: &Database) {
    protocolos().iter().for_each(|case| case.check(database));
}

async fn a_dry_run_shows_the_first_rows_as_understood(database: &Database) {
    let file = "protocolo;status\n".to_owned() + &(1..8).map(|i| format!("'{i};ABERTO\n")).collect::<String>();
    run_with(database, &[], &["atendimento", "importar", "-", "--dry-run"], file).prints(
        "first rows as understood:\n\
         protocolo  status\n1          Aberto\n2          Aberto\n3          Aberto\n4          Aberto\n5          Aberto\n\
         would be new: 7, would be updated: 0, unchanged: 0, passed over: 0\n",
    );
}

both_engines! {
    texts_of_every_form,
    columns_by_name,
    protocolos_are_whole_or_refused,
    a_dry_run_shows_the_first_rows_as_understood,
}
