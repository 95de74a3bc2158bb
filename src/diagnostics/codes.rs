//! The registry of codes, one line each. The page of a code is `pages/CODE.md`. It has an example that triggers the
//! finding, and its cure; the tests compile both. Codes are never reused.

use std::fmt;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is generated.
    Error,
    /// The files are generated, but this probably causes a problem.
    Warning,
    /// The files are generated. This is only good to know.
    Advice,
}

impl Severity {
    /// The word in messages: `error`, `warning` or `advice`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Advice => "advice",
        }
    }
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

            /// The severity of findings with this code.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self.0 {
                    $( $number => Severity::$severity, )*
                    _ => unreachable!("codes are made only by the registry"),
                }
            }

            /// A short title for findings with this code.
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
    BAD_ESCAPE = 7 Error "an unknown escape or a single brace in a string";
    FOREIGN_BRACES = 8 Warning "braces that mean something in another language";
    RAGGED_TEXT = 9 Error "a text over several lines with a wrong layout";
    UNKNOWN_STATEMENT = 10 Error "an unknown word in place of a statement or keyword";
    MISPLACED = 11 Error "a statement in the wrong block";
    JOINED_STATEMENTS = 12 Error "two statements on one line";

    UNKNOWN_NAME = 101 Error "a name that is not defined";
    DUPLICATE = 102 Error "a name defined twice";
    UNUSED = 103 Warning "a definition that is never used";
    BAD_NAME = 104 Error "a name with a wrong form";
    UNKNOWN_DRIVER = 105 Error "an unknown driver";
    UNKNOWN_SETTING = 106 Error "a setting or part that the driver does not have";
    UNKNOWN_PROBE = 107 Error "an unknown probe after `from`";
    UNKNOWN_SERVICE = 108 Error "an unknown service";
    CYCLE = 109 Error "definitions that lead back to themselves";
    UNREADABLE = 110 Error "a file that cannot be read";
    BAD_USE = 111 Error "a file that cannot be used in this way";
    NO_APP = 112 Error "the file contains no statement";
    RESERVED_NAME = 113 Error "a reserved name";
    SAID_TWICE = 114 Error "something is given twice";
    MISSING = 115 Error "something that an app needs is missing";
    NOT_GENERATED = 116 Warning "nothing is generated for this yet";
    BAD_ALLOW = 117 Error "an `allow` for something that cannot be allowed";
    UNUSED_ALLOW = 118 Warning "an `allow` that silences nothing";

    WRONG_TYPE = 201 Error "a value of another type than expected";
    BAD_UNIT = 202 Error "a unit is missing or wrong";
    OUT_OF_RANGE = 203 Error "a value outside its range";
    UNKNOWN_PLACEHOLDER = 204 Error "a placeholder that is not defined";
    PLACEHOLDER_HERE = 205 Error "a placeholder that has no value at this place";
    UNKNOWN_WORD = 206 Error "a word that is not allowed here";
    BAD_URL = 207 Error "a URL that cannot be requested";
    BAD_REGEX = 208 Error "not a POSIX extended regular expression";
    BAD_JSON_PATH = 209 Error "not a path into JSON";
    BAD_ADDRESS = 210 Error "not `host:port`";
    MISSING_SETTING = 211 Error "a setting that the driver needs is not given";
    EXACTLY_ONE = 212 Error "exactly one of several settings must be given";
    BAD_PROBE = 213 Error "a probe whose parts do not fit together";
    WITHIN_AND_ATTEMPTS = 214 Error "both `within` and `attempts`";
    NOT_CONSTANT = 215 Error "a value that must be known when the script is made";
    // 216 was removed before the first release. It is not used again.
    TWO_COLORS = 217 Error "not exactly two colors";
    BAD_PATH = 218 Error "a path that cannot work";
    BAD_DESCRIPTION = 219 Error "a driver's description that contradicts itself";
    SHELL_NAME = 220 Warning "a name in a `shell` text that bash does not have";
    NO_SHELL = 221 Warning "a word for a shell in a list that no shell reads";

    NO_GATE = 301 Error "a switch with no gate";
    PROBE_ASKS_ELSEWHERE = 302 Error "a probe that does not ask the new color";
    NO_VERIFY = 303 Error "no verify, and no reason";
    VERIFY_PASSES_PROXY = 304 Error "a verify that does not ask the proxy";
    NO_DRAIN = 305 Error "a drain of zero";
    NO_GRACE = 306 Error "no time to stop";
    EXCLUSIVE_WITH_PORT = 307 Error "an exclusive service that the proxy routes to";
    SECRET_IN_SOURCE = 308 Error "a secret in the file";
    SECRET_ON_COMMAND_LINE = 309 Error "a secret on a command line";
    STOP_OF_BOTH = 310 Warning "a command that may stop the live color";
    LAW_BROKEN = 311 Error "a plan that breaks a law";

    HOOK_TOO_SHORT = 401 Error "a hook is ended before the script can go back";
    TARGET_TOO_SHORT = 402 Error "a hook's phases take longer than its caller allows";
    NEVER_PASSES = 411 Error "a probe that cannot pass in its time";
    ONE_TRY = 412 Warning "one slow try uses up the whole time";
    DRAIN_CUTS = 413 Warning "a drain shorter than the proxy's read timeout";

    PORT_TWICE = 501 Error "a port or address is used twice";
    PORT_OF_PROXY = 502 Error "a color on the proxy's own port";
    FRAGMENT_SHARED = 503 Error "two apps with the same fragment";
    BELOW_WIPED = 504 Error "releases below a folder that the installer empties";
    FRAGMENT_IN_ROOT = 505 Error "the proxy's file below the app's own folder";
    ROOT_SHARED = 506 Error "two apps with the same root";
    NO_ADDRESS = 507 Error "a color that the proxy cannot reach";
    NOTHING_ROUTED = 508 Warning "a switch that routes nothing";
    NAME_CLASH = 509 Error "two things with the same name in the script";
    UPSTREAM_NAME = 510 Warning "a host name in nginx's `upstream`";
    TEMPLATE_FAILS = 590 Error "a driver's template cannot be filled in";
    ONE_PATH_TWICE = 591 Error "two generated files with the same path";

    RESERVED_EVENT = 601 Error "a CodeDeploy event that runs no script";
    HOOK_TWICE = 602 Error "a CodeDeploy event is used twice";
    HOOK_LIMIT = 603 Error "more time than CodeDeploy allows for a hook";
    NO_LOAD_BALANCER = 604 Warning "a traffic event without a load balancer";
    OLD_REVISION = 605 Warning "a hook that runs from the previous revision";
    SAME_DESTINATION = 606 Error "two sources with the same destination";
    COLLISION = 607 Warning "files that make the next Install fail";
    BAD_MODE = 608 Error "permissions that CodeDeploy refuses or misreads";
    OBJECT_TWICE = 609 Error "one object with two permissions";
    RUNAS_RIGHTS = 610 Error "a hook's user without the rights that the hook needs";
    RUNAS_ORPHANS = 611 Warning "a hook whose timeout leaves orphans";
    BAD_LOCATION = 612 Error "a hook script that CodeDeploy cannot run";
    DIES_WITH_AGENT = 613 Warning "an app that dies with CodeDeploy's agent";
    INPUT_CANNOT_ARRIVE = 614 Error "an input that is never set";
    PHASE_MISSING = 615 Error "a phase that no hook runs";
    HOOK_ORDER = 616 Error "a phase that runs too early";

    VERIFY_BLIND = 701 Advice "a verify that cannot tell the colors apart";
    TCP_ONLY = 702 Advice "a gate that any open port passes";
    ONLY_WARNS = 703 Advice "no verify can switch back";
    KEEP_WARM = 704 Advice "both colors keep running";
    WORKER_UNASKED = 705 Advice "a worker that no probe asks";
    SERVICE_UNVERIFIED = 706 Advice "a service that no verify asks";
    COLOR_SIGN = 707 Advice "an answer that perhaps does not show its color";
}
