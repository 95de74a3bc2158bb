//! Reads `appspec.yml` as the CodeDeploy agent does, with the same rules and surprises, and never less strictly.
//!
//! It reads only plain block YAML (maps, lists, scalars). The compiler writes only this, because every Ruby that the
//! agent may run on reads it in the same way. Anything else is an error here.

use std::collections::BTreeSet;

/// The part of the file that the agent uses.
#[derive(Debug, PartialEq)]
pub struct AppSpec {
    /// The files that Install copies.
    pub files: Vec<FileCopy>,
    /// What Install does with an existing file that it did not copy before.
    pub file_exists: FileExists,
    /// The scripts of each event.
    pub hooks: Vec<(String, Vec<Hook>)>,
}

/// An entry of `files`.
#[derive(Debug, PartialEq)]
pub struct FileCopy {
    /// A path in the bundle. `/` is the whole bundle.
    pub source: String,
    /// A folder on the host.
    pub destination: String,
}

/// `file_exists_behavior`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FileExists {
    /// The deployment fails. This is the default.
    Disallow,
    /// The file is replaced.
    Overwrite,
    /// The file stays.
    Retain,
}

/// A script of an event.
#[derive(Debug, PartialEq)]
pub struct Hook {
    /// A path in the bundle.
    pub location: String,
    /// The timeout in seconds.
    pub timeout: u64,
    /// The user that runs the script. `None`: root.
    pub runas: Option<String>,
}

/// A YAML value.
#[derive(Clone, Debug, PartialEq)]
enum Yaml {
    Null,
    Plain(String),
    Quoted(String),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
}

impl AppSpec {
    /// Reads the file. The error is the one that the agent would report.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with('\u{feff}') || text.contains('\r') {
            return Err("a BOM or CRLF: the agent sees no `os`".into());
        }
        let mut lines: Vec<Line> = text.lines().filter_map(Line::new).collect();
        lines.reverse();
        let root = block(&mut lines, 0)?;
        match root.get("version") {
            Some(Yaml::Plain(version)) if version.parse::<f64>() == Ok(0.0) => {}
            other => return Err(format!("`version` must be the number 0.0, not {other:?}")),
        }
        if root.get("os") != Some(&Yaml::Plain("linux".into())) {
            return Err("`os` must be `linux`".into());
        }
        let file_exists = match root
            .get("file_exists_behavior")
            .map(Yaml::text)
            .transpose()?
        {
            None | Some("DISALLOW") => FileExists::Disallow,
            Some("OVERWRITE") => FileExists::Overwrite,
            Some("RETAIN") => FileExists::Retain,
            Some(other) => return Err(format!("`file_exists_behavior` cannot be `{other}`")),
        };
        let files = root.get("files").map_or(Ok(Vec::new()), |list| {
            list.items()?.iter().map(FileCopy::new).collect()
        })?;
        let mut hooks = Vec::new();
        for (event, scripts) in root.get("hooks").map_or(Ok(Vec::new()), Yaml::members)? {
            let scripts: Vec<Hook> = scripts
                .items()?
                .iter()
                .map(Hook::new)
                .collect::<Result<_, _>>()?;
            if scripts.iter().map(|hook| hook.timeout).sum::<u64>() > 3600 {
                return Err(format!("the timeouts of `{event}` exceed 3600 s"));
            }
            hooks.push((event, scripts));
        }
        Ok(Self {
            files,
            file_exists,
            hooks,
        })
    }

    /// Returns the scripts of an event.
    pub fn scripts(&self, event: &str) -> &[Hook] {
        self.hooks
            .iter()
            .find(|(name, _)| name == event)
            .map_or(&[], |(_, hooks)| hooks)
    }
}

impl FileCopy {
    fn new(yaml: &Yaml) -> Result<Self, String> {
        let word = |name: &str| {
            yaml.get(name)
                .ok_or(format!("`files` lacks `{name}`"))?
                .text()
                .map(str::to_owned)
        };
        Ok(Self {
            source: word("source")?,
            destination: word("destination")?,
        })
    }
}

impl Hook {
    fn new(yaml: &Yaml) -> Result<Self, String> {
        let location = yaml
            .get("location")
            .ok_or("a hook lacks `location`")?
            .text()?
            .trim()
            .to_owned();
        let timeout = match yaml.get("timeout") {
            None | Some(Yaml::Null) => 3600,
            Some(value) => integer(value.text()?)
                .filter(|&seconds| seconds > 0)
                .ok_or("`timeout` is no time")?,
        };
        let runas = yaml
            .get("runas")
            .map(Yaml::text)
            .transpose()?
            .filter(|user| !user.is_empty())
            .map(str::to_owned);
        Ok(Self {
            location,
            timeout,
            runas,
        })
    }
}

/// Returns a number as Ruby's YAML and `to_i` read it: `300` is 300, `0300` is octal, `5m` is 5.
fn integer(text: &str) -> Option<u64> {
    if text.len() > 1
        && text.starts_with('0')
        && text.bytes().all(|digit| (b'0'..=b'7').contains(&digit))
    {
        return u64::from_str_radix(text, 8).ok();
    }
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

impl Yaml {
    fn get(&self, name: &str) -> Option<&Self> {
        // The last of two equal keys wins, without a warning.
        let Self::Map(members) = self else {
            return None;
        };
        members
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    fn text(&self) -> Result<&str, String> {
        match self {
            Self::Plain(text) | Self::Quoted(text) => Ok(text),
            other => Err(format!("expected a word, found {other:?}")),
        }
    }

    fn items(&self) -> Result<&[Self], String> {
        match self {
            Self::List(items) => Ok(items),
            Self::Null => Ok(&[]),
            other => Err(format!("expected a list, found {other:?}")),
        }
    }

    fn members(&self) -> Result<Vec<(String, Self)>, String> {
        let Self::Map(members) = self else {
            return Err(format!("expected a map, found {self:?}"));
        };
        let names: BTreeSet<_> = members.iter().map(|(name, _)| name).collect();
        if names.len() != members.len() {
            return Err("an event occurs twice, and the agent would drop one of them".into());
        }
        Ok(members.clone())
    }
}

/// A line that is not empty and not a comment.
struct Line {
    indent: usize,
    text: String,
}

impl Line {
    fn new(raw: &str) -> Option<Self> {
        let text = raw.split(" #").next().unwrap_or_default().trim_end();
        let indent = text.len() - text.trim_start().len();
        let text = text.trim_start().to_owned();
        (!text.is_empty() && !text.starts_with('#')).then_some(Self { indent, text })
    }
}

/// Reads the block at `indent`. `lines` is a stack with the next line at the end.
fn block(lines: &mut Vec<Line>, indent: usize) -> Result<Yaml, String> {
    let mut list = Vec::new();
    let mut map = Vec::new();
    while let Some(line) = lines.pop_if(|line| line.indent == indent) {
        if let Some(rest) = line.text.strip_prefix("- ") {
            let inner = indent + 2;
            lines.push(Line {
                indent: inner,
                text: rest.trim_start().to_owned(),
            });
            list.push(block(lines, inner)?);
            continue;
        }
        let Some((key, value)) = line.text.split_once(':') else {
            return scalar(&line.text);
        };
        let value = value.trim();
        let nested = lines.last().filter(|next| {
            value.is_empty()
                && (next.indent > indent || (next.indent == indent && next.text.starts_with("- ")))
        });
        let value = match nested.map(|next| next.indent) {
            Some(inner) => block(lines, inner)?,
            None => scalar(value)?,
        };
        map.push((key.to_owned(), value));
    }
    if lines.last().is_some_and(|line| line.indent > indent) {
        return Err("the indentation makes no sense".into());
    }
    match (list.is_empty(), map.is_empty()) {
        (false, false) => Err("a list and a map in one place".into()),
        (false, true) => Ok(Yaml::List(list)),
        (true, false) => Ok(Yaml::Map(map)),
        (true, true) => Ok(Yaml::Null),
    }
}

fn scalar(text: &str) -> Result<Yaml, String> {
    let quoted = |quote: char| {
        text.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    };
    if let Some(inside) = quoted('"').or_else(|| quoted('\'')) {
        return Ok(Yaml::Quoted(inside.to_owned()));
    }
    if text.starts_with(['&', '*', '!', '{', '[', '|', '>', '%', '@', '`', '"', '\'']) {
        return Err(format!("`{text}` is not plain block YAML"));
    }
    Ok(if text.is_empty() {
        Yaml::Null
    } else {
        Yaml::Plain(text.to_owned())
    })
}
