//! Reads `appspec.yml` with libyaml, as the Ruby of CodeDeploy's agent does.

use proptest::prelude::*;
use serde_yaml_ng::Value;

use crate::source::{app, build, file, string};
use crate::texts::{ODD, any_text};

/// Checks that these texts come back from the file: two below `files`, one below `permissions`.
fn round_trip(texts: &[String]) {
    let [source, key, object] = texts else {
        panic!("three texts are needed");
    };
    // An empty text is not the name of a file, so the compiler refuses it.
    if source.is_empty() || key.is_empty() {
        return;
    }
    let deploy = app(&format!(
        "  target codedeploy {{\n    source = {}\n    destination = \"/srv/it's x: # &a\"\n    files = {{ {} = \"/srv/한 국\" }}\n    \
         modes = {{ {} = \"0755\" }}\n  }}\n",
        string(source),
        string(key),
        string(object),
    ));
    let bundle = build(&deploy).unwrap_or_else(|report| panic!("{report:#?}\n{deploy}"));
    let text = file(&bundle, "appspec.yml");
    assert!(text.is_ascii());
    let yaml: Value = serde_yaml_ng::from_str(text).unwrap_or_else(|why| panic!("{why}\n{text}"));
    let files = &yaml["files"];
    let said = [
        (&files[0]["source"], source.as_str()),
        (&files[0]["destination"], "/srv/it's x: # &a"),
        (&files[1]["source"], key),
        (&files[1]["destination"], "/srv/한 국"),
        (&yaml["permissions"][0]["object"], object),
        (&yaml["permissions"][0]["mode"], "0755"),
    ];
    for (read, said) in said {
        assert_eq!(read.as_str(), Some(said), "{text}");
    }
}

#[test]
fn odd_texts_arrive_unchanged() {
    for at in 0..ODD.len() {
        let text = |more: usize| ODD[(at + more) % ODD.len()].to_owned();
        round_trip(&[text(0), text(1), text(2)]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_text_arrives_unchanged(texts in prop::collection::vec(any_text(), 3)) {
        round_trip(&texts);
    }
}
