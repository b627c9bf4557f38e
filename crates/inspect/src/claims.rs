//! What the file claims, collected line by line, and how claims become facts. Every collection here has a bound.

use crate::comments;
use crate::facts::Facts;
use crate::text;
use crate::thumbnails::Thumbnails;

/// CuraEngine's placeholder for the print time, in seconds.
const PLACEHOLDER_TIME: u64 = 6666;
/// Diameter of the filament of Griffin machines, in millimetres.
const GRIFFIN_FILAMENT_MM: f64 = 2.85;
/// No machine is larger, in millimetres.
const LARGEST_MM: f64 = 10_000.0;
/// Most kinds of material that are named.
const MOST_MATERIALS: usize = 16;

/// Everything heard so far. The first claim of a kind counts.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    pub(crate) thumbnails: Thumbnails,
    commands: u64,
    moves: u64,
    /// Bit n: tool n was selected.
    tools: u64,
    /// Bit n: slot n is in use (Bambu).
    pub(crate) slots: u64,
    slicer: Option<String>,
    pub(crate) slicer_version: Option<String>,
    pub(crate) flavor: Option<String>,
    pub(crate) target_machine: Option<String>,
    time: Option<u64>,
    times_differ: bool,
    mm: Option<f64>,
    mm3: Option<f64>,
    g: Option<f64>,
    pub(crate) total_g: Option<f64>,
    layer_height: Option<f64>,
    pub(crate) cura_layer_count: Option<u32>,
    pub(crate) cura_layers: u32,
    pub(crate) total_layers: Option<u32>,
    pub(crate) layer_changes: u32,
    /// Lowest and highest corner of the header's box.
    pub(crate) corners: [[Option<f64>; 3]; 2],
    pub(crate) config_begun: bool,
    pub(crate) config_ended: bool,
    pub(crate) block_begun: bool,
    pub(crate) block_ended: bool,
    /// One entry a tool (PrusaSlicer and relatives).
    tool_materials: Vec<String>,
    /// Kinds named one by one (Griffin).
    named_materials: Vec<String>,
}

impl Claims {
    /// Reads one line.
    pub(crate) fn line(&mut self, line: &[u8]) {
        let line = line.trim_ascii_start();
        let Some((first, rest)) = line.split_first() else { return };
        if *first == b';' {
            let body = text::trim(rest);
            if !self.thumbnails.comment(body) {
                comments::read(self, body);
            }
            return;
        }
        if self.thumbnails.is_open() {
            self.thumbnails.abandon();
        }
        self.command(line);
    }

    /// Counts a command, read as generously as any firmware does: line number, lower case, blanks after the letter.
    fn command(&mut self, line: &[u8]) {
        let mut line = line;
        if let [b'N' | b'n', rest @ ..] = line {
            let digits = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b' ').count();
            line = &rest[digits..];
        }
        let Some((letter, rest)) = line.split_first() else { return };
        if !matches!(letter, b'G' | b'g' | b'M' | b'm' | b'T' | b't') {
            return;
        }
        let rest = rest.trim_ascii_start();
        let digits = rest.iter().take(6).take_while(|b| b.is_ascii_digit()).count();
        let Some(value) = text::count(&rest[..digits]) else { return };
        match letter {
            b'T' | b't' => {
                if value < 64 {
                    self.tools |= 1 << value;
                }
            }
            b'G' | b'g' => {
                self.commands += 1;
                self.moves += u64::from(value <= 3);
            }
            _ => self.commands += 1,
        }
    }

    pub(crate) fn time(&mut self, seconds: Option<u64>) {
        match (self.time, seconds) {
            (None, claim) => self.time = claim,
            (Some(first), Some(claim)) if first != claim => self.times_differ = true,
            _ => {}
        }
    }

    pub(crate) fn slicer(&mut self, name: &[u8], version: &[u8]) {
        if self.slicer.is_none() {
            self.slicer = text::word(name);
            self.slicer_version = self.slicer_version.take().or_else(|| text::word(version));
        }
    }

    pub(crate) fn filament_mm(&mut self, length: f64) {
        self.mm = self.mm.or(Some(length));
    }
    pub(crate) fn filament_mm3(&mut self, volume: f64) {
        self.mm3 = self.mm3.or(Some(volume));
    }
    pub(crate) fn filament_g(&mut self, weight: Option<f64>) {
        self.g = self.g.or(weight);
    }
    pub(crate) fn add_mm(&mut self, length: f64) {
        self.mm = Some(self.mm.unwrap_or(0.0) + length);
    }
    pub(crate) fn add_mm3(&mut self, volume: Option<f64>) {
        if let Some(volume) = volume.filter(|volume| *volume >= 0.0) {
            self.mm3 = Some(self.mm3.unwrap_or(0.0) + volume);
        }
    }
    pub(crate) fn add_g(&mut self, weight: f64) {
        self.g = Some(self.g.unwrap_or(0.0) + weight);
    }

    pub(crate) fn layer_height(&mut self, value: &[u8]) {
        let height = text::number(value).filter(|height| (0.001..=20.0).contains(height));
        self.layer_height = self.layer_height.or(height);
    }

    /// `PLA;PLA;PVA`, one entry a tool.
    pub(crate) fn materials(&mut self, value: &[u8]) {
        if self.tool_materials.is_empty() {
            let parts = value.split(|b| matches!(b, b';' | b',')).take(64);
            self.tool_materials = parts.map(|part| text::word(part).unwrap_or_default()).collect();
        }
    }

    pub(crate) fn add_material(&mut self, name: String) {
        if self.named_materials.len() < MOST_MATERIALS && !self.named_materials.contains(&name) {
            self.named_materials.push(name);
        }
    }

    pub(crate) const fn commands(&self) -> u64 {
        self.commands
    }

    /// The facts, and the best thumbnail.
    pub(crate) fn finish(mut self, stray_cr: bool, packed: bool) -> (Facts, Option<Vec<u8>>) {
        let mut warnings = Vec::new();
        let box_is_void = (0..3)
            .any(|axis| matches!((self.corners[0][axis], self.corners[1][axis]), (Some(min), Some(max)) if min > max));
        let no_filament = positive(self.mm).is_none() && positive(self.mm3).is_none();
        if box_is_void || (self.time == Some(PLACEHOLDER_TIME) && no_filament) {
            warnings.push("The slicer did not fill in time and size.".to_owned());
            self.time = None;
            self.mm = None;
            self.mm3 = None;
            self.corners = Default::default();
        }
        if self.times_differ {
            warnings.push("The file names more than one print time; the first is shown.".to_owned());
        }
        if let Some(sentence) = self.cut_off() {
            warnings.push(sentence);
        }
        if self.moves == 0 {
            warnings.push("The file moves nothing.".to_owned());
        }
        if stray_cr {
            warnings.push(
                "Some lines end in a lone carriage return: printers may run commands that look like comments."
                    .to_owned(),
            );
        }
        if packed {
            warnings.push("The file has byte codes that switch some printers to a packed format.".to_owned());
        }
        let material = self.material();
        let size_mm = self.size();
        let griffin = self.flavor.as_deref() == Some("Griffin");
        let section = std::f64::consts::PI * (GRIFFIN_FILAMENT_MM / 2.0) * (GRIFFIN_FILAMENT_MM / 2.0);
        let filament_mm3 = positive(self.mm3);
        let filament_mm = positive(self.mm).or_else(|| filament_mm3.filter(|_| griffin).map(|v| round3(v / section)));
        let marks = [self.layer_changes, self.cura_layers].into_iter().find(|marks| *marks > 0);
        let (thumbnail, damaged) = self.thumbnails.finish();
        if thumbnail.is_none() && damaged > 0 {
            warnings.push("The preview picture in the file is damaged or too large.".to_owned());
        }
        let facts = Facts {
            slicer: self.slicer,
            slicer_version: self.slicer_version,
            flavor: self.flavor,
            print_time_s: self.time,
            filament_mm,
            filament_mm3,
            filament_g: positive(self.total_g).or(positive(self.g)),
            material,
            layers: self.total_layers.or(self.cura_layer_count).or(marks).filter(|layers| *layers > 0),
            layer_height_mm: self.layer_height,
            size_mm,
            target_machine: self.target_machine,
            commands: self.commands,
            moves: self.moves,
            warnings,
        };
        (facts, thumbnail)
    }

    fn cut_off(&self) -> Option<String> {
        if let Some(announced) = self.cura_layer_count.filter(|announced| self.cura_layers < *announced) {
            let found = self.cura_layers;
            return Some(format!(
                "The file seems to be cut off: the slicer announced {announced} layers, the file has {found}."
            ));
        }
        let footer_missing = self.time.is_none()
            && !self.config_begun
            && self.slicer.as_deref().is_some_and(|s| matches!(s, "PrusaSlicer" | "SuperSlicer" | "OrcaSlicer"));
        let open = (self.config_begun && !self.config_ended) || (self.block_begun && !self.block_ended);
        (footer_missing || open)
            .then(|| "The file seems to be cut off: the slicer's last lines are missing.".to_owned())
    }

    fn material(&mut self) -> Option<String> {
        let used = if self.slots != 0 { self.slots } else { self.tools };
        // One tool and no tool change: the first.
        let used = if used == 0 { 1 } else { used };
        for (tool, name) in std::mem::take(&mut self.tool_materials).into_iter().enumerate() {
            if !name.is_empty() && used & (1 << tool) != 0 {
                self.add_material(name);
            }
        }
        let text = self.named_materials.join(", ");
        (!text.is_empty()).then_some(text)
    }

    /// The header's box, if it can be a part's. Its lowest Z is the first layer's top, so the height is the highest Z.
    fn size(&self) -> Option<[f64; 3]> {
        let [low, high] = self.corners;
        let low = [low[0]?, low[1]?, low[2]?];
        let high = [high[0]?, high[1]?, high[2]?];
        let sane = low.iter().chain(&high).all(|value| value.abs() <= LARGEST_MM)
            && low.iter().zip(&high).all(|(low, high)| low < high)
            && low != [0.0; 3];
        sane.then(|| [round3(high[0] - low[0]), round3(high[1] - low[1]), round3(high[2])])
    }
}

fn positive(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite() && *value > 0.0).map(round3)
}

/// To thousandths: what slicers write, without the noise of sums.
fn round3(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
