//! Runs `deployc` as people and CI run it. Checks its exit code, its output and the files that it writes.

mod command_line {
    mod build;
    mod check;
    mod first_lines;
    mod fmt;
    mod misc;
    mod one_order;
    pub mod run;
    mod two_files;
}
