//! Lines of shell code in shfmt's layout (`-i 2 -ci -bn`).

use std::fmt::Display;

/// Indented lines of code, with comments at their ends.
#[derive(Debug, Default)]
pub(super) struct Code {
    lines: Vec<Line>,
    depth: usize,
}

#[derive(Debug)]
struct Line {
    text: String,
    remark: Option<String>,
}

/// The maximum width of an array on one line.
const WIDTH: usize = 120;

impl Code {
    /// One statement. Line breaks inside quotes are kept.
    pub(super) fn line(&mut self, text: impl Display) {
        self.push(text, None);
    }

    /// One statement with a comment after it.
    pub(super) fn noted(&mut self, text: impl Display, remark: impl Display) {
        self.push(text, Some(remark.to_string()));
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.verbatim("");
    }

    /// Text without indentation, such as the content of a here-document. It may end with a line break or without one.
    pub(super) fn verbatim(&mut self, text: &str) {
        let text = text.strip_suffix('\n').unwrap_or(text).to_owned();
        self.lines.push(Line { text, remark: None });
    }

    /// A head such as `name() {`, its content, and its end.
    pub(super) fn block<E>(
        &mut self,
        head: impl Display,
        remark: Option<String>,
        end: &str,
        inside: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.push(head, remark);
        self.depth += 1;
        inside(self)?;
        self.depth -= 1;
        self.line(end);
        Ok(())
    }

    /// A function with one statement. It is on one line if it fits.
    pub(super) fn short(&mut self, name: &str, statement: &str, remark: Option<String>) {
        let line = format!("{name}() {{ {statement}; }}");
        if line.chars().count() + 2 * self.depth <= WIDTH && !line.contains('\n') {
            self.push(line, remark);
            return;
        }
        self.push(format!("{name}() {{"), remark);
        self.depth += 1;
        self.line(statement);
        self.depth -= 1;
        self.line("}");
    }

    /// `name=(words…)`, on one line if it fits.
    pub(super) fn array(&mut self, name: &str, words: &[impl Display], remark: Option<String>) {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let line = format!("{name}=({})", words.join(" "));
        if line.chars().count() + 2 * self.depth <= WIDTH && !line.contains('\n') {
            self.push(line, remark);
            return;
        }
        self.push(format!("{name}=("), remark);
        self.depth += 1;
        for word in words {
            self.line(word);
        }
        self.depth -= 1;
        self.line(")");
    }

    /// `name=(words…)`, on one line if everything fits. Otherwise each group begins a new line, with as many words on a
    /// line as fit. A word with a line break has its own lines.
    pub(super) fn table(&mut self, name: &str, groups: &[Vec<String>], remark: Option<String>) {
        let words: Vec<&str> = groups.iter().flatten().map(String::as_str).collect();
        let line = format!("{name}=({})", words.join(" "));
        if line.chars().count() + 2 * self.depth <= WIDTH && !line.contains('\n') {
            self.push(line, remark);
            return;
        }
        self.push(format!("{name}=("), remark);
        self.depth += 1;
        for group in groups {
            let mut line = String::new();
            for word in group {
                let fits = line.chars().count() + word.chars().count() + 2 * self.depth < WIDTH
                    && !line.contains('\n')
                    && !word.contains('\n');
                if !line.is_empty() && !fits {
                    self.line(std::mem::take(&mut line));
                }
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            if !line.is_empty() {
                self.line(line);
            }
        }
        self.depth -= 1;
        self.line(")");
    }

    /// A comment on lines of its own.
    pub(super) fn comment(&mut self, text: &str) {
        for line in text.lines() {
            self.line(format!("# {line}").trim_end());
        }
    }

    fn push(&mut self, text: impl Display, remark: Option<String>) {
        let text = format!("{:indent$}{text}", "", indent = 2 * self.depth);
        self.lines.push(Line { text, remark });
    }

    /// The text. Comments on neighbouring lines begin in the same column, as shfmt requires.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        let mut at = 0;
        while at < self.lines.len() {
            let group = self.group(at);
            let column = group.iter().map(Line::width).max().unwrap_or(0);
            for line in group {
                text.push_str(&line.text);
                if let Some(remark) = &line.remark {
                    text.extend(std::iter::repeat_n(' ', column - line.width() + 1));
                    text.push_str("# ");
                    text.push_str(remark);
                }
                text.push('\n');
            }
            at += group.len();
        }
        text
    }

    /// The lines from `at` whose comments begin in the same column. At least one line.
    fn group(&self, at: usize) -> &[Line] {
        let rest = &self.lines[at..];
        if rest[0].remark.is_none() || rest[0].opens_array() {
            return &rest[..1];
        }
        let more = rest[1..].iter().take_while(|line| {
            line.remark.is_some() && !line.opens_array() && !line.text.contains('\n')
        });
        &rest[..=more.count()]
    }
}

impl Line {
    fn opens_array(&self) -> bool {
        self.text.ends_with("=(")
    }

    /// The number of characters in its last physical line.
    fn width(&self) -> usize {
        let last = self.text.rsplit('\n').next().unwrap_or(&self.text);
        last.chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn shfmt_has_nothing_to_add() {
        let mut code = Code::default();
        code.noted("a=1", "한국어");
        code.noted("한글=22222", "x");
        code.line("b='two\nlines'");
        code.noted("c=3", "y");
        code.noted("d='two\nlines'", "z");
        code.noted("e=5", "z");
        code.gap();
        code.array("short", &["a", "b"], Some("here".to_owned()));
        code.array(
            "long",
            &["x".repeat(60), "y".repeat(60)],
            Some("here".to_owned()),
        );
        code.array("lines", &["'a\nb'", "c"], None);
        let words = |count| vec!["word".to_owned(); count];
        code.table("many", &[words(60), words(3)], None);
        code.table("few", &[words(2), words(2)], Some("here".to_owned()));
        code.table(
            "lines",
            &[vec!["a".to_owned(), "'b\nc'".to_owned(), "d".to_owned()]],
            None,
        );
        code.short("one.line", "true", Some("here".to_owned()));
        code.short("another.line", "true", Some("there".to_owned()));
        code.short("broken", "echo 'a\nb'", Some("here".to_owned()));
        code.short("long", &"x".repeat(120), None);
        let body = |code: &mut Code| {
            code.noted("inner=1", "deploy.bg:2");
            code.line("cat <<'END'");
            code.verbatim("  text\n\nmore\n");
            code.verbatim("END");
            Ok::<(), ()>(())
        };
        assert_eq!(
            code.block("f() {", Some("deploy.bg:1".to_owned()), "}", body),
            Ok(())
        );
        let text = code.render();
        let shfmt = Command::new("shfmt")
            .args(["-i", "2", "-ci", "-bn", "-d"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut shfmt = shfmt.expect("shfmt is installed: see tests/setup");
        let mut stdin = shfmt.stdin.take().expect("it is piped");
        std::io::Write::write_all(&mut stdin, text.as_bytes()).expect("shfmt reads");
        drop(stdin);
        let output = shfmt.wait_with_output().expect("shfmt ends");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}
