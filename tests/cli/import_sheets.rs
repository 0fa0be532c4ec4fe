//! What people keep in workbooks: `.xlsx`, `.xls` and `.ods`.

use std::io::{Cursor, Write};
use std::path::PathBuf;

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::import_texts::understood;
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Outcome, run, run_with};

fn import(database: &Database, file: impl AsRef<[u8]>, flags: &[&str]) -> Outcome {
    run_with(database, &[], &[&["atendimento", "importar", "-"], flags].concat(), file)
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A workbook with one sheet, which `fill` fills.
fn xlsx(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

/// A sheet with these values as protocolos in column A from row 2 on, each with a status.
fn xlsx_of(values: &[f64]) -> Vec<u8> {
    xlsx(|sheet| {
        sheet.write_row(0, 0, ["protocolo", "status"]).unwrap();
        for (row, value) in (1..).zip(values) {
            sheet.write(row, 0, *value).unwrap().write(row, 1, "Aberto").unwrap();
        }
    })
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook as other programs write it: one sheet of these rows, and its main part under this name,
/// in which the sheet is of this state.
fn xlsx_with_main(main: &str, state: &str, rows: &str) -> Vec<u8> {
    let relations = |kind: &str, target: &str| {
        format!(
            r#"<Relationships xmlns="r"><Relationship Id="r1" Type="http://x/relationships/{kind}" Target="{target}"/></Relationships>"#
        )
    };
    zipped(&[
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", &relations("officeDocument", &format!("xl/{main}"))),
        (
            &format!("xl/{main}"),
            &format!(
                r#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Plan" sheetId="1" state="{state}" r:id="r1"/></sheets></workbook>"#
            ),
        ),
        (&format!("xl/_rels/{main}.rels"), &relations("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", &format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")),
    ])
}

/// A row of text cells for [`xlsx_with_main`].
fn texts(cells: [&str; 2]) -> String {
    let cell = |text| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
    format!("<row>{}</row>", cells.map(cell).concat())
}

/// A LibreOffice workbook with one sheet of these rows.
fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body>
        <office:spreadsheet><table:table table:name="Plan">{rows}</table:table></office:spreadsheet></office:body>
        </office:document-content>"#
    );
    let manifest = r#"<?xml version="1.0"?><manifest:manifest xmlns:manifest="m"></manifest:manifest>"#;
    zipped(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", manifest),
        ("content.xml", &content),
    ])
}

async fn xlsx_with_all_kinds_of_cells(database: &Database) {
    let file = xlsx(|sheet| {
        // The first row that holds anything is the header; rows count as the spreadsheet counts them.
        sheet.write_row(2, 1, ["Cliente", "STATUS ", "Protocolo"]).unwrap();
        sheet.write_row(3, 1, ["Ana", "aberto", "'20221104000001"]).unwrap();
        sheet.write(5, 2, "Em atendimento").unwrap().write(5, 3, 20_221_104_000_002_f64).unwrap();
        sheet.write(6, 2, "Aberto").unwrap().write(6, 3, Formula::new("=1+1").set_result("20221104000003")).unwrap();
        sheet
            .write(7, 2, "Aberto")
            .unwrap()
            .write(7, 3, Formula::new("=1+1").set_result("=\"20221104000004\""))
            .unwrap();
        sheet.write(8, 2, "  ").unwrap();
    });
    let outcome = import(database, &file, &["--dry-run"]);
    assert_eq!(
        understood(&outcome),
        ["20221104000001=Aberto", "20221104000002=Em atendimento", "20221104000003=Aberto", "20221104000004=Aberto",],
        "{outcome:?}"
    );
    assert!(outcome.stderr.contains("the sheet 'Sheet1'") && outcome.stderr.contains("memory"), "{outcome:?}");
    assert!(outcome.stderr.contains("columns ignored: 'Cliente'\n"), "{outcome:?}");
    assert!(import(database, &file, &[]).stdout.contains("new: 4,"));
    assert!(run(database, &["atendimento", "mostrar", "20221104000002"]).stdout.contains("Em atendimento"));
}

async fn cells_that_are_no_protocolo(database: &Database) {
    let file = xlsx(|sheet| {
        let date = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_row(0, 0, ["protocolo", "status"]).unwrap();
        sheet.write(1, 0, 20_221_104_000_001_234_f64).unwrap();
        sheet.write(2, 0, 1.5).unwrap();
        sheet.write(3, 0, -1).unwrap();
        sheet.write_with_format(4, 0, ExcelDateTime::from_ymd(2022, 11, 4).unwrap(), &date).unwrap();
        sheet.write(5, 0, true).unwrap();
        sheet.write(6, 0, "2,02211E+13").unwrap();
        sheet.write(7, 0, Formula::new("=NA()").set_result("#N/A")).unwrap();
        sheet.write(9, 0, "9").unwrap().write(9, 1, 5).unwrap();
        (1..8).for_each(|row| _ = sheet.write(row, 1, "Aberto").unwrap());
        sheet.write(10, 0, "10").unwrap();
        sheet.write(11, 1, "Aberto").unwrap();
    });
    import(database, file, &[]).fails(
        1,
        &[
            // 20221104000001234, as far as a number keeps it.
            "row 2: protocolo '20221104000001230' is a number of more than the 15 digits",
            "format the column as text",
            "row 3: '1.5' is no protocolo",
            "row 4: '-1' is no protocolo",
            "row 5: protocolo is a date",
            "row 6: 'TRUE' is no protocolo",
            "row 7: protocolo '2,02211E+13'",
            "row 8: '#N/A' is no protocolo",
            "row 10: unknown status '5'; one of: ",
            "row 11: status is missing",
            "row 12: protocolo is missing",
            "can't be: 10;",
        ],
    );
}

async fn numbers_of_15_digits_and_no_more(database: &Database) {
    let outcome = import(database, xlsx_of(&[999_999_999_999_999_f64, 0.0]), &["--dry-run"]);
    assert_eq!(understood(&outcome), ["999999999999999=Aberto", "0=Aberto"], "{outcome:?}");
    let outcome = import(database, xlsx_of(&[1e15, 1e15]), &[]);
    outcome.fails(1, &["row 2: protocolo '1000000000000000' is a number of more than the 15 digits", "row 3: "]);
    assert!(!outcome.stderr.contains("--atualizar"), "{outcome:?}");
}

async fn formulas_without_their_results(database: &Database) {
    let formula = |value: &str| format!("<c><f>A9</f>{value}</c>");
    let aberto = r#"<c t="inlineStr"><is><t>Aberto</t></is></c>"#;
    let rows = [
        texts(["protocolo", "status"]),
        format!("<row>{}{}</row>", formula("<v></v>"), formula("")),
        format!("<row>{}{aberto}</row>", formula("<v/>")),
        format!("<row>{}{aberto}</row>", formula("<v>0</v>")),
        texts(["1", "Aberto"]),
        // What a spreadsheet keeps of a formula that comes to nothing.
        format!("<row>{0}{0}</row>", r#"<c t="str"><f>""</f><v></v></c>"#),
        // In another column.
        format!("<row><c/><c/>{}</row>", formula("")),
        texts(["2", "Aberto"]),
    ]
    .concat();
    let said = "a formula without its result; open the file in a spreadsheet and save it there";
    let outcome =
        import(database, xlsx_with_main("workbook.xml", "visible", &rows), &["--dry-run", "--ignorar-invalidos"]);
    assert_eq!(understood(&outcome), ["1=Aberto", "2=Aberto"], "{outcome:?}");
    for row in 2..5 {
        assert!(outcome.stderr.contains(&format!("row {row}: {said}")), "{outcome:?}");
    }
    assert!(outcome.stdout.contains("skipped: 3"), "{outcome:?}");
    // XlsxWriter keeps 0 for all of them.
    let file = xlsx(|sheet| {
        sheet.write_row(0, 0, ["protocolo", "status"]).unwrap();
        for row in 1..3 {
            sheet.write(row, 0, Formula::new("=D1")).unwrap().write(row, 1, "Aberto").unwrap();
        }
    });
    let outcome = import(database, file, &[]);
    outcome.fails(1, &["row 2: a formula without its result", "row 3: a formula without its result"]);
    assert!(!outcome.stderr.contains("--atualizar"), "{outcome:?}");
}

async fn formulas_without_their_results_in_ods(database: &Database) {
    let text = |text: &str| {
        format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#)
    };
    let formula = r#"<table:table-cell table:formula="of:=[.A9]"/>"#;
    let row = |cells: &[&str]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let rows =
        [row(&[&text("protocolo"), &text("status")]), row(&[formula, formula]), row(&[&text("1"), &text("Aberto")])]
            .concat();
    let outcome = import(database, ods(&rows), &["--dry-run", "--ignorar-invalidos"]);
    assert_eq!(understood(&outcome), ["1=Aberto"], "{outcome:?}");
    assert!(outcome.stderr.contains("row 2: a formula without its result"), "{outcome:?}");
}

async fn texts_of_sheets_that_look_like_numbers(database: &Database) {
    let file = xlsx(|sheet| {
        for (row, protocolo) in (0..).zip(["protocolo", "12E3", "1E5", "0012"]) {
            sheet.write(row, 0, protocolo).unwrap().write(row, 1, if row == 0 { "status" } else { "Aberto" }).unwrap();
        }
    });
    let outcome = import(database, file, &["--dry-run"]);
    assert_eq!(understood(&outcome), ["12E3=Aberto", "1E5=Aberto", "0012=Aberto"], "{outcome:?}");
}

async fn a_main_part_of_another_name(database: &Database) {
    let rows = [texts(["protocolo", "status"]), texts(["1", "Aberto"])].concat();
    for main in ["workbook2.xml", "Workbook.xml", "book.xml"] {
        let outcome = import(database, xlsx_with_main(main, "visible", &rows), &["--dry-run"]);
        assert_eq!(understood(&outcome), ["1=Aberto"], "{main}: {outcome:?}");
    }
}

async fn sheets_to_show_and_rows_to_delete(database: &Database) {
    let hidden = xlsx_with_main("workbook.xml", "hidden", &texts(["protocolo", "status"]));
    let mut book = Workbook::new();
    book.add_worksheet().write(0, 0, "Atendimentos de 2022").unwrap().write_row(1, 0, ["protocolo", "status"]).unwrap();
    let titled = book.save_to_buffer().unwrap();
    import(database, titled, &[]).fails(1, &["'Atendimentos de 2022'", "delete the rows above the header"]);
    import(database, hidden, &[]).fails(1, &["all sheets", "hidden"]);
}

async fn the_first_sheet_with_the_columns(database: &Database) {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Capa").unwrap().write(0, 0, "Exportação").unwrap();
    book.add_worksheet().set_name("Velha").unwrap().set_hidden(true).write_row(0, 0, ["protocolo", "status"]).unwrap();
    let sheet = book.add_worksheet().set_name("Dados\u{202e}").unwrap();
    sheet.write_row(0, 0, ["Nº", "Situação"]).unwrap().write_row(1, 0, ["1", "Aberto"]).unwrap();
    let file = book.save_to_buffer().unwrap();
    let outcome = import(database, &file, &["--dry-run", "--coluna-protocolo", "nº", "--coluna-status", "situacao"]);
    assert_eq!(understood(&outcome), ["1=Aberto"], "{outcome:?}");
    assert!(outcome.stderr.contains("the sheet 'Dados\\u{202e}', one of 3"), "{outcome:?}");
    import(database, &file, &[])
        .fails(1, &["expected the columns `protocolo,status`", "'Exportação'", "'Nº', 'Situação'"]);
}

async fn xls(database: &Database) {
    let file = fixture("atendimentos.xls");
    let args = ["atendimento", "importar", file.to_str().unwrap(), "--dry-run", "--ignorar-invalidos"];
    let outcome = run(database, &args);
    assert_eq!(understood(&outcome), ["20221104000001=Aberto", "20221104000002=Finalizado"], "{outcome:?}");
    assert!(outcome.stderr.contains("the sheet 'Dados', one of 2"), "{outcome:?}");
    assert!(
        outcome.stderr.contains("row 7: protocolo '20221104000001230' is a number of more than the 15 digits"),
        "{outcome:?}"
    );
}

async fn ods_from_libreoffice(database: &Database) {
    let text = |text: &str| {
        format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#)
    };
    let number = |number: &str| {
        format!(
            r#"<table:table-cell office:value-type="float" office:value="{number}"><text:p>x</text:p></table:table-cell>"#
        )
    };
    let row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let empty = "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell table:number-columns-repeated=\"1024\"/></table:table-row>";
    let rows = [
        &row(&[text("status"), text("protocolo")]),
        empty,
        &row(&[text("Aberto"), text("1")]),
        &row(&[text("Aberto"), number("20221104000002")]),
        &row(&[text("Aberto"), number("20221104000002000")]),
        empty,
    ]
    .concat();
    let outcome = import(database, ods(&rows), &["--dry-run", "--ignorar-invalidos"]);
    assert_eq!(understood(&outcome), ["1=Aberto", "20221104000002=Aberto"], "{outcome:?}");
    assert!(
        outcome.stderr.contains("row 7: protocolo '20221104000002000' is a number of more than the 15 digits"),
        "{outcome:?}"
    );
}

async fn files_that_are_no_workbook_to_read(database: &Database) {
    let whole = xlsx_of(&[1.0]);
    for (file, said) in [
        (std::fs::read(fixture("locked.xlsx")).unwrap(), "password"),
        (whole[..whole.len() / 2].to_vec(), "the workbook can't be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more".to_vec(), "the workbook can't be read"),
        (zipped(&[("a.csv", "protocolo,status\n")]), "unpack it first"),
    ] {
        import(database, file, &[]).fails(1, &[said]);
    }
    assert_eq!(database.number("SELECT count(*) FROM atendimento").await, 0);
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused() {
    let database = Database::sqlite();
    let blanks = zipped(&[("blanks", &" ".repeat(1 << 20))]);
    let mut blanks = ZipArchive::new(Cursor::new(blanks)).unwrap();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for part in ["[Content_Types].xml", "xl/workbook.xml"]
        .map(str::to_owned)
        .into_iter()
        .chain((0..1023).map(|i| i.to_string()))
    {
        zip.raw_copy_file_rename(blanks.by_index(0).unwrap(), part).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 4 << 20);
    import(&database, bomb, &[]).fails(1, &["more than 1024 MiB"]);
}

both_engines! {
    xlsx_with_all_kinds_of_cells,
    cells_that_are_no_protocolo,
    numbers_of_15_digits_and_no_more,
    formulas_without_their_results,
    formulas_without_their_results_in_ods,
    texts_of_sheets_that_look_like_numbers,
    a_main_part_of_another_name,
    sheets_to_show_and_rows_to_delete,
    the_first_sheet_with_the_columns,
    xls,
    ods_from_libreoffice,
    files_that_are_no_workbook_to_read,
}
