//! The CPU times as a picture: a panel for each kind of request, a bar for each variant.

use std::fmt::Write;

use crate::gateway::Gateway;
use crate::measure::{Findings, Row};
use crate::report::micros;
use crate::spread::Spread;
use crate::workload::{Place, Workload};

const PANEL_WIDTH: f64 = 560.0;
const LABELS: f64 = 205.0;
const BARS: f64 = 280.0;
const LINE: f64 = 21.0;
const TITLE: f64 = 34.0;
const GAP: f64 = 18.0;
const TOP: f64 = 62.0;

const STYLE: &str = "text{font:13px sans-serif;fill:#222}.title{font-weight:bold}.head{font-size:17px;font-weight:bold}\
    .value{fill:#555}.none{fill:#9aa0a6}.wasm{fill:#8ab4d8}.envoy{fill:#d9a066}.router{fill:#1a73b5}\
    .spread{stroke:#222;stroke-width:1.2}";

/// The chart, as a document of its own.
pub fn svg(findings: &Findings) -> String {
    let mut panels = String::new();
    // The left column has the model last, the right one first.
    let (mut left, mut right) = (TOP, TOP);
    for workload in Workload::all() {
        let rows = findings.rows.iter().filter(|row| row.workload == workload);
        // Beside its bar the others' would be lines.
        let rows: Vec<&Row> = rows.filter(|row| row.variant.gateway != Gateway::LiteLlm).collect();
        let (x, y) = match workload.place {
            Place::Last => (0.0, &mut left),
            Place::First => (PANEL_WIDTH, &mut right),
        };
        panel(&mut panels, workload, &rows, x, *y);
        *y += TITLE + LINE * rows.len() as f64 + GAP;
    }
    let (width, height) = (2.0 * PANEL_WIDTH, left.max(right));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\">\n<style>{STYLE}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text class=\"head\" x=\"20\" y=\"30\">CPU time of Envoy, µs per request</text>\n\
         <text class=\"value\" x=\"20\" y=\"50\">one worker; medians, the line spans the quartiles; each panel has a \
         scale of its own; all hold the body but “no filter”</text>\n{panels}</svg>\n"
    )
}

fn panel(svg: &mut String, workload: Workload, rows: &[&Row], x: f64, y: f64) {
    let spreads: Vec<Spread> =
        rows.iter().map(|row| Spread::of(row.samples.iter().map(|sample| sample.cpu))).collect();
    let longest = spreads.iter().map(|spread| spread.high).fold(f64::MIN_POSITIVE, f64::max);
    let scale = BARS / longest;
    writeln!(svg, "<text class=\"title\" x=\"{}\" y=\"{}\">{workload}</text>", x + 20.0, y + 20.0)
        .unwrap();
    for (line, (row, spread)) in rows.iter().zip(&spreads).enumerate() {
        let top = y + TITLE + LINE * line as f64;
        let (middle, start) = (top + LINE / 2.0, x + LABELS);
        let (low, end, high) = (
            start + spread.low * scale,
            start + spread.median * scale,
            start + spread.high * scale,
        );
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{}\" x=\"{start:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"/>\
             <line class=\"spread\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{middle}\" y2=\"{middle}\"/>\
             <text class=\"value\" x=\"{:.1}\" y=\"{}\">{}</text>",
            start - 8.0,
            middle + 4.5,
            row.variant.name,
            class(row.variant.gateway),
            top + 3.0,
            end - start,
            LINE - 6.0,
            high + 6.0,
            middle + 4.5,
            micros(spread.median),
        )
        .unwrap();
    }
}

fn class(gateway: Gateway) -> &'static str {
    match gateway {
        Gateway::NoFilter => "none",
        Gateway::Hold | Gateway::Read | Gateway::Copy | Gateway::Calls | Gateway::PoolCalls => {
            "wasm"
        }
        Gateway::Lua | Gateway::JsonToMetadata | Gateway::Transform => "envoy",
        Gateway::Router | Gateway::Small | Gateway::Large | Gateway::Limited | Gateway::Pool => {
            "router"
        }
        Gateway::Processor | Gateway::LiteLlm => "peer",
    }
}
