//! The questions of a probe, with types: each request, connection and command with the expected answer.

use super::merged_probe::MergedProbe;
use crate::check::values::scope::Scope;
use crate::check::values::text_forms;
use crate::check::values::types::Type;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::defaults;
use crate::model::{
    Expectation, InputType, Method, Part, Question, Relation, SettingValue, Subject, Template,
};
use crate::source::Span;
use crate::syntax::tree::{Expect, ExpectPart, ProbeItem, Value};

impl MergedProbe<'_> {
    /// Returns the questions, or `None` if one of them has an error, which was reported.
    pub fn questions(&self, scope: Scope<'_>) -> Option<Vec<Question>> {
        let errors = scope.findings.errors();
        self.fit(scope);
        let expectations = self.expectations(scope);
        let headers = self.headers(scope);
        let body = self.body.and_then(|(value, _)| scope.text(value));
        let via = self.via.and_then(|(value, span)| {
            let via = scope.text(value)?;
            text_forms::check_address(scope, &via, span).then_some(via)
        });
        let ca = self
            .ca
            .and_then(|(value, _)| scope.text_of(&Type::Input(InputType::Path), value));
        let mut questions = Vec::new();
        for &(item, span) in &self.questions {
            match item {
                &ProbeItem::Request {
                    method, ref urls, ..
                } => {
                    let urls = urls_of(scope, urls);
                    self.ca_has_https(scope, &urls);
                    for url in urls {
                        questions.push(Question {
                            subject: Subject::Http {
                                method,
                                url,
                                headers: headers.clone(),
                                body: body.clone(),
                                via: via.clone(),
                                ca: ca.clone(),
                            },
                            expectations: expectations.clone(),
                            span,
                        });
                    }
                }
                ProbeItem::Tcp(value) => {
                    if let Some(address) = scope.text(value)
                        && text_forms::check_address(scope, &address, value.span())
                    {
                        questions.push(bare(Subject::Tcp(address), span));
                    }
                }
                ProbeItem::Exec { inside, command } => {
                    if let Some(command) = scope.command(command) {
                        let subject = match inside {
                            Some(_) => Subject::ExecInside(command),
                            None => Subject::Exec(command),
                        };
                        questions.push(bare(subject, span));
                    }
                }
                ProbeItem::Healthy(_) => questions.push(bare(Subject::Healthy, span)),
                _ => {}
            }
        }
        (scope.findings.errors() == errors).then_some(questions)
    }

    /// Reports statements of the probe that fit none of its questions.
    fn fit(&self, scope: Scope<'_>) {
        let method = self.questions.iter().find_map(|(item, _)| match item {
            ProbeItem::Request { method, .. } => Some(*method),
            _ => None,
        });
        let odd = |span: Span, message: &str, help: &str| {
            scope
                .findings
                .push(Diagnostic::new(Code::BAD_PROBE, span, message).help(help));
        };
        if self.questions.is_empty() {
            return;
        }
        if let Some((_, span)) = self.body
            && method != Some(Method::Post)
        {
            odd(
                span,
                "`body` is the text that a `post` sends, but there is no `post`",
                "to check the body of the answer, write `expect body contains \"…\"`",
            );
        }
        if method.is_none() {
            let no_request = "this belongs to a request, but the probe sends none";
            let help = "`expect`, `header`, `via` and `ca` belong to `get`, `head` and `post`";
            let expects = self.expects.iter().map(|(_, span)| *span);
            let headers = self.headers.iter().map(|(_, _, span)| *span);
            let single = [self.status, self.via, self.ca];
            let single = single.iter().flatten().map(|(_, span)| *span);
            for span in expects.chain(headers).chain(single) {
                odd(span, no_request, help);
            }
        }
        if method == Some(Method::Head) {
            for (expect, span) in &self.expects {
                if let Expect::Content {
                    part: ExpectPart::Body(_) | ExpectPart::Json(_),
                    ..
                } = expect
                {
                    odd(
                        *span,
                        "the answer to a `head` has no body",
                        "use `get` instead",
                    );
                }
            }
        }
    }

    /// Reports a `ca` if all URLs use `http`, because only `https` has certificates.
    fn ca_has_https(&self, scope: Scope<'_>, urls: &[Template]) {
        let plain = |url: &Template| matches!(text_forms::url(url), Ok(Some(url)) if url.scheme == text_forms::Scheme::Http);
        if let Some((_, span)) = self.ca
            && !urls.is_empty()
            && urls.iter().all(plain)
        {
            scope.findings.push(
                Diagnostic::new(
                    Code::BAD_PROBE,
                    span,
                    "`ca` is for `https`, but the request uses `http`",
                )
                .help("remove it, or write `https://` in the URL"),
            );
        }
    }

    fn headers(&self, scope: Scope<'_>) -> Vec<(Template, Template)> {
        let mut headers: Vec<(Template, Template)> = Vec::new();
        for &(name, value, _) in &self.headers {
            let (Some(name_text), Some(value_text)) = (scope.text(name), scope.text(value)) else {
                continue;
            };
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if let Some(literal) = name_text.as_literal()
                && (literal.is_empty() || !literal.chars().all(token))
            {
                scope.findings.push(
                    Diagnostic::new(
                        Code::OUT_OF_RANGE,
                        name.span(),
                        format!("`{literal}` cannot be the name of a header"),
                    )
                    .help("a name consists of letters, digits and `-`; write the value as a second string"),
                );
                continue;
            }
            if has_line_end(&value_text) {
                scope.findings.push(
                    Diagnostic::new(
                        Code::OUT_OF_RANGE,
                        value.span(),
                        "a header's value must not contain a line break",
                    )
                    .help("write another `header` for another header"),
                );
                continue;
            }
            headers.retain(|(known, _)| !same_header(known, &name_text));
            headers.push((name_text, value_text));
        }
        headers
    }

    fn expectations(&self, scope: Scope<'_>) -> Vec<Expectation> {
        let status = match self.status {
            None => Some(defaults::status()),
            Some((value, _)) => match scope.value(&Type::Status, value) {
                Some(SettingValue::Status(set)) => Some(set),
                _ => None,
            },
        };
        let mut expectations: Vec<Expectation> =
            status.into_iter().map(Expectation::Status).collect();
        for (expect, _) in &self.expects {
            match expect {
                // The status is already in the list: `self.status`, above.
                Expect::Status(_) => {}
                Expect::Color(_) => expectations.push(Expectation::Color),
                Expect::Content {
                    part,
                    relation,
                    value,
                } => {
                    let relation = *relation;
                    let ty = match relation {
                        Relation::Matches => Type::Regex,
                        Relation::Contains | Relation::Equals => Type::Input(InputType::String),
                    };
                    let text = scope.text_of(&ty, value);
                    if relation == Relation::Contains
                        && text.as_ref().is_some_and(|text| text.pieces.is_empty())
                    {
                        scope.findings.push(
                            Diagnostic::new(
                                Code::BAD_PROBE,
                                value.span(),
                                "every answer contains an empty text",
                            )
                            .help("write the text that the answer should contain"),
                        );
                    }
                    if let (Some(part), Some(value)) = (part_of(scope, part), text) {
                        expectations.push(Expectation::Content {
                            part,
                            relation,
                            value,
                        });
                    }
                }
            }
        }
        expectations
    }
}

fn bare(subject: Subject, span: Span) -> Question {
    Question {
        subject,
        expectations: Vec::new(),
        span,
    }
}

/// Returns one URL or a list of URLs. Reports the errors in each.
fn urls_of(scope: Scope<'_>, urls: &Value) -> Vec<Template> {
    let urls = scope.meant(urls);
    let Value::List(list) = urls else {
        return scope
            .text_of(&Type::Input(InputType::Url), urls)
            .into_iter()
            .collect();
    };
    if list.body.statements.is_empty() {
        scope.findings.push(
            Diagnostic::new(Code::BAD_PROBE, list.body.span, "the list contains no URL")
                .help("an empty list would pass without a request"),
        );
    }
    list.values()
        .filter_map(|url| scope.text_of(&Type::Input(InputType::Url), url))
        .collect()
}

fn part_of(scope: Scope<'_>, part: &ExpectPart) -> Option<Part> {
    match part {
        ExpectPart::Body(_) => Some(Part::Body),
        ExpectPart::Header(name) => scope.text(name).map(Part::Header),
        ExpectPart::Json(value) => {
            let template = scope.text(value)?;
            let path = scope.literal(&template, value.span())?;
            if let Err(why) = text_forms::json_path(&path) {
                scope.findings.push(
                    Diagnostic::new(
                        Code::BAD_JSON_PATH,
                        value.span(),
                        if path.is_empty() {
                            "the path into JSON is empty".to_owned()
                        } else {
                            format!("`{path}` is not a path into JSON: {why}")
                        },
                    )
                    .help("write names with `.` between them, and indexes in brackets: `components.db[0].status`"),
                );
                return None;
            }
            Some(Part::Json(path))
        }
    }
}

fn same_header(one: &Template, other: &Template) -> bool {
    match (one.as_literal(), other.as_literal()) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(&other),
        _ => one == other,
    }
}

fn has_line_end(template: &Template) -> bool {
    template
        .as_literal()
        .is_some_and(|text| text.contains(['\n', '\r']))
}
