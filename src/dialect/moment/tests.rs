use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-28 12:00:05.25 UTC);

#[test]
fn a_time_is_known_by_its_form_and_written_so_again() {
    for (text, name) in [
        ("2026-11-28T12:00:05.250Z", "yyyy-MM-ddTHH:mm:ss.SSSZ"),
        ("2026-11-28T12:00:05.250+00:00", "yyyy-MM-ddTHH:mm:ss.SSSxxx"),
        ("2026-11-28T09:00:05.2500000-03:00", "yyyy-MM-ddTHH:mm:ss.SSSSSSSxxx em -03:00"),
        ("2026-11-28T09:00:05-0300", "yyyy-MM-ddTHH:mm:ssxx em -03:00"),
        ("2026-11-28T12:00:05Z", "yyyy-MM-ddTHH:mm:ssZ"),
        ("2026-11-28 12:00:05", "yyyy-MM-dd HH:mm:ss"),
        ("2026-11-28 12:00:05,250", "yyyy-MM-dd HH:mm:ss,SSS"),
        ("2026-11-28T12:00", "yyyy-MM-ddTHH:mm"),
        ("28/11/2026 09:00", "dd/MM/yyyy HH:mm em -03:00"),
        ("28/11/2026 09:00:05", "dd/MM/yyyy HH:mm:ss em -03:00"),
        ("28/11/2026, 09:00:05", "dd/MM/yyyy, HH:mm:ss em -03:00"),
        ("Sat, 28 Nov 2026 12:00:05 GMT", "EEE, dd MMM yyyy HH:mm:ss 'GMT'"),
        ("Sat, 28 Nov 2026 09:00:05 -0300", "EEE, dd MMM yyyy HH:mm:ss xx em -03:00"),
        ("Sat Nov 28 09:00:05 BRT 2026", "EEE MMM dd HH:mm:ss 'BRT' yyyy em -03:00"),
        ("28-Nov-2026", "dd-MMM-yyyy"),
        ("28-Nov-2026 09:00", "dd-MMM-yyyy HH:mm em -03:00"),
        ("28/11/2026 09h00", "dd/MM/yyyy HH'h'mm em -03:00"),
        ("11/28/2026 12:00:05 PM", "MM/dd/yyyy hh:mm:ss a"),
        ("11/28/2026 9:00:05 AM", "MM/dd/yyyy h:mm:ss a em -03:00"),
        ("Nov 28, 2026, 09:00:05 AM", "MMM dd, yyyy, hh:mm:ss a em -03:00"),
        ("28/11/2026 às 17:00", "dd/MM/yyyy às HH:mm em +05:00"),
        ("11/28/2026 12:00:05", "MM/dd/yyyy HH:mm:ss"),
        ("20261128T120005Z", "yyyyMMddTHHmmssZ"),
        ("28/11/2026", "dd/MM/yyyy"),
        ("28.11.2026", "dd.MM.yyyy"),
        ("2026-11-28", "yyyy-MM-dd"),
        ("12:00:05", "HH:mm:ss"),
        ("12:00", ""),
        ("20261128", ""),
        ("28/11/20261", ""),
        ("01/02/2020 09:00", ""),
        ("99/99/9999", ""),
        ("20261128000001", ""),
    ] {
        let found = Moment::find(text, NOW);
        let shown = found.as_ref().map(|(.., moment)| moment.to_string()).unwrap_or_default();
        assert_eq!(shown, name, "{text}");
        let Some((start, length, moment)) = found else { continue };
        assert_eq!((start, length), (0, text.len()), "{text}");
        assert_eq!(Moment::named(name).as_ref(), Some(&moment));
        assert_eq!(moment.written(NOW), text);
    }
}

#[test]
fn a_time_is_found_within_a_text() {
    let text = "Erro em 28/11/2026 09:00:05: é";
    let (start, length, moment) = Moment::find(text, NOW).unwrap();
    assert_eq!(
        (&text[start..start + length], moment.to_string().as_str()),
        ("28/11/2026 09:00:05", "dd/MM/yyyy HH:mm:ss em -03:00")
    );
    assert_eq!(Moment::find("Atendimento 2022-1104, de 1/2/2020, às 12:00", NOW), None);
}

#[test]
fn a_picture_has_to_say_a_time() {
    for name in [
        "",
        "x",
        "yy",
        "dd/MM/aaaa",
        "HH:mm em 3",
        "HH:mm em -99:00",
        "YYYY",
        "[hour]",
        "SSSSSSSSSS",
        "HH'",
        "HH'1'",
        "HH'[hour]'",
    ] {
        assert_eq!(Moment::named(name), None, "{name}");
    }
    assert!(Moment::named("HH'h'mm 'min'").is_some());
}

#[test]
fn times_in_the_words_and_the_numbers_of_other_servers_are_known() {
    let list = datetime!(2026-11-28 17:03:09.123 UTC);
    for (now, text, name) in [
        (NOW, "28/11/26 09:00", "dd/MM/yy HH:mm em -03:00"),
        (NOW, "28-11-26 12:00:05", "dd-MM-yy HH:mm:ss"),
        (NOW, "11/28/26, 9:00 AM", "MM/dd/yy, h:mm a em -03:00"),
        (NOW, "26-11-28", "yy-MM-dd"),
        (NOW, "2026-332", "yyyy-DDD"),
        (NOW, "28 de novembro de 2026", "dd 'de' MMMM 'de' yyyy pt"),
        (NOW, "28 de novembro de 2026 às 09:00:05", "dd 'de' MMMM 'de' yyyy às HH:mm:ss pt em -03:00"),
        (NOW, "28 de nov. de 2026, 09:00", "dd 'de' MMM. 'de' yyyy, HH:mm pt em -03:00"),
        (NOW, "28 DE novembro de 2026", ""),
        (NOW, "28 de Novembro de 2026", "dd 'de' MMMM 'de' yyyy Pt"),
        (NOW, "28/nov/2026", "dd/MMM/yyyy pt"),
        (NOW, "28/NOV/2026 12:00:05", "dd/MMM/yyyy HH:mm:ss PT"),
        (NOW, "28/nov/26", "dd/MMM/yy pt"),
        (NOW, "sáb, 28 nov 2026", "EEE, dd MMM yyyy pt"),
        (NOW, "sáb., 28 de nov. de 2026", "EEE., dd 'de' MMM. 'de' yyyy pt"),
        (NOW, "sábado, 28 de novembro de 2026", "EEEE, dd 'de' MMMM 'de' yyyy pt"),
        (NOW, "Sábado, 28 de Novembro de 2026 09h00", "EEEE, dd 'de' MMMM 'de' yyyy HH'h'mm Pt em -03:00"),
        (NOW, "sábado, 28/11/2026 12:00", "EEEE, dd/MM/yyyy HH:mm pt"),
        (NOW, "Saturday, November 28, 2026 at 12:00 PM", "EEEE, MMMM dd, yyyy 'at' hh:mm a"),
        (NOW, "28 de novembro de 2026, 09h00min05", "dd 'de' MMMM 'de' yyyy, HH'h'mm'min'ss pt em -03:00"),
        (NOW, "28 de novembro de 2026, 09h00min05s", "dd 'de' MMMM 'de' yyyy, HH'h'mm'min'ss's' pt em -03:00"),
        (NOW, "28-NOV-26 12.00.05.250000 PM", "dd-MMM-yy hh.mm.ss.SSSSSS a PT"),
        (NOW, "28-NOV-26 12.00.05 PM", "dd-MMM-yy hh.mm.ss a PT"),
        (NOW, "28/11/2026 | 09:00:05", "dd/MM/yyyy | HH:mm:ss em -03:00"),
        (NOW, "28/11/2026, hora 09:00", "dd/MM/yyyy, 'hora' HH:mm em -03:00"),
        (NOW, "28/11/2026 12.00.05", "dd/MM/yyyy HH.mm.ss"),
        (NOW, "28/11/2026 12:00:05.250 PM", "dd/MM/yyyy hh:mm:ss.SSS a"),
        (NOW, "09h00", "HH'h'mm em -03:00"),
        (NOW, "12h00min", "HH'h'mm'min'"),
        (NOW, "08h30", ""),
        (NOW, "28112026|120005", "ddMMyyyy|HHmmss"),
        (NOW, "20261128 090005", "yyyyMMdd HHmmss em -03:00"),
        (NOW, "20261128-090005", "yyyyMMdd-HHmmss em -03:00"),
        (NOW, "20261128-091705", ""),
        (NOW, "27112026|120005", ""),
        (datetime!(2026-11-29 01:30:05 UTC), "22:30:05", "HH:mm:ss em -03:00"),
        (datetime!(2026-11-29 01:30:05 UTC), "22h30", "HH'h'mm em -03:00"),
        (datetime!(2026-11-29 01:30:05 UTC), "28112026|223005", "ddMMyyyy|HHmmss em -03:00"),
        (datetime!(2026-11-28 23:30:05 UTC), "00:30:05", "HH:mm:ss em +01:00"),
        (NOW, "10.20.30.40", ""),
        (NOW, "12.00.05", ""),
        (NOW, "1795867205.250", "u.SSS"),
        (NOW, "1795867205", "u"),
        (NOW, "1795867205250", "uSSS"),
        (NOW, "1795867205250000", "uSSSSSS"),
        (NOW, "1595867205250000", ""),
        (NOW, "[2026,11,28,9,0,5,250000000]", "[yyyy,M,d,H,m,s,SSS] em -03:00"),
        (NOW, "[2026, 11, 28]", "[yyyy, M, d]"),
        (NOW, "[2026,11]", ""),
        (NOW, "[2026,11,28,9]", ""),
        (list, "[2026,11,28,14,3,9,123000000]", "[yyyy,M,d,H,m,s,SSS] em -03:00"),
        (
            datetime!(2026-11-28 17:03:09.123_456 UTC),
            "[2026,11,28,14,3,9,123456000]",
            "[yyyy,M,d,H,m,s,SSSSSS] em -03:00",
        ),
        (datetime!(2026-11-28 17:03 UTC), "[2026,11,28,14,3]", "[yyyy,M,d,H,m,s,SSS] em -03:00"),
        (datetime!(2026-11-28 17:00:09 UTC), "[2026,11,28,14,0,9]", "[yyyy,M,d,H,m,s,SSS] em -03:00"),
        (datetime!(2026-02-05 12:00 UTC), "quinta-feira, 5 de fevereiro de 2026", "EEEE, d 'de' MMMM 'de' yyyy pt"),
        (datetime!(2026-03-05 12:00 UTC), "5 de março de 2026 às 12:00", "d 'de' MMMM 'de' yyyy às HH:mm pt"),
    ] {
        let found = Moment::find(text, now);
        let shown = found.as_ref().map(|(.., moment)| moment.to_string()).unwrap_or_default();
        assert_eq!(shown, name, "{text}");
        let Some((start, length, moment)) = found else { continue };
        assert_eq!((start, length), (0, text.len()), "{text}");
        assert_eq!(Moment::named(name).as_ref(), Some(&moment));
        assert_eq!(moment.written(now), text);
    }
    assert_eq!(Moment::named("uSSSSSS").unwrap().written(OffsetDateTime::UNIX_EPOCH), "0");
    let (start, length, moment) = Moment::find("/Date(1795867205250-0300)/", NOW).unwrap();
    assert_eq!((start, length, moment.to_string().as_str()), (6, 13, "uSSS"));
}

/// Where two of its numbers are the same, or a name is the same in two languages.
#[test]
fn a_date_that_can_be_read_in_two_ways_is_the_usual_one_and_the_others_are_known() {
    for (now, text, name, others) in [
        (datetime!(2009-10-11 12:00 UTC), "11/10/09", "dd/MM/yy", &[][..]),
        (datetime!(2026-11-26 12:00 UTC), "26/11/26", "dd/MM/yy", &["yy/MM/dd"]),
        (datetime!(2026-11-11 12:00 UTC), "11/11/26", "dd/MM/yy", &["MM/dd/yy"]),
        (datetime!(2011-11-11 12:00 UTC), "11/11/11", "dd/MM/yy", &["MM/dd/yy", "yy/MM/dd"]),
        (datetime!(2026-11-26 12:00 UTC), "26-11-26 12:00:00", "dd-MM-yy HH:mm:ss", &["yy-MM-dd HH:mm:ss"]),
        (datetime!(2026-11-11 12:00 UTC), "11/11/2026", "dd/MM/yyyy", &["MM/dd/yyyy"]),
        (datetime!(2026-12-11 12:00 UTC), "11/12/26", "dd/MM/yy", &[]),
        (datetime!(2026-11-12 12:00 UTC), "11/12/26", "MM/dd/yy", &[]),
        (NOW, "28-Nov-2026", "dd-MMM-yyyy", &["dd-MMM-yyyy Pt"]),
        (datetime!(2026-12-11 12:00 UTC), "11-Dec-2026", "dd-MMM-yyyy", &[]),
    ] {
        let (_, _, moment) = Moment::find(text, now).unwrap();
        assert_eq!(moment.to_string(), name, "{text}");
        let found: Vec<String> = moment.others(now).iter().map(ToString::to_string).collect();
        assert_eq!(found, others, "{text}");
    }
}

/// Each date with each clock and each sign between the two: what is written by a picture is read as that.
#[test]
fn a_time_is_known_whatever_stands_between_its_parts() {
    const DATES: [&str; 34] = [
        "yyyy-MM-dd",
        "yyyy/MM/dd",
        "yyyy.MM.dd",
        "yyyy_MM_dd",
        "yyyy MM dd",
        "dd/MM/yyyy",
        "dd-MM-yyyy",
        "dd.MM.yyyy",
        "dd_MM_yyyy",
        "dd / MM / yyyy",
        "MM/dd/yyyy",
        "MM-dd-yyyy",
        "dd/MM/yy",
        "dd.MM.yy",
        "dd-MM-yy",
        "MM/dd/yy",
        "yyyy-DDD",
        "yyyy/DDD",
        "yyyy.DDD",
        "yyyyDDD",
        "yyyyMMdd",
        "ddMMyyyy",
        "YYYY-Www-e",
        "YYYYWwwe",
        "dd-MMM-yyyy",
        "dd/MMM/yyyy",
        "dd MMM yyyy",
        "ddMMMyyyy",
        "dd.MMM.yy",
        "yyyy-MMM-dd",
        "MMM dd, yyyy",
        "EEEE, MMMM dd, yyyy",
        "EEE, dd MMM yyyy",
        "EEE. dd/MM/yyyy",
    ];
    const CLOCKS: [&str; 32] = [
        "HH:mm:ss",
        "HH:mm:ss.SSS",
        "HH:mm:ss,SS",
        "HH:mm:ss.SSSSSSSSS",
        "HH:mm",
        "HH.mm.ss",
        "HH-mm-ss",
        "HH_mm_ss",
        "HH mm ss",
        "HHmmss",
        "HHmmss.SSS",
        "hh:mm:ss a",
        "hh:mm:ss aa",
        "hh:mmaa",
        "hh.mm.ss.SSS a",
        "hh:mm\u{202f}a",
        "HH'h'mm",
        "HH'H'mm",
        "HH'h'mm'm'",
        "HH'h'mm'min'",
        "HH'h'mm'm'ss",
        "HH'h'mm'm'ss's'",
        "HH'h'mm'min'ss'seg'",
        "HH'h' mm'm' ss's'",
        "HH 'h' mm 'min' ss",
        "HH'h'mm:ss",
        "HH 'horas' 'e' mm 'minutos' 'e' ss",
        "HH:mm'h'",
        "HH:mm:ss'hs'",
        "HH:mm:ssZ",
        "HH:mm:ssxxx",
        "HH:mm:ss xx",
    ];
    const BETWEEN: [&str; 18] =
        ["T", " ", "-", "_", ", ", " - ", " às ", " 'at' ", ":", ";", "|", " | ", "/", ".", " @ ", "+", "*", " – "];
    let now = datetime!(2026-11-30 02:47:17.123456789 UTC);
    let later = now + Duration::hours(50) + Duration::seconds(71);
    let mut others = Vec::new();
    for date in DATES {
        for clock in CLOCKS {
            for between in BETWEEN {
                let name = format!("{date}{between}{clock}");
                let zone = if clock.ends_with('Z') { "" } else { " em -03:00" };
                let meant = Moment::named(&format!("{name}{zone}")).unwrap();
                let text = meant.written(now);
                let is_found = Moment::find(&text, now).is_some_and(|(start, length, moment)| {
                    (start, length) == (0, text.len())
                        && [now, later].iter().all(|time| moment.written(*time) == meant.written(*time))
                });
                others.extend((!is_found).then_some((name, text)));
            }
        }
    }
    assert!(others.is_empty(), "{} {:?}", others.len(), &others[..others.len().min(30)]);
}

#[test]
fn weeks_and_days_of_the_year_are_times() {
    for (text, name) in [
        ("2026-W48-6", "YYYY-Www-e"),
        ("2026-W48", "YYYY-Www"),
        ("2026W486", "YYYYWwwe"),
        ("2026W48", "YYYYWww"),
        ("2026/332", "yyyy/DDD"),
        ("2026-332T12:00:05Z", "yyyy-DDDTHH:mm:ssZ"),
        ("2026-W48-6T12:00:05Z", "YYYY-Www-eTHH:mm:ssZ"),
        ("2026-W46", ""),
        ("2026-W48-7.", "-"),
        ("2026/330", ""),
    ] {
        let found = Moment::find(text, NOW).map(|(.., moment)| moment.to_string());
        if name != "-" {
            assert_eq!(found.unwrap_or_default(), name, "{text}");
        }
    }
    assert!(Moment::named("YYYY-Www").unwrap().is_date() && Moment::named("yyyy-DDD").unwrap().is_date());
}

#[test]
fn what_only_looks_like_a_time_is_none() {
    for text in [
        "v1.26.11",
        "10.26.11.28",
        "26 11 28",
        "duração 0:00:05",
        "1-2-3",
        "2026-000123",
        "20261128-0007",
        "28 de 11",
        "11 chamados de 28 em 2026",
        "2026",
        "28",
        "2026-11",
        "2026 332",
        "28/11",
        "12 30 45",
        "20261128",
        "2026332",
    ] {
        assert_eq!(Moment::find(text, NOW), None, "{text}");
    }
}
