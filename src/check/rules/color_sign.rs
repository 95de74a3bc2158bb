//! `expect color` needs a sign of the color in the answer.

use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, Expectation};

/// The header with which an app tells its color. A proxy that sends it proves nothing.
const OF_APP: &str = "x-deploy-color";
/// The header with which a proxy tells which server has answered, and with which status.
const OF_PROXY: &str = "x-upstream";

/// Reports BG707, once for each app. The signs are those of `color_fits` in the runtime.
pub(super) fn check(app: &App, findings: &Findings) {
    let mut questions = app
        .verify
        .checks()
        .iter()
        .flat_map(|verify| &verify.questions);
    let Some(question) = questions.find(|question| {
        let mut expectations = question.expectations.iter();
        expectations.any(|expectation| matches!(expectation, Expectation::Color))
    }) else {
        return;
    };
    let fragment = app.switch.driver.fragment.as_ref();
    let fragment = fragment.map_or_else(String::new, |(file, _)| file.text.to_lowercase());
    if fragment.contains(OF_PROXY) {
        return;
    }
    let (message, help) = if fragment.contains(OF_APP) {
        (
            "the proxy's file sends `X-Deploy-Color` itself, which does not prove that this color answers",
            "remove this header from the template of the file, and send `X-Upstream` with the address and the status that the proxy saw: `deployc explain BG707` shows lines",
        )
    } else {
        (
            "`expect color` passes only if the answer has a sign of its color",
            "the app sends the header `X-Deploy-Color`, or its body is only the color, or the proxy sends the header `X-Upstream`; if one of them is so, write `allow BG707 \"…\"` and say which",
        )
    };
    findings.push(Diagnostic::new(Code::COLOR_SIGN, question.span, message).help(help));
}
