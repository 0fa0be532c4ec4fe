use super::*;

fn snapshot(status: Status) -> Snapshot {
    Snapshot {
        atendimentos: HashMap::from([("1".to_owned(), Atendimento { id: 7, status, revisao: 3 })]),
        motivos: HashMap::from([("duplicado".to_owned(), 9)]),
    }
}

fn request(status: &str, motivo: Option<&str>) -> ChangeRequest {
    ChangeRequest {
        protocolo: "1".to_owned(),
        status: status.to_owned(),
        motivo: motivo.and_then(NameKey::non_blank),
        comentario: None,
        expected: None,
        revisions: None,
        idempotency: None,
        usuario_id: 5,
        rules: Rules::default(),
    }
}

/// The contract's sentence, written down a second time as a table: rows from, columns to.
#[rustfmt::skip]
const MOTIVO_REQUIRED: [[bool; 5]; 5] = [
    // Aberto  Em at.  Canc.  Improc. Final.
    [false,    false,  true,  true,   false], // Aberto
    [false,    false,  true,  true,   false], // Em atendimento
    [false,    false,  true,  true,   false], // Cancelado
    [false,    false,  true,  true,   false], // Improcedente
    [true,     true,   true,  true,   false], // Finalizado
];

#[test]
fn every_transition_with_every_kind_of_motivo() {
    for (de, row) in Status::ALL.into_iter().zip(MOTIVO_REQUIRED) {
        for (para, required) in Status::ALL.into_iter().zip(row) {
            let outcome = |motivo| decide(&snapshot(de), &request(para.nome(), motivo)).map(|change| change.motivo_id);
            let (absent, unknown) = match required {
                true => (Err(Denial::MotivoRequired), Err(Denial::MotivoNotFound)),
                false => (Ok(None), Ok(None)),
            };
            assert_eq!(outcome(None), absent, "{de} to {para}, no motivo");
            assert_eq!(outcome(Some(" ")), absent, "{de} to {para}, blank motivo");
            assert_eq!(outcome(Some("Outro")), unknown, "{de} to {para}, unregistered motivo");
            assert_eq!(outcome(Some(" DUPLICADO ")), Ok(Some(9)), "{de} to {para}, registered motivo");
        }
    }
}

#[test]
fn the_transitions_shown_are_those_that_are_made() {
    for (de, row) in Status::ALL.into_iter().zip(MOTIVO_REQUIRED) {
        let expected: Vec<_> = Status::ALL
            .into_iter()
            .zip(row)
            .map(|(para, motivo_obrigatorio)| Transicao { para, motivo_obrigatorio })
            .collect();
        assert_eq!(transicoes(de, Rules::default()), expected, "{de}");
    }
}

#[test]
fn the_atendimento_is_looked_up_before_the_status_is_judged() {
    let mut unknown = request("Nenhum", None);
    unknown.protocolo = "2".to_owned();
    assert_eq!(decide(&snapshot(Status::Aberto), &unknown), Err(Denial::AtendimentoNotFound));
    assert_eq!(decide(&snapshot(Status::Aberto), &request("Nenhum", None)), Err(Denial::StatusNotFound));
}

#[test]
fn a_change_says_everything_that_is_recorded() {
    let comentario = Comentario { texto: "olá".into(), visivel_cliente: true };
    let mut asked = request(" finalizado ", Some("duplicado"));
    asked.comentario = Some(comentario.clone());
    assert_eq!(
        decide(&snapshot(Status::Aberto), &asked),
        Ok(Change {
            atendimento_id: 7,
            revisao: 4,
            de: Status::Aberto,
            para: Status::Finalizado,
            motivo_id: Some(9),
            usuario_id: Some(5),
            idempotency: None,
            comentario: Some(comentario),
        })
    );
}

#[test]
fn a_second_change_is_decided_on_the_first_ones_result() {
    let mut known = snapshot(Status::Aberto);
    let first = decide(&known, &request("Finalizado", None)).unwrap();
    known.apply("1", &first);
    assert_eq!(decide(&known, &request("Aberto", None)), Err(Denial::MotivoRequired));
    let second = decide(&known, &request("Aberto", Some("Duplicado"))).unwrap();
    assert_eq!((second.de, second.revisao), (Status::Finalizado, 5));
}

#[test]
fn status_names_and_codes_are_one_to_one() {
    for status in Status::ALL {
        assert_eq!(Status::from_nome(&format!(" {} ", status.nome().to_uppercase())), Some(status));
        assert_eq!(Status::from_code(status.code()), Some(status));
    }
    assert_eq!(Status::from_nome("Em  atendimento"), None);
    assert_eq!(Status::from_nome(""), None);
    assert_eq!(Status::from_code(0), None);
    assert_eq!(Status::from_code(6), None);
}

#[test]
fn an_expected_status_is_compared_after_the_status_name_and_before_the_motivo() {
    let expecting = |status: &str, expected| ChangeRequest { expected: Some(expected), ..request(status, None) };
    let finalizado = snapshot(Status::Finalizado);
    assert!(decide(&finalizado, &expecting("Finalizado", Status::Finalizado)).is_ok());
    let other = Err(Denial::StatusDiffers(Status::Finalizado));
    assert_eq!(decide(&finalizado, &expecting("Aberto", Status::Aberto)), other);
    assert_eq!(decide(&finalizado, &expecting("?", Status::Aberto)), Err(Denial::StatusNotFound));
    assert_eq!(decide(&finalizado, &expecting("Aberto", Status::Finalizado)), Err(Denial::MotivoRequired));
}

#[test]
fn a_revision_read_is_compared_after_the_expected_status_and_before_the_motivo() {
    let finalizado = snapshot(Status::Finalizado);
    let read = |revisions: &[i64]| ChangeRequest { revisions: Some(revisions.to_vec()), ..request("Aberto", None) };
    assert_eq!(decide(&finalizado, &read(&[1, 3])), Err(Denial::MotivoRequired));
    let other = Err(Denial::RevisionDiffers(finalizado.atendimentos["1"]));
    assert_eq!(decide(&finalizado, &read(&[2, 4])), other);
    assert_eq!(decide(&finalizado, &read(&[])), other);
    let both = ChangeRequest { expected: Some(Status::Aberto), ..read(&[2]) };
    assert_eq!(decide(&finalizado, &both), Err(Denial::StatusDiffers(Status::Finalizado)));
}

#[test]
fn the_same_status_is_refused_where_the_rules_say_so() {
    let rules = Rules { same_status: SameStatus::Refused, ..Rules::default() };
    for de in Status::ALL {
        for para in Status::ALL {
            let asked = ChangeRequest { rules, ..request(para.nome(), Some("duplicado")) };
            assert_eq!(
                decide(&snapshot(de), &asked).err(),
                (de == para).then_some(Denial::SameStatus),
                "{de} to {para}"
            );
        }
        assert_eq!(transicoes(de, rules).len(), 4);
    }
    let expecting = ChangeRequest { rules, expected: Some(Status::Aberto), ..request("Finalizado", None) };
    let other = Err(Denial::StatusDiffers(Status::Finalizado));
    assert_eq!(decide(&snapshot(Status::Finalizado), &expecting), other);
}

#[test]
fn each_rule_for_motivos_holds_where_it_applies() {
    let decided = |rules, status, motivo| {
        decide(&snapshot(Status::Aberto), &ChangeRequest { rules, ..request(status, motivo) })
            .map(|change| change.motivo_id)
    };
    let (needed, unneeded) = ("Cancelado", "Finalizado");
    let checked = Rules { unneeded_motivo: UnneededMotivo::Checked, ..Rules::default() };
    let refused = Rules { unneeded_motivo: UnneededMotivo::Refused, ..Rules::default() };
    let ignored = Rules { unknown_motivo: UnknownMotivo::Ignored, ..Rules::default() };
    for (rules, status, motivo, outcome) in [
        (checked, unneeded, Some("Outro"), Err(Denial::MotivoNotFound)),
        (checked, unneeded, Some("Duplicado"), Ok(Some(9))),
        (checked, unneeded, Some(" "), Ok(None)),
        (checked, needed, Some("Outro"), Err(Denial::MotivoNotFound)),
        (refused, unneeded, Some("Duplicado"), Err(Denial::MotivoUnneeded)),
        (refused, unneeded, None, Ok(None)),
        (refused, needed, Some("Duplicado"), Ok(Some(9))),
        (ignored, needed, Some("Outro"), Ok(None)),
        (ignored, needed, Some("Duplicado"), Ok(Some(9))),
        (ignored, needed, None, Err(Denial::MotivoRequired)),
    ] {
        assert_eq!(decided(rules, status, motivo), outcome, "{rules:?} {status} {motivo:?}");
    }
}

#[test]
fn what_is_refused_for_certain_is_refused_in_each_status() {
    for (status, motivo, denial) in [
        ("Aberto", None, None),
        ("Finalizado", Some("x"), None),
        ("Cancelado", Some("x"), None),
        ("Cancelado", None, Some(Denial::MotivoRequired)),
        ("Resolvido", Some("x"), Some(Denial::StatusNotFound)),
    ] {
        let asked = request(status, motivo);
        assert_eq!(certain_denial(&asked), denial, "{status}");
        // Where the client names a status, that is the one that counts.
        let expected = Some(Status::Aberto);
        assert_eq!(certain_denial(&ChangeRequest { expected, ..asked.clone() }), denial, "{status}");
        let rules = Rules { same_status: SameStatus::Refused, ..Rules::default() };
        assert_eq!(certain_denial(&ChangeRequest { rules, ..asked }), denial, "{status}");
    }
    let rules = Rules { unneeded_motivo: UnneededMotivo::Refused, ..Rules::default() };
    let unneeded = ChangeRequest { rules, ..request("Finalizado", Some("x")) };
    assert_eq!(certain_denial(&unneeded), Some(Denial::MotivoUnneeded));
    assert_eq!(certain_denial(&ChangeRequest { rules, ..request("Aberto", Some("x")) }), None);
    let read = |revisions| ChangeRequest { revisions: Some(revisions), ..request("Aberto", None) };
    assert_eq!(certain_denial(&read(vec![4])), None);
    assert!(matches!(certain_denial(&read(vec![])), Some(Denial::RevisionDiffers(_))));
}
