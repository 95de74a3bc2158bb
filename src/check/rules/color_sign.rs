//! `expect color` needs a sign of the color in the answer.

use crate::check::findings::Findings;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{App, Expectation, Question};

/// The header with which an app tells its color. A proxy that sends it proves nothing.
const OF_APP: &str = "x-deploy-color";
/// The header with which a proxy tells which server has answered, and with which status.
const OF_PROXY: &str = "x-upstream";

/// Reports BG707, once for the probes and once for the verifies of an app. The signs are those of `color_fits` in the
/// runtime.
pub(super) fn check(app: &App, findings: &Findings) {
    let asks = |question: &&Question| {
        let mut expectations = question.expectations.iter();
        expectations.any(|expectation| matches!(expectation, Expectation::Color))
    };
    let gates = app.services.iter().flat_map(|service| &service.gates);
    if let Some(question) = gates.flat_map(|gate| &gate.questions).find(asks) {
        findings.push(
            Diagnostic::new(
                Code::COLOR_SIGN,
                question.span,
                "`expect color` of a probe passes only if the app tells its color",
            )
            .help(
                "the app sends the header `X-Deploy-Color`, or its body is only the color; if one of these is true, write `allow BG707 \"…\"` and say which",
            ),
        );
    }
    let verifies = app.verify.checks().iter();
    let Some(question) = verifies.flat_map(|verify| &verify.questions).find(asks) else {
        return;
    };
    let fragment = app.switch.driver.fragment_template();
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
            "the app sends the header `X-Deploy-Color`, or its body is only the color, or the proxy sends the header `X-Upstream`; if one of these is true, write `allow BG707 \"…\"` and say which",
        )
    };
    findings.push(Diagnostic::new(Code::COLOR_SIGN, question.span, message).help(help));
}
