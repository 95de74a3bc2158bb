//! What is embedded in the binary is compiled in anew when it changes: `include_dir!` alone does not
//! tell Cargo which files it read.

fn main() {
    for folder in ["grammar", "src/diagnostics/pages", "stdlib"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
