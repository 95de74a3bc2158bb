//! The command line, run as people and CI run it: exit codes, what is said and where, what is on disk.

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
