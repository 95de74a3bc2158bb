//! The registry of codes: one line each. A code's page, with an example that triggers it and its
//! cure, is `pages/CODE.md`; the tests compile both. Codes are never reused.

use std::fmt;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is generated.
    Error,
    /// Generated, but it is likely to hurt.
    Warning,
    /// Worth knowing.
    Advice,
}

/// A registered code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

macro_rules! codes {
    ($( $name:ident = $number:literal $severity:ident $title:literal; )*) => {
        impl Code {
            $(
                #[doc = $title]
                pub const $name: Self = Self($number);
            )*

            /// Every registered code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// How much findings of this code weigh.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self.0 {
                    $( $number => Severity::$severity, )*
                    _ => unreachable!("codes are made only by the registry"),
                }
            }

            /// What findings of this code are about, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self.0 {
                    $( $number => $title, )*
                    _ => unreachable!("codes are made only by the registry"),
                }
            }
        }
    };
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "BG{:03}", self.0)
    }
}

codes! {
    UNEXPECTED = 1 Error "syntax: something else was expected";
    NOT_UTF8 = 2 Error "the file is not UTF-8";
    FORBIDDEN_CHARACTER = 3 Error "a byte order mark, NUL or carriage return";
    TOO_DEEP = 4 Error "nested too deeply";
    TOO_LARGE = 5 Error "the file is too large";
    UNCLOSED = 6 Error "a string, list or block is not closed";
    BAD_ESCAPE = 7 Error "an unknown escape or a stray brace in a string";
    FOREIGN_BRACES = 8 Warning "braces that mean something in another language";
    RAGGED_TEXT = 9 Error "a text over lines that is not laid out as one";
    UNKNOWN_STATEMENT = 10 Error "an unknown word where a statement or keyword stands";
    MISPLACED = 11 Error "a statement in the wrong block";
    JOINED_STATEMENTS = 12 Error "two statements on one line";
    HOOK_TOO_SHORT = 401 Error "a hook is ended before the script can have gone back";
    TARGET_TOO_SHORT = 402 Error "a caller's longest hook is shorter than the phases it runs";
    TEMPLATE_FAILS = 590 Error "a driver's template cannot be filled in";
    ONE_PATH_TWICE = 591 Error "two generated files have one path";
}
