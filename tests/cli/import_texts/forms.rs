//! How a table is written: delimiters, line ends, encodings, JSON.

use encoding_rs::WINDOWS_1252;

use super::{Case, TWO, refused, taken};

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

fn windows_1252(text: &str) -> Vec<u8> {
    WINDOWS_1252.encode(text).0.into_owned()
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub fn cases() -> Vec<Case> {
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
        taken("UTF-16LE, marked", utf16(&format!("\u{feff}{table}"), u16::to_le_bytes), TWO)
            .says(&["read as UTF-16LE"]),
        taken("UTF-16BE, marked", utf16(&format!("\u{feff}{table}"), u16::to_be_bytes), TWO)
            .says(&["read as UTF-16BE"]),
        taken("UTF-16LE", utf16(table, u16::to_le_bytes), TWO).says(&["read as UTF-16LE"]),
        taken("UTF-16BE", utf16(table, u16::to_be_bytes), TWO).says(&["read as UTF-16BE"]),
        taken("Windows-1252", windows_1252("protocolo;status;situação\n1;Aberto;x\n2;Em atendimento;não\n"), TWO)
            .says(&["read as Windows-1252", "'situação'"]),
        taken("Windows-1252 further down", windows_1252("protocolo;status\né1;Aberto\n"), &["é1=Aberto"])
            .says(&["read as Windows-1252"]),
        refused("UTF-8 that breaks", b"protocolo,status\n\xc3\xa9,Aberto\n\xe9,Aberto\n", &["line 3: not UTF-8"]),
        refused(
            "UTF-8 after a broken byte in an ignored column",
            b"protocolo,obs,status\n1,cut\xc3,Aberto\nS\xc3\xa3o,x,Aberto\n",
            &["line 3: UTF-8", "Windows-1252"],
        ),
        refused(
            "UTF-8 beside a broken byte",
            b"protocolo,obs,status\nS\xc3\xa3o,cut\xc3,Aberto\n",
            &["line 2: UTF-8", "Windows-1252"],
        ),
        taken("Ctrl-Z at the end", "protocolo,status\r\n1,Aberto\r\n2,Em atendimento\r\n\u{1a}", TWO),
        taken("Ctrl-Z without a line end", "protocolo,status\n1,Aberto\n2,Em atendimento\u{1a}", TWO),
        taken(
            "NULs at the end",
            ["protocolo,status\n1,Aberto\n2,Em atendimento\n".as_bytes(), &[0; 70_000]].concat(),
            TWO,
        ),
        taken("NUL after a JSON array", "[{\"protocolo\": 1, \"status\": \"Aberto\"}]\n\0", &["1=Aberto"]),
        refused(
            "objects with commas after",
            "{\"protocolo\": 1, \"status\": \"Aberto\"},\n{\"protocolo\": 2, \"status\": \"Aberto\"}\n",
            &["line 1: not a JSON object", "on one line", "`[…]`"],
        ),
        refused(
            "an object over lines",
            "{\n  \"protocolo\": 1,\n  \"status\": \"Aberto\"\n}\n",
            &["line 1: not a JSON object", "on one line", "`[…]`"],
        ),
        refused(
            "an array inside an object",
            "{\"total\": 1, \"atendimentos\": [{\"protocolo\": 1, \"status\": \"Aberto\"}]}",
            &["line 1: ", "'atendimentos' holds an array", "save the array alone"],
        ),
        refused(
            "UTF-16 that breaks",
            utf16("\u{feff}protocolo,status\n", u16::to_le_bytes)
                .into_iter()
                .chain(*b"\0\xd8,\0A\0\n\0")
                .collect::<Vec<_>>(),
            &["line 2: not UTF-16"],
        ),
        taken(
            "NDJSON",
            "{\"protocolo\": 1, \"status\": \"Aberto\"}\n\n\
             {\"status\": \"Em atendimento\", \"protocolo\": \"2\"}",
            TWO,
        ),
        taken(
            "a JSON array",
            "[{\"protocolo\": 1, \"status\": \"Aberto\"},\
             {\"protocolo\": \"2\", \"status\": \"Em atendimento\"}]",
            TWO,
        ),
        taken(
            "a JSON array over lines",
            "\u{feff}\n [\n  {\n    \"protocolo\": \"1\",\n    \"status\": \"Aberto\"\n  },\n\
             \x20 {\"protocolo\": 2, \"status\": \"Em atendimento\", \"x\": [{\"y\": \"]}\\\"\"}]}\n]\n",
            TWO,
        )
        .says(&["'x'"]),
        taken("an empty JSON array", "[ ]", &[]).says(&["note: the file has no rows\n"]),
        taken(
            "a JSON array in UTF-16",
            utf16("[{\"protocolo\": \"é\", \"status\": \"Aberto\"}]", u16::to_le_bytes),
            &["é=Aberto"],
        )
        .says(&["read as UTF-16LE"]),
        refused(
            "an element that is none",
            "[{\"protocolo\": 1, \"status\": \"Aberto\"}, 7, null]",
            &["element 2: ", "element 3: "],
        ),
        refused(
            "a JSON array that is cut off",
            "[{\"protocolo\": 1, \"status\": \"Aberto\"},\n",
            &["line 2: ", "the JSON array"],
        ),
        refused(
            "a JSON array without commas",
            "[{\"protocolo\": 1, \"status\": \"Aberto\"}{}]",
            &["line 1: ", "the JSON array"],
        ),
        refused("more after the JSON array", "[]\n[]", &["line 2: ", "the JSON array"]),
        refused("a web page", "\n<html><table><tr><td>protocolo</td></tr></table></html>", &["HTML"]),
        refused("gzip", b"\x1f\x8b\x08\0\0\0", &["unpack it first"]),
        refused("PDF", b"%PDF-1.7\n", &["expected the CSV header"]),
    ]
}
