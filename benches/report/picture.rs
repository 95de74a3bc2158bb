//! The picture of the report: three groups of bars.

use std::fmt::Write as _;

/// What one way of deploying shows.
pub struct Bars {
    /// Its name.
    pub title: &'static str,
    /// Ready to served, in milliseconds.
    pub served: f64,
    /// The whole command, in milliseconds.
    pub wall: f64,
    /// Requests lost in each deploy.
    pub lost: f64,
}

/// Where the bars begin and how long the longest is, in pixels.
const LEFT: f64 = 150.0;
const WIDTH: f64 = 420.0;
const ROW: f64 = 22.0;

/// One number of a way.
type Column = fn(&Bars) -> f64;

/// An SVG picture, readable on light and dark ground.
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
        .expect("text grows");
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
                "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{}</text><rect x=\"{LEFT}\" y=\"{}\" width=\"{length:.0}\" height=\"14\"/><text x=\"{end:.0}\" y=\"{middle}\">{shown}</text>",
                LEFT - 8.0,
                way.title,
                y + 2.0,
            )
            .expect("text grows");
            y += ROW;
        }
        y += 24.0;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 660 {y}\" font-family=\"sans-serif\" font-size=\"12\">\n<style>text {{ fill: #666 }} .title {{ font-weight: bold }} rect {{ fill: #3b82c4 }}</style>\n{body}</svg>\n"
    )
}
