//! Calls every fuzz target of `fuzz/` with `.bg` files of this repository, which are also the seeds of the fuzzer. This
//! shows that the targets compile and pass on these files.

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::fs;
use std::path::Path;

#[test]
fn the_seeds_pass() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seeds: usize = ["examples", "tests/cases", "stdlib"]
        .map(|folder| sow(&repository.join(folder)))
        .iter()
        .sum();
    assert!(seeds > 50, "only {seeds} seeds were found");
}

/// Gives every `.bg` file of a folder to every target. Returns the number of files.
fn sow(folder: &Path) -> usize {
    let mut seeds = 0;
    for entry in fs::read_dir(folder).expect("the repository can be read") {
        let path = entry.expect("the repository can be read").path();
        if path.is_dir() {
            seeds += sow(&path);
        } else if path.extension().is_some_and(|extension| extension == "bg") {
            let seed = fs::read(&path).expect("the repository can be read");
            for target in [fuzz::parse, fuzz::format, fuzz::check, fuzz::bundle] {
                target(&seed);
            }
            seeds += 1;
        }
    }
    seeds
}
