//! A chart of the ratios: bars beyond the line are slower than the other party, bars before it faster.

use std::fmt::Write as _;

use crate::report::Report;

const BAR: u32 = 18;
const LEFT: u32 = 250;
const WIDTH: u32 = 720;
/// The line of equal times, in pixels from the left.
const EVEN: f64 = 480.0;
/// Pixels for a factor of two.
const DOUBLING: f64 = 60.0;

/// The chart as SVG; logarithmic, since twice as fast and half as fast should look alike.
pub fn svg(report: &Report) -> String {
    let ratios = report.ratios();
    let height = ratios.len() as u32 * (BAR + 6) + 50;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"10\" y=\"20\" font-weight=\"bold\">Time through a sandboxed guest, as a multiple of another party's</text>\n"
    );
    for (row, (db, work, peer, ratio)) in ratios.iter().enumerate() {
        let y = 34 + row as u32 * (BAR + 6);
        let end = (EVEN + ratio.log2() * DOUBLING).clamp(f64::from(LEFT), f64::from(WIDTH) - 60.0);
        let (from, width) = if end < EVEN { (end, EVEN - end) } else { (EVEN, end - EVEN) };
        let fill = if *ratio <= 1.0 { "#2a7f4f" } else { "#b5582a" };
        let (label, middle) = (format!("{db} {work} / {peer}"), y + BAR - 5);
        writeln!(
            text,
            "<text x=\"10\" y=\"{middle}\">{label}</text><rect x=\"{from:.0}\" y=\"{y}\" width=\"{width:.0}\" \
             height=\"{BAR}\" fill=\"{fill}\"/><text x=\"{:.0}\" y=\"{middle}\">{ratio:.2}</text>",
            end.max(EVEN) + 6.0
        )
        .expect("a string");
    }
    let bottom = height - 10;
    writeln!(text, "<line x1=\"{EVEN}\" x2=\"{EVEN}\" y1=\"28\" y2=\"{bottom}\" stroke=\"#333\"/>\n</svg>")
        .expect("a string");
    text
}
