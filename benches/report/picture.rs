//! The picture of the report. It consists of three groups of bars.

use std::fmt::Write as _;

/// The numbers of one way to deploy.
pub struct Bars {
    /// The name of the way.
    pub title: &'static str,
    /// The time from ready to served, in milliseconds.
    pub served: f64,
    /// The time of the whole command, in milliseconds.
    pub wall: f64,
    /// The number of requests that are lost in a deploy, on average.
    pub lost: f64,
}

/// The left end of the bars, in pixels. The names of the ways are to the left of it.
const LEFT: f64 = 180.0;
/// The length of the longest bar, in pixels.
const WIDTH: f64 = 420.0;
/// The height of a row, in pixels.
const ROW: f64 = 22.0;

/// Reads one of the numbers.
type Column = fn(&Bars) -> f64;

/// Returns an SVG picture that is readable on a light and on a dark background.
pub fn picture(ways: &[Bars]) -> String {
    let groups: [(&str, Column); 3] = [
        ("ready → served, ms", |way| way.served),
        ("whole command, ms", |way| way.wall),
        ("requests lost in a deploy", |way| way.lost),
    ];
    let mut body = String::new();
    let mut y = 20.0;
    for (title, of) in groups {
        let longest = ways.iter().map(of).fold(1e-9, f64::max);
        writeln!(
            body,
            "<text x=\"10\" y=\"{y}\" class=\"title\">{title}</text>"
        )
        .expect("a write to a String does not fail");
        y += 8.0;
        for way in ways {
            let value = of(way);
            let length = (value / longest * WIDTH).max(1.0);
            let middle = y + 13.0;
            let end = LEFT + length + 6.0;
            let shown = if value >= 10.0 || value == 0.0 {
                format!("{value:.0}")
            } else {
                format!("{value:.1}")
            };
            writeln!(
                body,
                "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{}</text>\
                 <rect x=\"{LEFT}\" y=\"{}\" width=\"{length:.0}\" height=\"14\"/>\
                 <text x=\"{end:.0}\" y=\"{middle}\">{shown}</text>",
                LEFT - 8.0,
                way.title,
                y + 2.0,
            )
            .expect("a write to a String does not fail");
            y += ROW;
        }
        y += 24.0;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 660 {y}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n\
         <style>text {{ fill: #666 }} .title {{ font-weight: bold }} rect {{ fill: #3b82c4 }}</style>\n{body}</svg>\n"
    )
}
