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

/// The order of day, month and year can't be told where two of the numbers are the same.
#[test]
fn a_short_date_that_can_be_read_in_two_ways_is_not_guessed() {
    for (now, text) in [
        (datetime!(2009-10-11 12:00 UTC), "11/10/09"),
        (datetime!(2026-11-26 12:00 UTC), "26/11/26"),
        (datetime!(2026-11-11 12:00 UTC), "11/11/26"),
        (datetime!(2026-11-26 12:00 UTC), "26-11-26 12:00:00"),
    ] {
        let found = Moment::find(text, now).map(|(.., moment)| moment.to_string());
        match text {
            // Of the three readings, one alone is about now.
            "11/10/09" => assert_eq!(found.as_deref(), Some("dd/MM/yy")),
            _ => assert!(found.is_none_or(|name| name == "HH:mm:ss"), "{text}"),
        }
        assert_eq!(Moment::read("26/11/26", datetime!(2026-11-26 12:00 UTC)), None);
    }
}
