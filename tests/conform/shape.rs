//! The apps that are tried: one folder for each, with a readable `deploy.bg`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use deployc::check::{self, LoadError, Loader};
use deployc::diagnostics::{Report, render};
use deployc::emit::{self, Form, Places};
use deployc::model::{App, Handover};
use deployc::source::Sources;

use crate::answering::answered;
use crate::plan::Plan;

/// The folder that the files of all shapes name. A stand replaces it by its own.
const FOLDER: &str = "/srv/conform";

/// How long the script watches an exclusive service after its start, in ms, and the shorter time of the tests. Nothing
/// else of a script is changed.
const WATCHED: [&str; 2] = ["[\"stays_alive\"]=2000", "[\"stays_alive\"]=60"];

/// The folders of the shapes.
pub const SHAPES: [&str; 9] = [
    "two-exclusive",
    "renamed",
    "web-and-api",
    "every-step",
    "warm",
    "worker-first",
    "fetching",
    "one-service",
    "only-exclusive",
];

/// One `deploy.bg`, compiled.
pub struct Built {
    /// The model of the file.
    pub app: App,
    /// The plan of its commands.
    pub plan: Plan,
    /// The script as a single file, with the runtime.
    pub single: String,
    /// Every file that `build` writes, by its path in the output folder.
    pub files: BTreeMap<String, String>,
}

/// A shape: the app that is deployed first, and the app that the command under test deploys. They are often the same.
pub struct Shape {
    /// The name of its folder.
    pub name: &'static str,
    /// The app that makes the resting states.
    pub before: Built,
    /// The app of the command under test.
    pub after: Built,
}

struct Beside(PathBuf);

impl Loader for Beside {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
        fs::read(self.0.join(path)).map_err(|error| LoadError::Other(error.to_string()))
    }
}

impl Shape {
    /// Compiles the shape for a stand in `folder`.
    ///
    /// # Panics
    /// If the compiler finds an error in the shape.
    pub fn new(name: &'static str, folder: &Path) -> Self {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/conform/shapes")
            .join(name);
        let [before, after] = if home.join("deploy.bg").exists() {
            ["deploy.bg"; 2]
        } else {
            ["before.bg", "after.bg"]
        };
        Self {
            name,
            before: Built::new(&home, before, folder),
            after: Built::new(&home, after, folder),
        }
    }
}

impl Built {
    fn new(home: &Path, file: &str, folder: &Path) -> Self {
        let text = fs::read_to_string(home.join(file)).expect("a shape's file can be read");
        let text = answered(&text.replace(FOLDER, &folder.display().to_string()));
        let mut sources = Sources::new();
        let main = sources.add(file, text);
        let mut report = Report::new();
        let apps = check::check(&mut sources, main, &Beside(home.into()), &mut report);
        let found = render::short(&report, &sources);
        let mut apps = apps.unwrap_or_else(|| panic!("{}: {file}: {found}", home.display()));
        let app = apps.remove(0);
        let plan = crate::plan::plan(&app);
        let planned = [(app.clone(), plan.clone())];
        let places = Places {
            sources: &sources,
            main,
            folder: Utf8Path::new(""),
        };
        let emit = |form| {
            let bundle = emit::emit(&planned, &places, form)
                .map_err(|_| "a template that cannot be filled in")
                .expect("a shape without errors can be built");
            let files = bundle.files.into_iter();
            files
                .map(|file| (file.path.into_string(), quick(&file.text)))
                .collect::<BTreeMap<_, _>>()
        };
        let single = emit(Form::Single)
            .remove("shop.sh")
            .expect("the app's script");
        Self {
            plan,
            single,
            files: emit(Form::Files),
            app,
        }
    }

    /// The names of its services.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.app
            .services
            .iter()
            .map(|service| service.name.as_str())
    }

    /// The names of its exclusive services.
    pub fn exclusive(&self) -> impl Iterator<Item = &str> {
        let services = self.app.services.iter();
        let services = services.filter(|service| service.handover == Handover::Exclusive);
        services.map(|service| service.name.as_str())
    }

    /// The content of the proxy's file while a color is live.
    pub fn fragment(&self, color: &str) -> &str {
        let name = format!("/{color}.conf");
        let mut files = self.files.iter();
        files
            .find(|(path, _)| path.ends_with(&name))
            .map_or("", |(_, text)| text)
    }
}

fn quick(text: &str) -> String {
    text.replace(WATCHED[0], WATCHED[1])
}
