//! Long lists of níveis and perfis: a page at a time, and a search by name.

use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::server::{Answer, Server, nome};

fn rows(answer: &Answer) -> usize {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body.matches("<th scope=\"row\">").count()
}

async fn they_come_page_by_page_and_are_searched(server: &Server) {
    let provisioning = &server.provisioning;
    let mut admin = Browser::signed_in(server, "admin").await;
    for place in ["niveis", "perfis"] {
        let page = admin.get(&format!("/console/{place}")).await;
        assert!(!page.body.contains("role=\"search\"") && !page.body.contains("rel=\"next\""), "{page:?}");
    }
    for number in 1..=60 {
        provisioning.create_nivel(&nome(&format!("Loja &{number:03}")), Some(&nome("Suporte"))).await.unwrap();
        provisioning.create_perfil(&nome(&format!("Caixa &{number:03}")), Some(&nome("Suporte"))).await.unwrap();
    }
    for (place, name, count) in [("niveis", "Loja", 60 + 2), ("perfis", "Caixa", 60 + 3)] {
        let list = format!("/console/{place}");
        let (mut path, mut pages, mut seen) = (list.clone(), Vec::new(), String::new());
        loop {
            let page = admin.get(&path).await;
            pages.push(rows(&page));
            seen += &page.body;
            let Some(next) = page.body.split("rel=\"next\" href=\"").nth(1) else {
                page.has_all(&["First page"]);
                break;
            };
            path = next.split('"').next().unwrap().replace("../", "/").replace("&#38;", "&");
        }
        assert_eq!(pages, [50, count - 50], "{place}");
        for number in 1..=60 {
            let row = format!("<th scope=\"row\"><bdi>{name} &#38;{number:03}</bdi>");
            assert_eq!(seen.matches(&row).count(), 1, "{row}");
        }
        let found = admin.get(&format!("{list}?procura=%20{}+%2601%20", name.to_uppercase())).await;
        assert_eq!(rows(&found), 10, "{found:?}");
        found.has_all(&["Show all", &format!("value=\"{} &#38;01\"", name.to_uppercase())]);
        let none = admin.get(&format!("{list}?procura=%3Cb%3E")).await;
        assert_eq!(rows(&none), 0);
        none.has_all(&["No name contains “&#60;b&#62;”."]);
        assert_eq!(rows(&admin.get(&format!("{list}?depois=ninguem")).await), 50, "one that is gone meanwhile");
        assert_eq!(admin.get(&format!("{list}?procura=%FF")).await.status, 400);
        // What is wrong with a new one is said on the first page.
        let page = admin.get(&format!("{list}?procura=x")).await;
        assert_eq!(admin.fill(&page, &list, &[]).await.body.matches("<th scope=\"row\">").count(), 50);
    }
}

both_engines! {
    they_come_page_by_page_and_are_searched,
}
