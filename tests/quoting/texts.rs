//! Texts that readers of text stumble over.

use proptest::prelude::*;

/// Each has made some program stumble.
pub const ODD: [&str; 41] = [
    "",
    " ",
    "  two  blanks  ",
    "it's",
    "\"quoted\"",
    "'",
    "\"",
    "$(touch pwned)",
    "`touch pwned`",
    "$HOME ${PATH} $0 $$ $1",
    "\\",
    "ends in \\",
    "\\n \\t \\0 \\u0041 \\x41",
    "two\nlines",
    "\n",
    "ends in a line end\n",
    "\r\n",
    "tab\there",
    "\u{1b}[31m",
    "\u{1}\u{7f}\u{85}\u{2028}",
    "-n",
    "-e",
    "--",
    "--help",
    "%s %d %n %",
    "%H %i %%",
    "*",
    "? [a-z] {a,b} {1..3}",
    "~ ~root",
    "a=b=c",
    "!! !$",
    "# no comment",
    "; touch pwned",
    "a && b || c & d | e > f < g",
    "{color} }} {{",
    "שלום \u{202e}txt.exe\u{202c}",
    "안녕 하세요",
    "e\u{301} \u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}",
    "\u{feff}\u{fffe}\u{ffff}\u{10ffff}",
    "no",
    "STEP\nSTEP_\nFRAGMENT\nEOF",
];

/// Any Unicode text without NUL, with what readers care for more often than chance has it.
pub fn any_text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(ODD.to_vec()).prop_map(str::to_owned);
    let any = any::<String>().prop_map(|text| text.replace('\0', ""));
    prop::collection::vec(prop_oneof![odd, any], 1..5).prop_map(|parts| parts.concat())
}

/// A text without some characters.
pub fn without(forbidden: &'static [char]) -> impl Strategy<Value = String> {
    any_text().prop_map(move |text| text.replace(forbidden, ""))
}
