//! What spreadsheets make of a protocolo.

use super::{Case, refused, taken};

const ONE: &[&str] = &["20221104000001=Aberto"];
const AS_TEXT: &str = "format the column as text";

pub fn cases() -> Vec<Case> {
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
            "[{\"protocolo\": 20221104000001, \"status\": \"Aberto\"}, \
             {\"protocolo\": 20221104000002.0, \"status\": \"Aberto\"}, \
             {\"protocolo\": 2.0221104000003E13, \"status\": \"Aberto\"}, \
             {\"protocolo\": 20221104000001234567, \"status\": \"Aberto\"}]",
            &["20221104000001=Aberto", "20221104000002=Aberto", "20221104000003=Aberto", "20221104000001234567=Aberto"],
        ),
        refused(
            "JSON numbers cut short",
            "{\"protocolo\": 2.02211E+13, \"status\": \"Aberto\"}\n\
             {\"protocolo\": \"2,02211E+13\", \"status\": \"Aberto\"}\n",
            &["line 1: ", "'2.02211E+13'", "line 2: ", "'2,02211E+13'", AS_TEXT],
        ),
        refused(
            "JSON numbers that are none",
            "{\"protocolo\": 1.5, \"status\": \"Aberto\"}\n{\"protocolo\": -1, \"status\": \"Aberto\"}\n",
            &["line 1: ", "'1.5'", "line 2: ", "'-1'"],
        ),
    ]
}
