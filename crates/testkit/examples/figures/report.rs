//! Rows: what, how often, the spread, the target, and whether it is met. Judged by the median unless said otherwise.

/// Which way is good.
#[derive(Clone, Copy)]
pub enum Target {
    /// At most.
    Below(f64),
    /// At least.
    Above(f64),
    /// Told, not judged.
    None,
}

#[derive(Default)]
pub struct Report {
    met: usize,
    missed: Vec<String>,
}

impl Report {
    pub fn title(&self, text: &str) {
        println!("\n{text}\n{:<58} {:>4} {:>9} {:>9} {:>9}  {:<12} ", "", "n", "min", "median", "max", "target");
    }

    /// Values of one kind, one a run.
    pub fn row(&mut self, what: &str, unit: &str, values: &[f64], target: Target) {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (Some(min), Some(max)) = (sorted.first(), sorted.last()) else {
            println!("{what:<58}    0  nothing was measured");
            self.missed.push(what.to_owned());
            return;
        };
        let median = sorted[sorted.len() / 2];
        let (limit, met) = match target {
            Target::Below(limit) => (format!("<= {limit} {unit}"), Some(median <= limit)),
            Target::Above(limit) => (format!(">= {limit} {unit}"), Some(median >= limit)),
            Target::None => (unit.to_string(), None),
        };
        let verdict = match met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        println!("{what:<58} {:>4} {min:>9.2} {median:>9.2} {max:>9.2}  {limit:<14} {verdict}", sorted.len());
        match met {
            Some(true) => self.met += 1,
            Some(false) => self.missed.push(what.to_owned()),
            None => {}
        }
    }

    pub fn end(&self) {
        println!("\n{} targets met, {} missed", self.met, self.missed.len());
        for what in &self.missed {
            println!("  missed: {what}");
        }
    }
}

/// The value that this share of the values does not exceed.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let at = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}
