//! Which columns are read, and what their cells may hold.

use super::{Case, TWO, refused, taken};

pub fn cases() -> Vec<Case> {
    vec![
        taken("any case and order", "STATUS;Protocolo\nAberto;1\nEm atendimento;2\n", TWO),
        taken("accents", "Prótocolo,STÁTUS\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("accents composed", "Pro\u{301}tocolo,Sta\u{301}tus\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("blanks around", " Protocolo ,\u{a0}\"status\"\u{a0}\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("line breaks inside", "\"Protocolo\n\",\"\r\nStatus\"\n1,Aberto\n2,Em atendimento\n", TWO),
        taken("others are ignored", "id,protocolo,cliente,status\n7,1,Ana,Aberto\n8,2,,Em atendimento\n", TWO)
            .says(&["columns ignored: 'id', 'cliente'"]),
        taken(
            "other members too",
            "{\"ID\":1,\"Protocolo\":\"1\",\"STATUS\":\"Aberto\"}\n\
             {\"id\":2,\"ID\":3,\"protocolo\":2,\"status\":\"Em atendimento\"}",
            TWO,
        )
        .says(&["columns ignored: 'ID'\n", "columns ignored: 'id'\n"]),
        taken(
            "line breaks in an ignored column",
            "protocolo,obs,status\n1,\"a\nb, \"\"c\"\"\r\n\",Aberto\n2,,Em atendimento\n",
            TWO,
        )
        .says(&["'obs'"]),
        taken("other names", "numero;Situação Atual;status\n1;Aberto;x\n2;Em atendimento;y\n", TWO)
            .with(&["--coluna-protocolo", "Número", "--coluna-status", "SITUACAO ATUAL"])
            .says(&["columns ignored: 'status'"]),
        taken("the degree sign", "N\u{b0} protocolo;status\n1;Aberto\n2;Em atendimento\n", TWO)
            .with(&["--coluna-protocolo", "N\u{ba} protocolo"]),
        refused(
            "a title above",
            "Atendimentos\nprotocolo,status\n1,Aberto\n",
            &["line 1: ", "found: 'Atendimentos'", "delete the rows above the header"],
        ),
        taken("other names of members", "[{\"Nº\": 1, \"situação\": \"Aberto\"}]", &["1=Aberto"]).with(&[
            "--coluna-protocolo",
            "nº",
            "--coluna-status",
            "SITUACAO",
        ]),
        taken(
            "empty rows and cells",
            "protocolo,status,,\n\n1,Aberto,,,,\n,,,\n\u{a0},\u{200b}\n2,Em atendimento\n , \n",
            TWO,
        ),
        refused(
            "no such column",
            "protocolo;situação\n1;Aberto\n",
            &[
                "line 1: expected the CSV header `protocolo,status`",
                "found: 'protocolo', 'situação'",
                "--coluna-status",
            ],
        ),
        refused(
            "not that column either",
            "protocolo;situação\n1;Aberto\n",
            &["`protocolo,estado`", "found: 'protocolo', 'situação'"],
        )
        .with(&["--coluna-status", "estado"]),
        refused(
            "a column twice",
            "protocolo,Status,STATUS\n1,Aberto,Cancelado\n",
            &["line 1: the column 'Status' appears twice", "'STATUS'"],
        ),
        refused("one column for both", "protocolo,status\n1,Aberto\n", &["the same column"])
            .with(&["--coluna-status", "Protocolo"]),
        refused(
            "a member twice",
            "{\"protocolo\":1,\"Protocolo\":2,\"status\":\"Aberto\"}",
            &["line 1: the column 'protocolo' appears twice", "'Protocolo'"],
        ),
        refused("a cell too many", "protocolo,status\n1,Aberto,oops\n", &["line 2: fields: 3, expected 2", "'oops'"]),
        refused("a cell too few", "protocolo,x,status\n1,x\n", &["line 2: fields: 2, expected 3"]),
        refused(
            "a status that is none",
            "protocolo,status\n1,Resolvido\n",
            &["line 2: unknown status 'Resolvido'; one of: Aberto"],
        ),
        refused("no status", "protocolo,status\n1,\n", &["line 2: status is missing"]),
        refused(
            "a quote without its end",
            "protocolo,status\n\"1,Aberto\n2,Aberto\n",
            &["line 2: a quote without its end", "can't be: 1;"],
        ),
        refused(
            "a quote that ends too early",
            "protocolo,status\n\"1,Aberto\n\"2,Aberto\n",
            &["line 2: ", "line 3: a quote without its end"],
        ),
        refused(
            "a row number counts all lines",
            "protocolo,x,status\n1,\"\n\n\",Aberto\n2,,Feito\n",
            &["line 5: unknown status 'Feito'"],
        ),
    ]
}
