//! The files of the language page's first example, checked by the tools that hosts and reviewers use.

use super::{Bundle, Mode, Places, emit};
use crate::fixture;
use crate::model::App;
use crate::plan::plan;
use camino::Utf8Path;

fn bundle(app: App) -> Bundle {
    let sources = fixture::sources();
    let places = Places {
        sources: &sources,
        main: crate::source::FileId(0),
        folder: Utf8Path::new("deploy"),
    };
    let plan = plan(&app);
    emit(&[(app, plan)], &places).expect("a bundle")
}

#[test]
fn print() {
    for file in bundle(fixture::hello()).files {
        println!("==> {} {:?}\n{}", file.path, file.mode, file.text);
        if file.mode == Mode::Executable {
            std::fs::write(
                format!("/tmp/e/{}", file.path.file_name().unwrap()),
                &file.text,
            )
            .unwrap();
        }
    }
}
