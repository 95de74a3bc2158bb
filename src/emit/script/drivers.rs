//! The functions of the user's own drivers. They are in the application's script, because the user must review them.

use super::runtime::without_directives;
use super::{Code, Script};

impl Script<'_> {
    pub(super) fn drivers(&self, code: &mut Code) {
        let mut written = Vec::new();
        let drivers = self.app.own_drivers();
        let files = drivers
            .iter()
            .flat_map(|driver| driver.functions.iter().map(move |file| (driver, file)));
        for (driver, file) in files {
            // Two drivers may use the same file.
            if written.contains(&&file.path) {
                continue;
            }
            written.push(&file.path);
            code.gap();
            code.comment(&format!(
                "==== {} {}: your driver's functions, from {} ====",
                driver.kind.word(),
                driver.name,
                self.places.relative(&file.path)
            ));
            code.gap();
            code.verbatim(&without_directives(&file.text));
        }
    }
}
